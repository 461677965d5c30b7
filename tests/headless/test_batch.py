"""`run_batch`: what counts as a tick, how it ends, and that it never waits for nothing."""

import io
import json
import os
from collections.abc import Iterable

import pytest

from tests.headless import frames
from tracetop.errors import Diagnostic, ExitCode
from tracetop.headless.batch import run_batch
from tracetop.headless.streams import Output, OutputError
from tracetop.model.frame import Log
from tracetop.model.wire.messages import Command, Fatal, Hello, LogLines, Message, Refused
from tracetop.source.source import Ended, Listener

LOST = Diagnostic(what="the tracer died", why="signal \x1b9", hint="start it again", code=ExitCode.TRACER)


class Written:
    """A source that says at once all that it was given, and then that it ended."""

    def __init__(self, messages: Iterable[Message | Ended]) -> None:
        self.messages = list(messages)
        self.closed = 0

    def start(self, listener: Listener) -> None:
        for message in (*self.messages, Ended(None)):
            listener(message)

    def send(self, command: Command) -> None:
        raise AssertionError(f"batch sends nothing, but did {command}")

    def restart(self) -> None:
        raise AssertionError("batch never restarts")

    def close(self) -> None:
        self.closed = 1


def tick(seq: int) -> Message:
    return frames.frame(frames.pane("syscalls", frames.syscalls_table()), seq=seq)


READY = (tick(1), tick(2))
"""The reads before the first whole interval; the first printed tick is 3."""


def run(*messages: Message | Ended, ticks: int | None = None) -> tuple[int, list[int]]:
    """Return the exit code and the `seq` of every printed tick."""
    out, source = io.StringIO(), Written(messages)
    code = run_batch(source, ticks, as_json=True, out=out)
    assert source.closed == 1
    return code, [json.loads(line)["seq"] for line in out.getvalue().splitlines()]


def test_it_stops_after_the_ticks_it_was_asked_for() -> None:
    assert run(*READY, tick(3), tick(4), tick(5), ticks=2) == (0, [3, 4])


def test_the_first_tick_is_the_first_whole_interval_in_which_every_pane_ran() -> None:
    hello = Hello(protocol=1, pid=7, kernel="6.18", hostname="here")
    loading = frames.loading(0), frames.loading(1), frames.loading(2)
    assert run(hello, *loading, LogLines(("noise",)), tick(3), tick(4), tick(5), ticks=1) == (0, [5])


def test_a_frame_that_repeats_a_read_is_not_a_tick() -> None:
    assert run(*READY, tick(3), tick(3), tick(4), ticks=2) == (0, [3, 4])


def test_without_a_number_of_ticks_it_runs_until_the_source_ends() -> None:
    assert run(*READY, tick(3), tick(4)) == (0, [3, 4])


def test_a_source_that_dies_gives_its_exit_code_and_its_reason_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*READY, tick(3), Ended(LOST), ticks=5) == (7, [3])
    assert capsys.readouterr().err == "the tracer died\nwhy: signal \\x1b9\nhint: start it again\n"


def test_a_tracer_that_cannot_work_gives_its_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    fatal = Diagnostic(what="no BPF here", hint="use another kernel", code=ExitCode.KERNEL)
    assert run(Fatal(fatal)) == (5, [])
    assert "no BPF here" in capsys.readouterr().err


def test_a_refused_command_is_told_and_the_ticks_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(Refused(LOST), *READY, tick(3), ticks=1) == (0, [3])
    assert "the tracer died" in capsys.readouterr().err


def test_one_failed_pane_does_not_stop_the_others() -> None:
    panes = frames.pane("syscalls", frames.syscalls_table()), frames.failed()
    assert run(*(frames.frame(*panes, seq=seq) for seq in (1, 2, 3)), ticks=1) == (0, [3])


def test_where_every_pane_failed_it_ends_with_the_reasons_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(frames.frame(frames.failed("stacks"), frames.failed("latency")), tick(2)) == (5, [1])
    assert "set kernel.perf_event_paranoid" in capsys.readouterr().err


