"""The protocol: messages survive the pipe however it cuts them, and what is not one is an error."""

import contextlib
import struct

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracetop.errors import TracerError
from tracetop.model.filter import Filter
from tracetop.model.frame import (
    Column,
    ColumnKind,
    Frame,
    Histogram,
    HistRow,
    Number,
    PaneFrame,
    PaneState,
    Row,
    Sort,
    StackTree,
    Table,
)
from tracetop.model.program import KeyRole, LinearScale, Unit
from tracetop.model.wire import messages as m

COLUMN = Column("comm", "comm", ColumnKind.KEY, role=KeyRole.COMM)
COMMANDS: tuple[m.Command, ...] = (
    m.Start((m.PaneRequest("syscalls"), m.PaneRequest("mine", "BEGIN {}")), Filter(7, "sh"), 0.5),
    m.SetFilter(Filter(7, "ngin*")),
    m.SetInterval(0.25),
    m.SetEnabled("latency", False),
    m.SetParams("latency", ("read",)),
    m.SelectVariant("latency", "runqueue"),
    m.SetSort("syscalls", "@", Sort("total", descending=False), 50),
    m.SetOffsets("stacks", True),
    m.Reset(),
    m.Stop(),
)


def frame(comm: str = "sh") -> Frame:
    """A frame with every kind of view, whose names are `comm`."""
    table = Table(
        name="@",
        columns=(COLUMN,),
        rows=(Row("1", (comm, 1 << 63, -1.5, None), 5, comm, True),),
        rows_total=1,
        sums=(None, 3.0, 1),
        sort=Sort("comm"),
    )
    histogram = Histogram(
        name="@h",
        unit=Unit.NS,
        linear=LinearScale(0, 100, 10),
        key_columns=(COLUMN,),
        rows=(HistRow("00", (comm,), {3: 1}, {3: 7, 400: 1}),),
        rows_total=1,
    )
    tree = StackTree(
        name="@s",
        symbols=("", comm),
        parent=(0, 0),
        symbol=(0, 1),
        self_total=(0, 1),
        total=(1, 1),
        self_recent=(0, 1),
        recent=(1, 1),
        window_s=30.0,
        lost={"collision": 2},
    )
    number = Number(name="@n", columns=(COLUMN,), cells=(comm,))
    pane = PaneFrame(name="p", title=comm, state=PaneState.ON, views=(table, histogram, tree, number))
    return Frame(seq=1, time=2.5, elapsed_s=1.0, interval_s=1.0, filter=Filter(comm=comm), panes={"p": pane})


@given(st.lists(st.binary(max_size=300), max_size=8), st.lists(st.integers(0, 60), max_size=60))
def test_a_splitter_finds_every_body_however_the_stream_is_cut(bodies: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(struct.pack(">I", len(body)) + body for body in bodies)
    splitter, found = m.Splitter(), []
    for cut in [*cuts, len(stream)]:
        found += list(splitter.feed(stream[:cut]))
        stream = stream[cut:]
    assert found == bodies


@given(st.binary(min_size=1, max_size=50), st.integers(1, 53))
def test_an_incomplete_body_is_pending_not_lost(body: bytes, missing: int) -> None:
    stream = struct.pack(">I", len(body)) + body
    head = stream[: max(len(stream) - missing, 0)]
    splitter = m.Splitter()
    assert list(splitter.feed(head)) == []
    assert list(splitter.feed(stream[len(head) :])) == [body]


def test_a_length_that_cannot_be_is_an_error_before_the_bytes_come() -> None:
    with pytest.raises(TracerError):
        list(m.Splitter().feed(struct.pack(">I", m.MAX_MESSAGE_BYTES + 1)))


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: type(command).__name__)
def test_every_command_arrives_as_it_was_sent(command: m.Command) -> None:
    (body,) = m.Splitter().feed(m.encode(command))
    assert m.decode_command(body) == command


def test_a_frame_with_every_kind_of_view_arrives_as_it_was_sent() -> None:
    (body,) = m.Splitter().feed(m.encode(frame()))
    assert m.decode_message(body) == frame()


@given(st.binary(max_size=15).filter(lambda comm: b"\0" not in comm))
def test_a_name_of_any_bytes_can_be_sent(comm: bytes) -> None:
    """A process may call itself anything. What is UTF-8 arrives as it is; other bytes arrive spelt out."""
    name = comm.decode(errors="surrogateescape")
    (body,) = m.Splitter().feed(m.encode(frame(name)))
    arrived = comm.decode(errors="backslashreplace")
    assert m.decode_message(body) == frame(arrived)
    if name.isprintable():
        assert arrived == name


def test_a_command_is_no_message_and_a_message_no_command() -> None:
    (command,) = m.Splitter().feed(m.encode(m.Reset()))
    (message,) = m.Splitter().feed(m.encode(m.LogLines(("x",))))
    with pytest.raises(TracerError):
        m.decode_message(command)
    with pytest.raises(TracerError):
        m.decode_command(message)


@given(st.binary(max_size=64))
def test_garbage_is_a_tracer_error_and_nothing_else(data: bytes) -> None:
    for decode in (m.decode_command, m.decode_message):
        with contextlib.suppress(TracerError):
            assert isinstance(decode(data), msgspec.Struct)
