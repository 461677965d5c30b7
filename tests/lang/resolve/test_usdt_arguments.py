"""The operands that compilers write into a static probe's note."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracetop.lang.resolve.usdt import parse_arguments
from tracetop.lang.tree.hook import UsdtArgument


@pytest.mark.parametrize(
    ("operand", "argument"),
    [
        ("-4@%edi", UsdtArgument(size=4, signed=True, register="di")),
        ("8@%rax", UsdtArgument(size=8, signed=False, register="ax")),
        ("8@%r10", UsdtArgument(size=8, signed=False, register="r10")),
        ("-2@%r9w", UsdtArgument(size=2, signed=True, register="r9")),
        ("1@%sil", UsdtArgument(size=1, signed=False, register="si")),
        ("1@%ah", UsdtArgument(size=1, signed=False, register="ax", shift=8)),
        ("4@$77", UsdtArgument(size=4, signed=False, constant=77)),
        ("-4@$-1", UsdtArgument(size=4, signed=True, constant=-1)),
        ("8@$0x10", UsdtArgument(size=8, signed=False, constant=16)),
        ("8@(%rsp)", UsdtArgument(size=8, signed=False, in_memory=True, register="sp")),
        ("-4@-20(%rbp)", UsdtArgument(size=4, signed=True, in_memory=True, register="bp", displacement=-20)),
        (
            "8@16(%rax,%rdx,8)",
            UsdtArgument(size=8, signed=False, in_memory=True, register="ax", displacement=16, index="dx", scale=8),
        ),
        ("8@(,%rdx,4)", UsdtArgument(size=8, signed=False, in_memory=True, index="dx", scale=4)),
        ("8f@%xmm0", None),
        ("8@%xmm1", None),
        ("-4@counter(%rip)", None),
        ("nonsense", None),
        ("3@%eax", None),
    ],
)
def test_operands_of_x86(operand: str, argument: UsdtArgument | None) -> None:
    assert parse_arguments((operand,), "x86_64") == (argument,)


@pytest.mark.parametrize(
    ("operand", "argument"),
    [
        ("-4@w1", UsdtArgument(size=4, signed=True, register="regs[1]")),
        ("8@x30", UsdtArgument(size=8, signed=False, register="regs[30]")),
        ("8@sp", UsdtArgument(size=8, signed=False, register="sp")),
        ("4@5", UsdtArgument(size=4, signed=False, constant=5)),
        ("-4@[sp, 60]", UsdtArgument(size=4, signed=True, in_memory=True, register="sp", displacement=60)),
        ("8@[x29]", UsdtArgument(size=8, signed=False, in_memory=True, register="regs[29]")),
        (
            "8@[x0, x2, lsl 3]",
            UsdtArgument(size=8, signed=False, in_memory=True, register="regs[0]", index="regs[2]", scale=8),
        ),
        ("8@x31", None),
        ("8@d0", None),
    ],
)
def test_operands_of_arm(operand: str, argument: UsdtArgument | None) -> None:
    assert parse_arguments((operand,), "aarch64") == (argument,)


def test_an_unknown_architecture_has_arguments_that_cannot_be_read() -> None:
    assert parse_arguments(("8@r3", "4@r4"), "ppc64le") == (None, None)


@given(st.text(alphabet="-+124 8@%$()[],#xrsipdwaflo0", max_size=30), st.sampled_from(["x86_64", "aarch64"]))
def test_no_text_is_too_odd(text: str, arch: str) -> None:
    (found,) = parse_arguments((text,), arch)
    assert found is None or found.size in (1, 2, 4, 8)
