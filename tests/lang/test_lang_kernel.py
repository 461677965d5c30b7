"""What a script computes, it computes in the kernel: expressions run by BEGIN on the running kernel, read back."""

import pytest

from tracetop.bpf.kernel import RunningKernel
from tracetop.bpf.session import Loaded
from tracetop.lang import compile_script

pytestmark = pytest.mark.kernel

EXPRESSIONS = [
    ("1 + 2 * 3", 7),
    ("(1 + 2) * 3", 9),
    ("10 - 3 - 2", 5),
    ("7 / 2", 3),
    ("0 - 7 / 2", -3),
    ("(0 - 7) / 2", -3),
    ("(0 - 7) % 3", -1),
    ("7 / (1 - 1)", 0),
    ("7 % (1 - 1)", 7),
    ("1 << 40", 1 << 40),
    ("-16 >> 2", -4),
    ("6 & 3 | 8 ^ 1", 11),
    ("~5", -6),
    ("!5", 0),
    ("!0", 1),
    ("3 < 2 || 2 < 3 && 1 == 1", 1),
    ("-1 < 1", 1),
    ("(uint64)-1 > 1", 1),
    ("(uint8)300", 44),
    ("(int8)200", -56),
    ("(int32)0xffffffff", -1),
    ("(uint32)-1", 0xFFFFFFFF),
    ("1 ? 2 : 3", 2),
    ("0 ? 2 : 0 ? 3 : 4", 4),
    ("1e3 + 0x10 + 010 + 1_000", 2024),
    ('comm == "" ? 1 : 2', 2),
    ('"abc" == "abc"', 1),
    ('"abc" == "abcd"', 0),
    ('"ab" != "abc"', 1),
    ("$#", 0),
    ("$1", 0),
]
BODIES = [
    ("$i = 5; @r = $i++ * 10 + $i;", 56),
    ("$i = 5; @r = ++$i * 10 + $i;", 66),
    ("$i = 5; $i -= 2; $i *= 7; $i <<= 1; $i |= 1; $i %= 10; @r = $i;", 3),
    ("@n = 5; @r = @n++ * 10 + @n;", 56),
    ("@n = 5; @r = --@n;", 4),
    ("@n += 4; @n -= 1; @n *= 6; @r = @n;", 18),
    ("@n[1, 2] = 7; @r = @n[1, 2] + @n[2, 1];", 7),
    ("@n[1] = 7; delete(@n[1]); @r = @n[1];", 0),
    ("@n[1] = 7; delete(@n, 1); @r = @n[1];", 0),
    ('@n["a", 1] = 3; @n["ab", 1] = 4; @r = @n["a", 1] * 10 + @n["ab", 1];', 34),
    ('$s = "x"; $s = "longer than that"; @r = $s == "longer than that";', 1),
    ("if (0) { @r = 1; } else if (1) { @r = 2; } else { @r = 3; }", 2),
    ("@r = 1; return; @r = 2;", 1),
    ("$n = 0; $a = 0 && $n++; $b = 1 || $n++; @r = $n;", 0),
    ("$n = 0; $a = 1 && $n++; $b = 0 || $n++; @r = $n;", 2),
]


def result_of(body: str) -> int:
    """Run `body` once in the kernel; return what it left in ``@r``."""
    program = compile_script(f"BEGIN {{ {body} }}", "t", RunningKernel())
    loaded = Loaded.load(program)
    try:
        loaded.attach()
        loaded.run_begin()
        return int(loaded.read("@r").values[0][0])
    finally:
        loaded.close()


@pytest.mark.parametrize(("expression", "expected"), EXPRESSIONS)
def test_an_expression_has_the_value_of_the_language(expression: str, expected: int) -> None:
    assert result_of(f"@r = {expression};") == expected


@pytest.mark.parametrize(("body", "expected"), BODIES)
def test_statements_run_in_order_and_once(body: str, expected: int) -> None:
    assert result_of(body) == expected
