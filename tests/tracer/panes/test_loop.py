"""The tracer's loop, from commands to frames: a scripted screen on real pipes, a clock that the script moves."""

import os
from collections.abc import Iterator

import pytest

from tests.tracer.fake_kernel import FakeKernel
from tests.tracer.fake_proc import FakeProc
from tests.tracer.fake_screen import HANG_UP, READ, STALL, TICK, FakeScreen, Step, play
from tracetop.errors import TracerError, UsageError
from tracetop.model.filter import Filter
from tracetop.model.frame import Frame, Log, Sort, Table
from tracetop.model.program import Format
from tracetop.model.wire import messages as m

OPEN = m.Start((m.PaneRequest("syscalls"), m.PaneRequest("latency")))


class Screens:
    """Plays scripts against loops on one fake clock and kernel."""

    def __init__(self, proc: FakeProc, patch: pytest.MonkeyPatch) -> None:
        self.proc, self.patch = proc, patch

    def play(self, *steps: Step, log: str = "", between_loads: bool = False) -> FakeScreen:
        return play(steps, self.proc, self.patch, log=log, between_loads=between_loads)


@pytest.fixture
def screens(proc: FakeProc, monkeypatch: pytest.MonkeyPatch) -> Screens:
    return Screens(proc, monkeypatch)


def states(frame: Frame) -> dict[str, str]:
    return {name: pane.state.value for name, pane in frame.panes.items()}


def refusals(screen: FakeScreen) -> list[str]:
    return [message.diagnostic.what for message in screen.heard if isinstance(message, m.Refused)]


def total(frame: Frame, pane: str = "syscalls") -> object:
    (table,) = frame.panes[pane].views
    assert isinstance(table, Table)
    return table.sums[-1]


def test_start_loads_one_pane_after_the_other_and_shows_each(kernel: FakeKernel, screens: Screens) -> None:
    frames = screens.play(OPEN).frames()
    assert [states(frame) for frame in frames] == [
        {"syscalls": "loading", "latency": "loading"},
        {"syscalls": "on", "latency": "loading"},
        {"syscalls": "on", "latency": "on"},
    ]
    assert [frame.seq for frame in frames] == [0, 0, 0]


def test_commands_are_served_between_two_loads(kernel: FakeKernel, screens: Screens) -> None:
    """A pane that is switched off while it waits is never loaded."""
    screens.play(OPEN, m.SetEnabled("latency", False), between_loads=True)
    assert [one.program.name for one in kernel.loaded] == ["syscalls"]


def test_every_tick_reads_once_and_sends_one_frame(kernel: FakeKernel, screens: Screens) -> None:
    kernel.rows_at_load["@"] = {1: 7}
    frames = screens.play(OPEN, TICK, TICK, TICK).frames()
    assert [frame.seq for frame in frames[-3:]] == [1, 2, 3]
    assert [round(frame.elapsed_s, 3) for frame in frames[-3:]] == [0.25, 1.0, 1.0]
    assert total(frames[-1]) == 7


def test_first_numbers_come_soon_then_at_the_interval(kernel: FakeKernel, screens: Screens, proc: FakeProc) -> None:
    began_s = proc.now_s
    screens.play(m.Start(OPEN.panes, interval_s=10.0), TICK)
    first_s = proc.now_s - began_s
    screens.play(m.Start(OPEN.panes, interval_s=10.0), TICK, TICK)
    assert (first_s, proc.now_s - began_s - first_s) == (0.25, 10.25)


def test_a_command_is_echoed_in_a_frame_with_the_same_numbers(kernel: FakeKernel, screens: Screens) -> None:
    """What is in force shows at once; `seq` says that the maps were not read again."""
    frames = screens.play(OPEN, TICK, m.SetEnabled("latency", False), m.SetInterval(0.5)).frames()
    assert [(frame.seq, frame.interval_s) for frame in frames[-3:]] == [(1, 1.0), (1, 1.0), (1, 0.5)]
    assert states(frames[-2]) == {"syscalls": "on", "latency": "off"}


def test_a_filter_is_in_force_in_the_next_frame_and_in_all_panes(kernel: FakeKernel, screens: Screens) -> None:
    frames = screens.play(OPEN, TICK, m.SetFilter(Filter(7, "sh"))).frames()
    assert frames[-1].filter == Filter(7, "sh")
    assert len({one.controls[-1] for one in kernel.loaded}) == 1
    assert len(kernel.loaded) == 2


