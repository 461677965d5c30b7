"""What users write for a filter, and what is refused since it would match nothing."""

import pytest

from tracetop.errors import UsageError
from tracetop.model.filter import Filter, parse_filter, written_name


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", Filter()),
        ("812", Filter(pid=812)),
        ("nginx", Filter(comm="nginx")),
        ("ngin*", Filter(comm="ngin*")),
        ("kworker/0:1", Filter(comm="kworker/0:1")),
        ("pid=812 comm=nginx", Filter(812, "nginx")),
        ("comm=812", Filter(comm="812")),
        ("comm=!x", Filter(comm="!x")),
    ],
)
def test_a_filter_is_a_number_a_name_or_a_prefix(text: str, wanted: Filter) -> None:
    assert parse_filter(text) == wanted


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("!x", "comm=!x"),
        (">1ms", "leave the operator out"),
        ("<5", "leave the operator out"),
        ("a|b", "leave the operator out"),
        ("~x", "leave the operator out"),
        ("pid!=3", "leave the operator out"),
        ("a*b", "write the part before it: a*"),
        ("*x", "the start of one and a *"),
        ("a**", "write the part before it: a*"),
        ("comm=a*b", "write the part before it: a*"),
    ],
)
def test_what_means_nothing_yet_is_refused_not_taken_as_a_name(text: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_filter(text)
    assert hint in caught.value.diagnostic.hint


@pytest.mark.parametrize("name", ["nginx", "812", "a|b", "!x", "=x"])
def test_a_name_is_written_so_that_it_is_read_as_one(name: str) -> None:
    assert parse_filter(written_name(name)) == Filter(comm=name)
