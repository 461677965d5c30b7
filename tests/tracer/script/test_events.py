"""What a script's events ask for: the same in a run, where a stream takes it, as in a pane, where a log does."""

import os
import struct
from collections.abc import Callable
from typing import cast

import pytest

from tests.tracer.fake_kernel import FakeKernel, FakeLoaded, fake_machine
from tests.tracer.specs import spec
from tracetop.model.program import (
    Action,
    Conversion,
    Exit,
    Format,
    MapAction,
    Place,
    PrintMap,
    PrintValue,
    Program,
    Warned,
)
from tracetop.model.value import ValuePart, ValueType
from tracetop.model.value_kinds import ValueKind
from tracetop.model.wire import messages as m
from tracetop.tracer.pipe import Outbox
from tracetop.tracer.printing.printer import Printer
from tracetop.tracer.script.events import Events, Sink, StreamSink
from tracetop.tracer.script.printed_lines import MOST_FILES, MOST_LINES, FileRequests, PrintedLines

NUMBER = ValueType(size=8)
ARGUMENT = (ValuePart(offset=0, type=NUMBER),)
FIVE = struct.pack("=q", 5)
SPAN = Place("t.bt", 2, 3, "", 2, 9)
LINES = Place("t.bt", 2, 3, "", 4, 9)
WARNED = Warned("odd", Place("t.bt", 2, 3, "  $x / 0\n  ^"))
Sent = list[tuple[int, bytes]]


def in_run(kernel: FakeKernel, actions: tuple[Action, ...], sent: Sent) -> str:
    """Return what a run writes, its files read as the asker of a run reads them."""
    read, write = os.pipe()
    outbox = Outbox(write)
    sink = StreamSink(outbox)
    take(kernel, actions, sent, sink)
    sink.send()
    os.close(write)
    splitter, text = m.Splitter(), ""
    for body in splitter.feed(os.read(read, 1 << 16)):
        match m.decode_message(body):
            case m.Output(data=data):
                text += data.decode()
            case m.ShowFile(path=path, serial=0):
                text += f"the text of {path}\n"
            case other:
                raise AssertionError(other)
    os.close(read)
    return text


def in_pane(kernel: FakeKernel, actions: tuple[Action, ...], sent: Sent) -> str:
    """Return the log of a pane once the screen has answered, which it does after all was printed."""
    asked: list[m.ShowFile] = []
    files = FileRequests(asked.append)
    lines = PrintedLines(files)
    take(kernel, actions, sent, lines)
    for one in asked:
        files.answer(m.FileShown(one.serial, f"the text of {one.path}\n".encode()))
    return "".join(f"{line}\n" for line in lines.take().lines)


def take(kernel: FakeKernel, actions: tuple[Action, ...], sent: Sent, sink: Sink) -> Events:
    program = Program(
        name="t", script="", c_text="", maps=(spec("@", ValueKind.COUNT, ()),), probes=(), actions=actions
    )
    loaded = FakeLoaded(kernel, program)
    loaded.sent = sent
    events = Events(loaded, Printer(loaded, fake_machine().names), sink)
    assert events.take() == bool(sent)
    return events


@pytest.mark.parametrize("way", [in_run, in_pane])
@pytest.mark.parametrize(
    ("action", "text"),
    [
        (Format("printf", ("n is ", Conversion("d"), "\n"), ARGUMENT), "n is 5\n"),
        (Format("join", (" ",), ()), "\n"),
        (Format("time", ("%%\n",)), "%\n"),
        (Format("errorf", ("bad ", Conversion("d")), ARGUMENT, SPAN), "t.bt:2:3-9: ERROR: bad 5\n"),
        (Format("warnf", ("odd ", Conversion("d"), "\n"), ARGUMENT, LINES), "t.bt:2-4: WARNING: odd 5\n"),
        (Format("cat", ("/proc/", Conversion("d"), "/comm"), ARGUMENT), "the text of /proc/5/comm\n"),
        (PrintValue(NUMBER), "5\n"),
        (WARNED, "t.bt:2:3: WARNING: odd\n  $x / 0\n  ^\n"),
        (PrintMap("@"), "@: 3\n"),
        (MapAction("clear", "@"), ""),
        (MapAction("zero", "@"), ""),
        (Exit(), None),
    ],
    ids=lambda value: getattr(value, "verb", "") or type(value).__name__ if not isinstance(value, str) else "",
)
def test_each_action_gives_the_same_text_in_its_place(
    kernel: FakeKernel, way: Callable[[FakeKernel, tuple[Action, ...], Sent], str], action: Action, text: str | None
) -> None:
    kernel.rows_at_load["@"] = {0: 3}
    around = Format("printf", ("around\n",))
    shown = way(kernel, (around, action), [(0, b""), (1, FIVE), (0, b"")])
    assert shown == ("around\n" if text is None else f"around\n{text}around\n")


@pytest.mark.parametrize("verb", ["clear", "zero"])
def test_a_map_is_printed_as_it_was_between_two_changes(kernel: FakeKernel, verb: str) -> None:
    kernel.rows_at_load["@"] = {0: 3}
    actions = (PrintMap("@"), MapAction("clear" if verb == "clear" else "zero", "@"))
    for way in (in_run, in_pane):
        kernel.rows_at_load["@"] = {0: 3}
        assert way(kernel, actions, [(0, b""), (1, b""), (1, b""), (0, b"")]) == "@: 3\n@: 0\n"


def test_what_was_met_is_counted_and_makes_no_log(kernel: FakeKernel) -> None:
    events = take(kernel, (WARNED,), [(0, b"")] * 3, PrintedLines(FileRequests(lambda _: None)))
    assert (events.warnings, events.prints) == ({WARNED: 3}, False)


def test_what_end_prints_comes_after_the_exit_whose_code_stays(kernel: FakeKernel) -> None:
    lines = PrintedLines(FileRequests(lambda _: None))
    actions = (Exit(), Format("printf", ("hello\n",)))
    events = take(kernel, actions, [(0, struct.pack("=q", 3)), (1, b"")], lines)
    loaded = cast("FakeLoaded", events._loaded)
    loaded.sent = [(1, b"")]
    loaded.run_end = lambda: loaded.sent.append((1, b""))  # type: ignore[method-assign]
    events.end()
    assert (events.exit_code, lines.take().lines) == (3, ("hello",))


def test_a_file_without_an_end_of_line_and_the_text_after_it_are_one_line() -> None:
    asked: list[m.ShowFile] = []
    files = FileRequests(asked.append)
    lines = PrintedLines(files)
    for path in ("a", "b"):
        lines.add("<")
        lines.show_file(path, 100)
    lines.add(">\n")
    files.answer(m.FileShown(asked[1].serial, b"second"))
    assert lines.take().lines == ()
    files.answer(m.FileShown(asked[0].serial, b"first\n\xff"))
    files.answer(m.FileShown(asked[0].serial, b"twice"))
    assert lines.take().lines == ("<first", "\udcff<second>")


def test_a_screen_that_never_answers_costs_lines_not_memory() -> None:
    lines = PrintedLines(FileRequests(lambda _: None))
    for _ in range(MOST_FILES + 3):
        lines.show_file("x", 100)
    assert lines.take().lost == 3
    for i in range(2 * MOST_LINES):
        lines.add(f"{i}\n")
    found = lines.take()
    assert found.lost > MOST_FILES
    assert found.lines
    assert found.lines[-1] == str(2 * MOST_LINES - 1)