def test_a_pane_loaded_later_has_the_filter_too(kernel: FakeKernel, screens: Screens) -> None:
    screens.play(m.Start(OPEN.panes, Filter(9, "")), m.SelectVariant("latency", "runqueue"), TICK)
    assert len({tuple(one.controls) for one in kernel.loaded}) == 1


def test_stop_sends_a_last_frame_with_the_newest_counts(kernel: FakeKernel, screens: Screens, proc: FakeProc) -> None:
    """Its `elapsed_s` is the short time since the last tick, which its rates are divided by."""
    kernel.rows_at_load["@"] = {1: 7}
    last = screens.play(OPEN, TICK, m.Stop()).frames()[-1]
    assert (last.final, last.seq, total(last)) == (True, 2, 7)
    assert last.elapsed_s < 0.25
    assert kernel.open == []


def test_the_end_of_input_ends_it_and_frees_everything(kernel: FakeKernel, screens: Screens) -> None:
    frames = screens.play(OPEN, TICK).frames()
    assert not frames[-1].final
    assert (kernel.open, len(kernel.loaded)) == ([], 2)


def test_a_screen_that_no_longer_reads_ends_it(kernel: FakeKernel, screens: Screens) -> None:
    screens.play(OPEN, HANG_UP, TICK, TICK, TICK)
    assert kernel.open == []


def test_a_slow_screen_misses_frames_but_no_refusal(kernel: FakeKernel, screens: Screens) -> None:
    """What is in force comes with the first frame after it reads again, the script's text too."""
    texts = {name: f"// {name} " + "x" * 700_000 for name in ("mine", "yours", "theirs")}
    screen = screens.play(
        STALL,
        m.Start((*OPEN.panes[:1], *(m.PaneRequest(name, text) for name, text in texts.items()))),
        TICK,
        TICK,
        m.SetEnabled("nosuch", True),
        m.SetFilter(Filter(5, "")),
        m.SelectVariant("syscalls", "nosuch"),
        TICK,
        READ,
        TICK,
        TICK,
        TICK,
        TICK,
        TICK,
        TICK,
    )
    frames = screen.frames()
    assert refusals(screen) == ["no pane named nosuch", "syscalls has no variant nosuch"]
    for name, text in texts.items():
        assert [frame.panes[name].script for frame in frames if frame.panes[name].script] == [text]
    seqs = [frame.seq for frame in frames]
    assert seqs == sorted(seqs)
    assert set(range(1, seqs[-1])) - set(seqs)
    assert frames[-1].filter == Filter(5, "")


def test_a_refused_command_changes_nothing_and_the_panes_go_on(kernel: FakeKernel, screens: Screens) -> None:
    screen = screens.play(
        OPEN,
        m.SetInterval(0.1),
        m.SetInterval(11.0),
        m.SetEnabled("nosuch", True),
        m.SetSort("syscalls", "@", Sort("nosuch")),
        m.SelectVariant("latency", "nosuch"),
        m.SetParams("latency", ("nosuchcall",)),
        TICK,
    )
    assert len(refusals(screen)) == 6
    last = screen.frames()[-1]
    assert (last.interval_s, states(last)) == (1.0, {"syscalls": "on", "latency": "on"})


@pytest.mark.parametrize("start", [m.Start((m.PaneRequest("nosuch"),)), m.Start(OPEN.panes, interval_s=99.0)])
def test_a_start_that_cannot_be_is_the_end(kernel: FakeKernel, screens: Screens, start: m.Start) -> None:
    with pytest.raises(UsageError):
        screens.play(start, TICK)


def test_one_pane_that_fails_leaves_the_others(kernel: FakeKernel, screens: Screens) -> None:
    panes = (m.PaneRequest("stacks"), m.PaneRequest("syscalls"), m.PaneRequest("mine", "// wrong"))
    frame = screens.play(m.Start(panes), TICK).frames()[-1]
    assert states(frame) == {"stacks": "failed", "syscalls": "on", "mine": "failed"}
    assert kernel.loaded[-1].closed