def test_a_reader_slower_than_the_ticks_misses_the_oldest_and_memory_stays_bounded() -> None:
    code, seen = run(*map(tick, range(1, 301)))
    assert code == 0
    assert seen == list(range(300 - len(seen) + 1, 301))
    assert 32 <= len(seen) <= 64


def test_an_interrupt_ends_with_130_and_closes_the_source() -> None:
    class Interrupted(Written):
        def start(self, listener: Listener) -> None:
            raise KeyboardInterrupt

    source = Interrupted([])
    assert run_batch(source, None, as_json=False, out=io.StringIO()) == 130
    assert source.closed == 1


def test_text_ticks_are_separated_by_an_empty_line() -> None:
    out = io.StringIO()
    run_batch(Written([*READY, tick(3), tick(4)]), 2, as_json=False, out=out)
    lines = out.getvalue().split("\n")
    heads = [place for place, line in enumerate(lines) if line.startswith("tracetop - ")]
    assert len(heads) == 2
    assert [lines[heads[1] - 1], lines[-1]] == ["", ""]


def test_a_reader_that_leaves_ends_it_and_closes_the_source() -> None:
    """As `tracetop batch | head -1`; the exit code is made at the entry (tests/cli/test_streams.py)."""
    reading, writing = os.pipe()
    os.close(reading)
    source = Written([*READY, tick(3)])
    out = io.TextIOWrapper(io.BufferedWriter(Output(writing, closefd=True)))
    with pytest.raises(OutputError):
        run_batch(source, 1, as_json=True, out=out)
    assert source.closed == 1


def test_what_is_printed_in_end_is_in_the_last_tick() -> None:
    """The scripts are stopped before it is printed, so that no line of theirs comes after it."""

    class Stopped(Written):
        def start(self, listener: Listener) -> None:
            self.listener = listener
            for message in self.messages:
                listener(message)

        def close(self) -> None:
            if not self.closed:
                self.listener(logged(9, 1, "bye"))
                self.listener(Ended(None))
            super().close()

    out = io.StringIO()
    assert run_batch(Stopped([*READY, logged(3, 0, "hi")]), 1, as_json=True, out=out) == 0
    (last,) = map(json.loads, out.getvalue().splitlines())
    assert (last["seq"], last["panes"]["mine"]["lines"]) == (3, ["hi", "bye"])


def logged(seq: int, first: int, *lines: str) -> Message:
    """Return a frame of a script that has printed these lines."""
    return frames.frame(frames.pane("mine", Log(name="printed", first=first, lines=lines)), seq=seq)


def lines_of(*messages: Message) -> list[tuple[int, list[str], int]]:
    """Return of every printed tick the number of the first line, the lines, and how many were lost."""
    out = io.StringIO()
    run_batch(Written(messages), None, as_json=True, out=out)
    panes = [json.loads(line)["panes"]["mine"] for line in out.getvalue().splitlines()]
    return [(pane["first"], pane["lines"], pane["lost"]) for pane in panes]


def test_lines_of_frames_that_are_not_printed_come_with_the_next() -> None:
    """Those before the first tick, and those of a frame that only says what is in force."""
    found = lines_of(
        logged(1, 0, "a"), logged(2, 1), logged(3, 1, "b"), logged(3, 2, "c"), logged(4, 3, "d"), logged(5, 4)
    )
    assert found == [(0, ["a", "b"], 0), (2, ["c", "d"], 0), (4, [], 0)]


def test_lines_that_never_came_are_lost_lines() -> None:
    assert lines_of(logged(1, 0, "a"), logged(3, 1, "b"), logged(4, 7, "c")) == [(0, ["a", "b"], 0), (7, ["c"], 5)]


def test_a_script_that_was_loaded_anew_counts_its_lines_anew() -> None:
    assert lines_of(logged(1, 5), logged(3, 5, "a"), logged(4, 0, "b")) == [(5, ["a"], 0), (0, ["b"], 0)]
