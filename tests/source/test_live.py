"""A live source: what the screen hears of a tracer that works, dies, babbles or hangs, and what is left of it."""

import os
import signal
from pathlib import Path

import pytest

from tests.source.heard import Heard, children, descriptors, source, stand_in, stand_ins
from tests.source.stand_in import fatal, last_frame
from tracetop.errors import ExitCode, PrivilegeError
from tracetop.model.filter import Filter
from tracetop.model.frame import Sort
from tracetop.model.wire import messages as m
from tracetop.source import live as live_module
from tracetop.source import spawner as spawner_module
from tracetop.source.live import LiveSource
from tracetop.source.source import Ended
from tracetop.source.spawner import Spawner

START = m.Start((m.PaneRequest("syscalls"),), interval_s=2.0)


@pytest.fixture
def _soon_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait a moment only for a tracer to end, here and in its starter, which is a copy of this process."""
    monkeypatch.setattr(spawner_module, "_END_S", 0.2)
    monkeypatch.setattr(live_module, "_STOP_S", 0.2)


def said(command: m.Command) -> m.LogLines:
    return m.LogLines((repr(command),))


def test_commands_arrive_in_order_and_messages_come_back() -> None:
    commands: list[m.Command] = [START, m.SetEnabled("syscalls", False), m.Reset(), m.SetInterval(0.5)]
    with source() as (live, heard):
        for command in commands:
            live.send(command)
        hello = heard.next()
        assert isinstance(hello, m.Hello)
        assert hello.pid in stand_ins()
        assert [heard.next() for _ in commands] == [said(command) for command in commands]


def test_close_brings_the_last_frame_and_an_end_without_a_cause() -> None:
    with source() as (live, heard):
        heard.next()
        live.close()
        assert heard.until_end() == ([last_frame()], Ended(None))


def test_close_twice_and_commands_after_it_do_no_harm() -> None:
    with source() as (live, heard):
        live.close()
        live.close()
        live.send(m.Reset())
        live.restart()
        heard.until_end()
        assert heard.queue.empty()


@pytest.mark.usefixtures("_soon_killed")
def test_nothing_is_left_after_close() -> None:
    """No process, no zombie and no descriptor outlives a source, whatever became of its tracer."""
    before = children(), stand_ins(), descriptors()
    for word in ("", "die", "leave", "babble", "hang"):
        with source(word) as (_, heard):
            if word not in ("", "hang"):
                heard.until_end()
        assert (children(), stand_ins(), descriptors()) == before, word


def test_nothing_is_left_of_a_source_that_was_never_started() -> None:
    before = children(), stand_ins(), descriptors()
    LiveSource(Spawner(stand_in("slow"))).close()
    assert (children(), stand_ins(), descriptors()) == before


@pytest.mark.usefixtures("_soon_killed")
def test_a_tracer_that_ignores_the_end_of_its_input_is_killed() -> None:
    with source() as (live, heard):
        hello = heard.next()
        assert isinstance(hello, m.Hello)
        live.send(m.SetFilter(Filter(comm="hang")))
        heard.next()
        live.close()
        assert hello.pid not in stand_ins()


@pytest.mark.parametrize(
    ("word", "why", "code"),
    [
        ("die", "killed by signal 9, Killed", ExitCode.TRACER),
        ("leave", "exit status 3", ExitCode.TRACER),
        ("babble", "a message of 4294967295 bytes", ExitCode.TRACER),
        ("fatal", "", ExitCode.KERNEL),
    ],
)
def test_the_end_says_why(word: str, why: str, code: ExitCode) -> None:
    with source() as (live, heard):
        heard.next()
        live.send(m.SetFilter(Filter(comm=word)))
        _, end = heard.until_end()
        assert end.diagnostic is not None
        assert (end.diagnostic.why, end.diagnostic.code) == (why, code)
        assert end.diagnostic.hint


def test_a_fatal_message_is_the_cause_of_the_end() -> None:
    with source("fatal") as (_, heard):
        assert heard.until_end() == ([m.Fatal(fatal())], Ended(fatal()))


def test_restart_asks_for_what_was_last_in_force_in_the_order_it_was_asked() -> None:
    """Filter and interval travel in Start; a wish that was repeated counts once, at its last place; no Reset again."""
    by_total, by_rate = Sort("total"), Sort("per_s")
    with source() as (live, heard):
        for command in (
            START,
            m.SetEnabled("latency", False),
            m.SetSort("syscalls", "@", by_total),
            m.Reset(),
            m.SelectVariant("latency", "runqueue"),
            m.SetEnabled("latency", True),
            m.SetEnabled("latency", False),
            m.SetSort("syscalls", "@", by_rate),
            m.SetParams("latency", ("openat",)),
            m.SetOffsets("stacks", True),
            m.SetInterval(0.25),
            m.SetFilter(Filter(7, "")),
            m.SetFilter(Filter(comm="die")),
        ):
            live.send(command)
        heard.until_end()
        live.restart()
        assert isinstance(heard.next(), m.Hello)
        expected: list[m.Command] = [
            m.Start(START.panes, Filter(comm="die"), 0.25),
            m.SelectVariant("latency", "runqueue"),
            m.SetEnabled("latency", False),
            m.SetSort("syscalls", "@", by_rate),
            m.SetParams("latency", ("openat",)),
            m.SetOffsets("stacks", True),
        ]
        assert [heard.next() for _ in expected] == [said(command) for command in expected]


def test_restart_opens_the_panes_that_were_open_with_their_last_scripts_and_answers() -> None:
    """What was asked of a pane that is closed, or of the script that it no longer shows, is not asked again."""
    hot, other = m.PaneRequest("hot", "// hot"), m.PaneRequest("other", "// other")
    with source() as (live, heard):
        for command in (
            START,
            m.AddPane(hot),
            m.AddPane(other),
            m.Proceed("hot", 64),
            m.SetParams("syscalls", ("read",)),
            m.SetOffsets("other", True),
            m.RemovePane("other"),
            m.ReplaceScript("syscalls", "// new"),
            m.SetParams("syscalls", ("write",)),
            m.SetFilter(Filter(comm="die")),
        ):
            live.send(command)
        heard.until_end()
        live.restart()
        assert isinstance(heard.next(), m.Hello)
        panes = (m.PaneRequest("syscalls", "// new"), m.PaneRequest("hot", "// hot", 64))
        expected: list[m.Command] = [m.Start(panes, Filter(comm="die"), 2.0), m.SetParams("syscalls", ("write",))]
        assert [heard.next() for _ in expected] == [said(command) for command in expected]


def test_restart_after_each_kind_of_death_listens_to_a_new_tracer() -> None:
    with source() as (live, heard):
        pids = set()
        for word in ("die", "leave", "babble"):
            hello = heard.next()
            assert isinstance(hello, m.Hello)
            pids.add(hello.pid)
            live.send(m.SetFilter(Filter(comm=word)))
            _, end = heard.until_end()
            assert end.diagnostic is not None
            live.send(m.SetFilter(Filter()))
            live.restart()
        assert isinstance(heard.next(), m.Hello)
        assert len(pids) == 3


def test_a_command_longer_than_the_pipe_arrives_whole() -> None:
    """What the pipe does not take at once goes out without another command being sent."""
    long = m.Start((m.PaneRequest("mine", "x" * 900_000),))
    with source("slow") as (live, heard):
        live.send(long)
        heard.next()
        assert heard.next() == said(long)


def test_a_dead_spawner_means_no_restart_but_a_reason() -> None:
    with source() as (live, heard):
        hello = heard.next()
        assert isinstance(hello, m.Hello)
        (spawner,) = [pid for pid in children() if pid != hello.pid]
        os.kill(spawner, signal.SIGKILL)
        os.kill(hello.pid, signal.SIGKILL)
        heard.until_end()
        live.restart()
        _, end = heard.until_end()
        assert end.diagnostic is not None
        assert end.diagnostic.code is ExitCode.PRIVILEGE


def test_spawner_says_when_there_is_no_way_to_become_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(PrivilegeError) as caught:
        Spawner(stand_in())
    assert "sudo" in caught.value.diagnostic.why


def test_a_listener_may_send_from_its_own_thread() -> None:
    """The listener is called without a lock held: a command sent from it neither blocks nor is lost."""

    class Answering(Heard):
        def __call__(self, message: m.Message | Ended) -> None:
            if isinstance(message, m.Hello):
                live.send(m.Reset())
            super().__call__(message)

    live, heard = LiveSource(Spawner(stand_in())), Answering()
    live.start(heard)
    try:
        heard.next()
        assert heard.next() == said(m.Reset())
    finally:
        live.close()


def test_a_file_that_a_pane_shows_is_read_here_and_nobody_else_hears_of_it(tmp_path: Path) -> None:
    """With this process's rights, and what is not a regular file is not waited for."""
    file, pipe = tmp_path / "file", tmp_path / "pipe"
    file.write_bytes(b"x" * 20_000)
    os.mkfifo(pipe)
    with source() as (live, heard):
        heard.next()
        answers = []
        for path in (file, pipe, tmp_path / "none"):
            live.send(m.SetFilter(Filter(comm=str(path))))
            _, answer = heard.next(), heard.next()
            answers.append(answer)
    assert answers == [
        said(m.FileShown(7, b"x" * 10_240)),
        said(m.FileShown(7, f"ERROR: cat cannot read {pipe}: it is not a regular file\n".encode())),
        said(m.FileShown(7, f"ERROR: cat cannot read {tmp_path / 'none'}: No such file or directory\n".encode())),
    ]


def test_sudo_that_refuses_is_said_before_anything_is_drawn() -> None:
    spawner = Spawner(("false",), privileged=False)
    spawner.through_sudo = True
    with pytest.raises(PrivilegeError) as caught:
        LiveSource(spawner)
    assert "sudo did not allow it" in caught.value.diagnostic.why
    assert caught.value.diagnostic.code == ExitCode.PRIVILEGE