def test_off_and_on_again(kernel: FakeKernel, screens: Screens) -> None:
    screen = screens.play(OPEN, TICK, m.SetEnabled("latency", False), TICK, m.SetEnabled("latency", True), TICK)
    seen = [states(frame)["latency"] for frame in screen.frames()]
    assert seen[-4:] == ["off", "off", "on", "on"]
    assert len(kernel.loaded) == 2


def test_a_reset_shows_zero_at_once(kernel: FakeKernel, screens: Screens) -> None:
    kernel.rows_at_load["@"] = {1: 7}
    frames = screens.play(OPEN, TICK, m.Reset(), TICK).frames()
    assert [total(frame) for frame in frames[-3:]] == [7, 0, 0]


def test_two_commands_that_come_as_one_are_both_carried_out(kernel: FakeKernel, screens: Screens) -> None:
    """And one that comes in two parts is carried out once it is whole."""
    both = m.encode(m.SetInterval(2.0)) + m.encode(m.SetFilter(Filter(3, "")))
    frames = screens.play(OPEN, both[:30], both[30:-5], TICK, both[-5:]).frames()
    assert (frames[-1].interval_s, frames[-1].filter) == (2.0, Filter(3, ""))


def test_garbage_on_the_input_is_an_error_not_a_command(kernel: FakeKernel, screens: Screens) -> None:
    with pytest.raises(TracerError):
        screens.play(OPEN, b"\xff" * 8, TICK)
    assert kernel.open == []


def test_a_second_start_frees_what_the_first_opened(kernel: FakeKernel, screens: Screens) -> None:
    frames = screens.play(OPEN, TICK, m.Start(OPEN.panes[:1]), TICK).frames()
    assert states(frames[-1]) == {"syscalls": "on"}
    assert [one.closed for one in kernel.loaded] == [True] * 3


def test_what_was_printed_goes_to_the_log(kernel: FakeKernel, screens: Screens) -> None:
    screen = screens.play(OPEN, TICK, TICK, log="libbcc: one\nlibbcc: \x1b[2J two\n")
    logs = [message for message in screen.heard if isinstance(message, m.LogLines)]
    assert logs == [m.LogLines(("libbcc: one", "libbcc: \x1b[2J two"))]


def test_names_that_are_not_utf8_do_not_end_the_tracer(kernel: FakeKernel, screens: Screens) -> None:
    """Any process may call itself anything; bytes that are not text arrive spelt out."""
    screen = screens.play(OPEN, m.SetFilter(Filter(comm="sh")), TICK, log="bad \udcff byte\n")
    assert m.LogLines(("bad \\xff byte",)) in screen.heard


def test_waiting_costs_no_turns(kernel: FakeKernel, screens: Screens) -> None:
    """Idle, the loop wakes once a tick: it does not spin."""
    ticks = 50
    screen = screens.play(OPEN, *[TICK] * ticks)
    assert screen.waits <= ticks + 6


def test_a_screen_without_a_pane_still_gets_frames(kernel: FakeKernel, screens: Screens) -> None:
    frames = screens.play(m.Start(()), TICK, TICK).frames()
    assert [frame.panes for frame in frames] == [{}, {}, {}]


def test_no_frame_comes_before_start(kernel: FakeKernel, screens: Screens) -> None:
    """A frame without panes would be a tick that shows nothing."""
    assert screens.play(TICK, TICK, TICK).heard == []


