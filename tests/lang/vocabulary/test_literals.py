"""A number is the same wherever a script has one, as in bpftrace 0.27: there is one grammar of numbers."""

from collections.abc import Callable

import pytest

from tests.lang.fake_kernel import FakeKernel
from tracetop.errors import Diagnostic
from tracetop.lang import compile_script
from tracetop.lang.options import Options
from tracetop.lang.vocabulary.literals import amount, integer
from tracetop.model.program import Program

Build = Callable[[str], Program]
Refuse = Callable[[str], Diagnostic]
EVERYWHERE = [
    ("0", 0),
    ("010", 8),
    ("0x1F", 31),
    ("0b101", 5),
    ("1_000", 1000),
    ("1e3", 1000),
    ("99u", 99),
    ("100ull", 100),
    ("0x10UL", 16),
    ("010u", 8),
]
NOWHERE = ["08", "0b2", "0x", "", "_1", "u", "1e", "1e3e4", "5sec", "0x5s", "1su", "-1", "\u0665"]


@pytest.mark.parametrize(("text", "value"), EVERYWHERE)
def test_a_number_has_one_value(text: str, value: int) -> None:
    assert (integer(text), amount(text)) == (value, value)


@pytest.mark.parametrize("text", NOWHERE)
def test_what_is_no_number_is_none(text: str) -> None:
    assert (integer(text), amount(text)) == (None, None)


@pytest.mark.parametrize(
    ("text", "nanoseconds"), [("10ms", 10_000_000), ("010s", 8_000_000_000), ("1e3us", 1_000_000), ("1h", 3600 * 10**9)]
)
def test_a_time_is_nanoseconds_and_no_amount(text: str, nanoseconds: int) -> None:
    assert (integer(text), amount(text)) == (nanoseconds, None)


@pytest.mark.parametrize(("text", "value"), EVERYWHERE[1:])
def test_a_number_means_the_same_in_every_place_of_a_script(build: Build, text: str, value: int) -> None:
    program = build(f"//! entries: {text}\nprofile:hz:{text} {{ @x = {text}; @y[1] = 1; }}")
    assert program.maps[1].max_entries == value
    assert program.probes[0].period == value
    assert build(f"config = {{ max_map_keys = {text} }} BEGIN {{ @y[1] = 1; }}").maps[0].max_entries == value
    (spec,) = build(f"interval:s:{text} {{ @ = count(); }}").probes
    assert spec.period == value * 1_000_000_000
    given = compile_script("BEGIN { @x = $1; }", "t", FakeKernel(), Options(params=(text,)))
    written = build(f"BEGIN {{ @x = {text}; }}")
    assert given.c_text == written.c_text


def test_a_probe_takes_times_in_octal_too(build: Build) -> None:
    assert [spec.period for spec in build("interval:010s, interval:s:010 { }").probes] == [8_000_000_000] * 2


def test_a_probes_number_that_is_none_is_refused(refuse: Refuse) -> None:
    assert refuse("interval:s:08 { }").hint == "write it as interval:s:N, interval:hz:RATE or interval:1s"
