"""Values of commands that cannot be are refused at the border, with a word each."""

import math

import pytest

from tracetop.errors import UsageError
from tracetop.model.filter import Filter
from tracetop.model.frame import Sort
from tracetop.model.wire import messages as m
from tracetop.model.wire.limits import check

PANE = m.PaneRequest("syscalls")
WRONG = (
    m.Start((PANE, PANE)),
    m.Start((PANE,), Filter(pid=-1)),
    m.Start((PANE,), Filter(pid=1 << 40)),
    m.Start((PANE,), interval_s=math.nan),
    m.Start((m.PaneRequest("syscalls", sample=-3),)),
    m.SetFilter(Filter(pid=-1)),
    m.SetFilter(Filter(pid=1 << 40)),
    m.SetFilter(Filter(comm="x" * 16)),
    m.SetFilter(Filter(comm="a\0b")),
    m.SetInterval(0),
    m.SetInterval(math.inf),
    m.AddPane(m.PaneRequest("")),
    m.AddPane(m.PaneRequest("x" * 300)),
    m.AddPane(m.PaneRequest("x", "BEGIN { }", -3)),
    m.AddPane(m.PaneRequest("x", "BEGIN { }", 1 << 40)),
    m.AddPane(m.PaneRequest("x", " " * (1 << 21))),
    m.SetParams("latency", ("1",) * 9),
    m.SetSort("syscalls", "syscalls", Sort("calls"), -1),
    m.SetSort("syscalls", "syscalls", Sort("calls"), 1 << 40),
    m.Proceed("x", -3),
    m.Proceed("x", 0),
    m.ReplaceScript("x", "BEGIN { }\0"),
    m.CheckScript(1, " " * (1 << 21)),
    m.Complete(1, "abc", -1),
    m.Complete(1, "abc", 4),
    m.Run(name="x", script="BEGIN { }", pid=-1),
    m.Run(name="x", script="BEGIN { }", child=1 << 40),
)
RIGHT = (
    m.Start((PANE, m.PaneRequest("latency")), Filter(4194303, "x" * 15), 0.25),
    m.SetFilter(Filter(comm="x" * 15 + "*")),
    m.SetParams("latency", ("openat",)),
    m.SetSort("syscalls", "syscalls", Sort("calls"), 200),
    m.Proceed("x", 64),
    m.Complete(1, "abc", 3),
    m.Stop(),
)


@pytest.mark.parametrize("command", WRONG, ids=lambda one: repr(one)[:60])
def test_a_value_that_cannot_be_is_refused_with_a_hint(command: m.Command) -> None:
    with pytest.raises(UsageError) as caught:
        check(command)
    assert caught.value.diagnostic.hint


@pytest.mark.parametrize("command", RIGHT, ids=lambda one: repr(one)[:60])
def test_a_value_that_can_be_is_taken(command: m.Command) -> None:
    check(command)
