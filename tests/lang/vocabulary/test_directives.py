"""The ``//!`` comments reach the reader, the compiler and the right clause."""

from collections.abc import Callable

from tracetop.errors import Diagnostic
from tracetop.model.header import read_header
from tracetop.model.program import Program, Unit

Build = Callable[[str], Program]
Refuse = Callable[[str], Diagnostic]


def test_the_header_ends_at_the_first_clause() -> None:
    text = "#!/usr/bin/env bpftrace\n// plain\n\n//! title: A: b\n//!key:1\nBEGIN { }\n//! title: late\n"
    assert read_header(text) == {"title": "A: b", "key": "1"}


def test_a_script_that_does_not_parse_still_has_a_header() -> None:
    assert read_header("//! title: x\n}}}") == {"title": "x"}


def test_values_of_a_repeated_name_are_joined() -> None:
    assert read_header("//! optional: a\n//! optional: b\n") == {"optional": "a, b"}


def test_the_process_of_the_first_clause_is_no_part_of_the_header() -> None:
    assert read_header("//! title: x\n//! process: any\nBEGIN { }") == {"title": "x"}


def test_the_header_overrides_a_unit_and_the_size_of_maps(build: Build) -> None:
    program = build("//! unit @x: bytes\n//! entries: 77\nBEGIN { @x = 1; @y[1] = 1; }")
    x, y = program.maps
    assert (x.unit, y.unit, y.max_entries) == (Unit.BYTES, Unit.NONE, 77)


def test_a_wrong_value_is_pointed_at(refuse: Refuse) -> None:
    wrong = refuse("//! title: x\n//! unit @x: byte\nBEGIN { @x = 1; }")
    assert (wrong.where, wrong.hint) == ("t.bt:2:1", "did you mean bytes?")
    assert refuse("//! entries: 0\nBEGIN { }").what == "0 is not a size for a map"


def test_a_process_is_a_field_of_its_clauses_record(refuse: Refuse) -> None:
    wrong = refuse("//! process: args->pidd\ntracepoint:sched:sched_wakeup { @ = count(); }")
    assert (wrong.where, wrong.hint) == ("t.bt:1:14", "did you mean args->pid?")