def test_descriptors_are_the_screens_to_close(kernel: FakeKernel, screens: Screens) -> None:
    before = set(os.listdir("/proc/self/fd"))  # noqa: PTH208 - names only
    screens.play(OPEN, TICK, m.Stop())
    assert set(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


MINE = m.AddPane(m.PaneRequest("mine", "// mine"))


def test_a_pane_that_is_added_loads_beside_those_that_are_on(
    kernel: FakeKernel, screens: Screens, proc: FakeProc
) -> None:
    """While its compile is tried out and its hooks are counted, the others are read at every tick."""
    kernel.clock, kernel.patience = proc.monotonic, 1
    frames = screens.play(OPEN, TICK, MINE, *[TICK] * 6).frames()
    seen = [(frame.seq, states(frame).get("mine")) for frame in frames]
    assert {(1, "loading"), (2, "loading"), (3, "loading"), (4, "on")} < {*seen}
    assert frames[-1].panes["mine"].state == "on"


def test_a_pane_that_is_removed_is_freed_and_gone(kernel: FakeKernel, screens: Screens) -> None:
    frames = screens.play(OPEN, MINE, TICK, m.RemovePane("latency"), m.RemovePane("mine"), TICK).frames()
    assert states(frames[-1]) == {"syscalls": "on"}
    assert [one.program.name for one in kernel.loaded if one.closed] == ["syscalls", "latency", "mine"], (
        "all at the end"
    )


def test_a_name_that_is_taken_and_a_pane_that_is_not_there_are_refused(kernel: FakeKernel, screens: Screens) -> None:
    screen = screens.play(
        OPEN,
        m.AddPane(m.PaneRequest("latency")),
        m.AddPane(m.PaneRequest("nosuch")),
        m.RemovePane("nosuch"),
        m.ReplaceScript("nosuch", "// x"),
        m.Proceed("latency", 64),
        TICK,
    )
    assert len(refusals(screen)) == 5
    assert states(screen.frames()[-1]) == {"syscalls": "on", "latency": "on"}


def test_only_the_newest_text_is_checked_and_nothing_is_loaded_for_it(kernel: FakeKernel, screens: Screens) -> None:
    texts = ("// wrong", "// good", "// wrong 2", "// wrong 3")
    asked = b"".join(m.encode(m.CheckScript(i, text)) for i, text in enumerate(texts))
    screen = screens.play(OPEN, TICK, asked, TICK)
    (answer,) = [message for message in screen.heard if isinstance(message, m.Checked)]
    assert (answer.serial, answer.diagnostic is not None) == (3, True)
    assert len(kernel.loaded) == 2
    assert [frame.seq for frame in screen.frames()][-2:] == [1, 2], "no frame is sent for a question"


def test_a_good_text_has_nothing_wrong(kernel: FakeKernel, screens: Screens) -> None:
    assert m.Checked(7) in screens.play(OPEN, TICK, m.CheckScript(7, "// good"), TICK).heard


class Talker:
    """A script that prints a line each time the test goes on to its next step."""

    def __init__(self, kernel: FakeKernel) -> None:
        self.kernel = kernel
        self.said = 0

    def steps(self, *steps: Step) -> Iterator[Step]:
        for step in steps:
            for one in self.kernel.loaded:
                if not one.closed:
                    one.sent.append((0, b""))
                    self.said += 1
            yield step


def test_lines_printed_while_the_screen_does_not_read_come_when_it_does(
    kernel: FakeKernel, proc: FakeProc, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Frames are skipped meanwhile; their lines are not."""
    kernel.actions = (Format("printf", ("hello\n",)),)
    talker = Talker(kernel)
    start = m.Start((m.PaneRequest("mine", "// mine", 1),))
    full = [m.AddPane(m.PaneRequest(f"full{i}", "// wrong" + "x" * 700_000, 1)) for i in range(3)]
    steps = talker.steps(start, TICK, STALL, *full, *[TICK] * 6, READ, *[TICK] * 8)
    frames = play(steps, proc, monkeypatch).frames()
    logs = [view for frame in frames for view in frame.panes["mine"].views if isinstance(view, Log)]
    assert set(range(1, frames[-1].seq)) - {frame.seq for frame in frames}, "some frames were skipped"
    ends = [one.first + len(one.lines) for one in logs]
    assert [one.first for one in logs] == [0, *ends[:-1]]
    assert talker.said - 2 <= ends[-1] <= talker.said
    assert logs[-1].lost == 0


def test_a_file_that_a_script_shows_is_read_by_the_screen_and_stands_in_its_place(
    kernel: FakeKernel, proc: FakeProc, monkeypatch: pytest.MonkeyPatch
) -> None:
    kernel.actions = (Format("cat", ("/proc/uptime",)), Format("printf", ("after\n",)))

    def steps() -> Iterator[Step]:
        yield OPEN
        kernel.loaded[0].sent = [(0, b""), (1, b"")]
        yield TICK
        yield TICK
        yield m.FileShown(1, b"9 s\n")
        yield TICK

    screen = play(steps(), proc, monkeypatch)
    assert [message for message in screen.heard if isinstance(message, m.ShowFile)] == [m.ShowFile("/proc/uptime", 1)]
    logs = [view.lines for frame in screen.frames() for view in frame.panes["syscalls"].views if isinstance(view, Log)]
    assert [lines for lines in logs if lines] == [("9 s", "after")]
