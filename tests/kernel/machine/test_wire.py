"""Commands with values that cannot be, of every kind: the tracer answers, and goes on with what it did."""

import math
import random
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, get_args, get_type_hints

import pytest

from tests.kernel.tracer import Tracer, tracer
from tracetop.model.filter import Filter
from tracetop.model.frame import Frame, PaneState, Sort
from tracetop.model.wire import messages as m

NUMBERS = (-(1 << 40), -3, -1, 0, 1, 2, 64, 1 << 22, (1 << 32) - 1, 1 << 40, (1 << 63) - 1)
TEXTS = (
    "",
    "syscalls",
    "x",
    "y",
    "calls",
    "@",
    "a*b",
    "openat",
    "é" * 20,
    "a\0b",
    "x" * 300,
    "BEGIN { @ = 1; }",
    "{{{",
)
VALUES: Mapping[Any, Callable[[random.Random], Any]] = MappingProxyType(
    {
        int: lambda pick: pick.choice(NUMBERS),
        float: lambda pick: pick.choice((math.nan, math.inf, -math.inf, -1.0, 0.0, 0.25, 1e300)),
        str: lambda pick: pick.choice(TEXTS),
        bool: lambda pick: pick.random() < 0.5,
        bytes: lambda pick: pick.randbytes(20),
        tuple[str, ...]: lambda pick: tuple(pick.choice(TEXTS) for _ in range(pick.randint(0, 12))),
        dict[str, str]: lambda pick: {pick.choice(TEXTS): pick.choice(TEXTS)},
        Filter: lambda pick: Filter(pick.choice(NUMBERS), pick.choice(TEXTS)),
        Sort: lambda pick: Sort(pick.choice(TEXTS), pick.random() < 0.5),
        m.PaneRequest: lambda pick: m.PaneRequest(pick.choice(TEXTS), pick.choice(TEXTS), pick.choice(NUMBERS)),
    }
)
KINDS = [kind for kind in get_args(m.Command) if kind not in (m.Start, m.Stop)]


def command(pick: random.Random) -> m.Command:
    """Return any command but the first and the last, with any values."""
    kind = pick.choice(KINDS)
    made: m.Command = kind(**{name: VALUES[type_](pick) for name, type_ in get_type_hints(kind).items()})
    return made


@pytest.mark.parametrize("seed", range(3))
def test_no_command_ends_the_tracer(seed: int) -> None:
    pick = random.Random(seed)
    with tracer(m.PaneRequest("syscalls")) as one:
        one.pane("syscalls", lambda pane: pane.state is PaneState.ON)
        for _ in range(10):
            one.send(*(command(pick) for _ in range(30)))
            one.send(m.SetFilter(Filter()), m.SetInterval(0.25))
            one.until(Frame, lambda frame: frame.filter == Filter() and frame.interval_s == 0.25)
        assert not [heard for heard in one.heard if isinstance(heard, m.Fatal)]


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        (m.SetFilter(Filter(pid=-1)), "process -1"),
        (m.SetFilter(Filter(pid=1 << 40)), "process 1099511627776"),
        (m.AddPane(m.PaneRequest("x", "BEGIN { }", -3)), "1 in -3 events"),
        (m.Proceed("syscalls", -3), "1 in -3 events"),
        (m.Run(name="x", script="BEGIN { }"), "Run is for a tracer that runs one script"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_value_that_cannot_be_is_answered(wrong: m.Command, what: str) -> None:
    with tracer() as one:
        one.send(wrong)
        refused = one.until(m.Refused, lambda _: True)
        assert refused.diagnostic.what == what


def test_a_start_that_cannot_be_says_why_it_ends() -> None:
    one = Tracer()
    try:
        one.send(m.Start((), Filter(pid=-1)))
        assert one.until(m.Fatal, lambda _: True).diagnostic.what == "process -1"
    finally:
        one.close()
