"""Functions on strings in C: what each asks for, and that it comes once."""

from collections.abc import Callable

from tracetop.errors import Diagnostic
from tracetop.model.program import Program

Build = Callable[[str], Program]


def test_strstr_of_a_part_that_is_spelt_out_compares_its_bytes_and_no_more(build: Build) -> None:
    c = build('BEGIN { @ = strstr(comm, "ab"); }').c_text
    assert ", 16, " in c.split("tt_find(")[2]
    assert ", 2, true)" in c
    assert c.count("tt_find(const char *text") == 1
    assert "tt_length" not in c


def test_strstr_of_a_part_that_the_event_knows_takes_all_the_room_of_it(build: Build) -> None:
    c = build('BEGIN { @ = strstr("some text of 26 characters", comm); }').c_text
    assert ", 32, " in c.split("tt_find(")[2]
    assert ", 16, false)" in c


def test_an_empty_part_is_found_at_once(build: Build) -> None:
    assert ", 0, true)" in build('BEGIN { @ = strstr(comm, "\\0after"); }').c_text


def test_strstr_has_a_sign_and_counts(build: Build) -> None:
    program = build('BEGIN { @ = strstr(comm, "ab"); @where[strstr(comm, "x")] = count(); }')
    assert program.maps[0].value.signed
    assert program.c_text.count("s64 tt_find(") == 1


def test_strstr_takes_two_strings(refuse: Callable[[str], Diagnostic]) -> None:
    assert refuse('BEGIN { @ = strstr("a"); }').hint == "write strstr(STRING, PART)"
    assert "takes a string, this is an integer" in refuse('BEGIN { @ = strstr("a", 1); }').what
