"""``$1`` and its like become what was given on the command line; without values they stay numbers, read live."""

import pytest

from tests.lang.shown import show
from tracetop.errors import ScriptError
from tracetop.lang.parse.parameters import substitute
from tracetop.lang.parse.parser import parse
from tracetop.lang.source import Source


def meant(expression: str, params: tuple[str, ...] | None) -> str:
    source = Source("t", f"BEGIN {{ @ = {expression}; }}")
    (clause,) = substitute(source, parse(source), params).clauses
    return show(clause.body[0]).removeprefix("@ = ")


@pytest.mark.parametrize(
    ("expression", "params", "value"),
    [
        ("$1", ("42",), "42"),
        ("$1 + $2", ("0x10", "010"), "(16 + 8)"),
        ("$1", ("-5",), "(-5)"),
        ("$1", ("18446744073709551615",), "18446744073709551615"),
        ("$1", ("18446744073709551616",), '"18446744073709551616"'),
        ("$1", ("-9223372036854775809",), '"-9223372036854775809"'),
        ("comm == $1", ("bash",), '(comm == "bash")'),
        ("$1", ("3days",), '"3days"'),
        ("$1", ("5s",), "5000000000"),
        ("$1 + $2", ("1e3", "99u"), "(1000 + 99)"),
        ("$1", ("-010",), "(-8)"),
        ("$1", ("-",), '"-"'),
        ("$1", ("08",), '"08"'),
        ("$3", ("a",), "0"),
        ("$1", ("",), "0"),
        ("$#", ("a", "b"), "2"),
        ("$#", (), "0"),
        ("str($1)", ("42",), '"42"'),
        ("str($2)", ("42",), '""'),
        ("str($1, 3)", ("hello",), '"hel"'),
        ("str($1 + 1)", ("hello",), '"ello"'),
        ("str($1 + 5)", ("hello",), '""'),
        ("str($1 + 1, 2)", ("hello",), '"el"'),
        ("str($x)", ("hello",), "str($x)"),
        ("f(str($1), @a[$2])", ("x", "7"), 'f("x", @a[7])'),
        ("$12", tuple(str(number) for number in range(12)), "11"),
    ],
)
def test_a_parameter_is_a_number_where_it_looks_like_one_else_a_string(
    expression: str, params: tuple[str, ...], value: str
) -> None:
    assert meant(expression, params) == value


def test_bytes_that_are_no_text_stay_what_they_are() -> None:
    assert meant("str($1)", ("\udcff",)) == r'"\xff"'


def test_without_values_parameters_stay() -> None:
    assert meant("$1 + $#", None) == "($1 + $#)"


@pytest.mark.parametrize(
    ("expression", "params", "what", "hint"),
    [
        ("str($1)", None, "$1 is a number here", "tracetop run"),
        ("str($1 + 1)", None, "$1 is a number here", "tracetop run"),
        ("$9", None, "no parameter $9", "$1 to $8"),
        ("str($1 + 4)", ("abc",), "$1 has 3 bytes", "from 0 to 3"),
        ("str($1, pid)", ("abc",), "the length of $1 must be a number", "str($1, 16)"),
    ],
)
def test_what_cannot_be_filled_in_is_refused(
    expression: str, params: tuple[str, ...] | None, what: str, hint: str
) -> None:
    with pytest.raises(ScriptError) as caught:
        meant(expression, params)
    assert what in caught.value.diagnostic.what
    assert hint in caught.value.diagnostic.hint
