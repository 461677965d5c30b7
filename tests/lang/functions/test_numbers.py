"""Functions on numbers in C: the names of signals are written by the kernel's side."""

import re
import signal
from collections.abc import Callable

import pytest

from tracetop.errors import Diagnostic
from tracetop.lang.functions.numbers import signal_text
from tracetop.model.program import Program
from tracetop.model.value import Shape

Build = Callable[[str], Program]


def written(c: str, label: str) -> str:
    """Return the text that a label of the switch writes."""
    body = c.partition(f" {label}:\n")[2].partition("break;")[0]
    found = [int(byte) for byte in re.findall(r"\w+\[\d+\] = (-?\d+);", body)]
    assert found.pop() == 0, "ends with a NUL"
    return bytes(found).decode()


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1, "Hangup"),
        (9, "Killed"),
        (11, "Segmentation fault"),
        (34, "Real-time signal 0"),
        (64, "Real-time signal 30"),
        (0, "Unknown signal 0"),
        (32, "Unknown signal 32"),
    ],
)
def test_the_text_of_a_signal(number: int, text: str, build: Build) -> None:
    assert signal_text(number) == text
    assert written(build("BEGIN { @ = signal_name(pid); }").c_text, f"case {number}") == text


def test_every_signal_fits_and_what_is_none_is_said_so(build: Build) -> None:
    program = build("BEGIN { @[signal_name(pid)] = signal_name(pid); }")
    c = program.c_text
    assert len(re.findall(r"\bcase \d+:", c)) == signal.NSIG, "the same call is made once"
    assert written(c, "default") == "N/A"
    assert "switch ((s64)(s32)" in c or re.search(r"number\d+ = \(s32\)", c), "as bpftrace: an int"
    (map_,) = program.maps
    assert (map_.value.shape, map_.value_size) == (Shape.STRING, 32)
    assert all(len(signal_text(number)) < map_.value_size for number in range(signal.NSIG))


def test_signal_name_takes_a_number(refuse: Callable[[str], Diagnostic]) -> None:
    assert "takes an integer, this is a string" in refuse('BEGIN { print(signal_name("KILL")); }').what
    assert refuse("BEGIN { print(signal_name()); }").hint == "write signal_name(NUMBER)"
