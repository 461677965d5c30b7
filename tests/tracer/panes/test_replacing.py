"""Scripts that come and go in a pane: replaced, asked about, sampled, ended by themselves; and what they print."""

import struct
from typing import cast

import msgspec
import pytest

from tests.tracer.fake_kernel import FakeKernel, FakeLibrary
from tests.tracer.fake_proc import FakeProc
from tests.tracer.specs import spec
from tracetop.errors import UsageError
from tracetop.library import Library
from tracetop.model.abi.control import SAMPLE_NONE, pack_control
from tracetop.model.filter import Filter
from tracetop.model.frame import Histogram, Log, PaneState, Table
from tracetop.model.program import Conversion, Exit, Format, MapAction, MapSpec
from tracetop.model.value import ValuePart, ValueType
from tracetop.model.value_kinds import ValueKind
from tracetop.model.wire.messages import PaneRequest
from tracetop.tracer.panes.pane import Pane
from tracetop.tracer.panes.pane_load import COUNT_S
from tracetop.tracer.panes.script_content import Machine
from tracetop.tracer.script.printed_lines import MOST_LINES, FileRequests, PrintedLines

LIBRARY = cast("Library", FakeLibrary())
ANY = Filter()
HOT_PER_S = 1_000_000


@pytest.fixture
def kernel(kernel: FakeKernel, proc: FakeProc) -> FakeKernel:
    """A kernel on the clock that the test moves."""
    kernel.clock = proc.monotonic
    return kernel


def load(one: Pane, proc: FakeProc) -> Pane:
    """Take all steps of the pane's load, and let the time pass that each waits for."""
    while wait := one.advance(ANY):
        proc.now_s = max(proc.now_s, wait.until_s)
    return one


def pane(machine: Machine, name: str = "mine", script: str = "// mine", sample: int = 0) -> Pane:
    return Pane(PaneRequest(name, script, sample), LIBRARY, machine)


def sampled_map(name: str, kind: ValueKind, *, sampled: bool, keyed: bool = True) -> MapSpec:
    made = spec(name, kind) if keyed else spec(name, kind, ())
    return msgspec.structs.replace(made, sampled=sampled)


def log(one: Pane) -> Log:
    return next(view for view in one.frame().views if isinstance(view, Log))


def test_a_text_replaces_a_bundled_script_once_it_runs_and_the_bundled_text_brings_variants_back(
    kernel: FakeKernel, machine: Machine, proc: FakeProc
) -> None:
    one = load(pane(machine, "latency", ""), proc)
    one.replace("// edited")
    assert (kernel.attached, one.frame().bundled) == (["// latency"], True)
    load(one, proc)
    frame = one.frame()
    assert (kernel.open, frame.bundled, [v.name for v in frame.variants]) == (["// edited"], False, ["latency"])
    one.replace("// runqueue")
    frame = load(one, proc).frame()
    assert (frame.bundled, frame.variant, len(frame.variants)) == (True, "runqueue", 3)


@pytest.mark.parametrize("script", ["// wrong", "// unloadable", "// unattachable", "// deadly"])
def test_a_text_that_cannot_run_leaves_the_old_one_and_says_why(
    kernel: FakeKernel, machine: Machine, proc: FakeProc, script: str
) -> None:
    one = load(pane(machine, "latency", ""), proc)
    one.replace(script)
    frame = load(one, proc).frame()
    assert (frame.state, frame.variant, len(frame.variants)) == (PaneState.ON, "calls", 3)
    assert frame.diagnostic is not None
    assert kernel.open == ["// latency"]
    assert all(trial.closed for trial in kernel.trials)
    one.replace("// good")
    assert one.frame().diagnostic is None, "the next attempt is another one"


def test_an_empty_text_is_refused_at_once(kernel: FakeKernel, machine: Machine, proc: FakeProc) -> None:
    one = load(pane(machine), proc)
    with pytest.raises(UsageError):
        one.replace(" \n")
    assert kernel.attached == ["// mine"]


def test_a_trial_is_waited_for_a_step_at_a_time(kernel: FakeKernel, machine: Machine, proc: FakeProc) -> None:
    kernel.patience = 3
    one = pane(machine)
    assert [one.advance(ANY) is not None for _ in range(3)] == [True] * 3
    assert kernel.loaded == []
    assert load(one, proc).frame().state is PaneState.ON


def test_a_pane_closed_while_it_loads_leaves_nothing(kernel: FakeKernel, machine: Machine) -> None:
    kernel.patience = 3
    for steps in range(1, 6):
        one = pane(machine)
        for _ in range(steps):
            one.advance(ANY)
        one.close()
    assert kernel.open == []
    assert all(trial.closed for trial in kernel.trials)


def test_hooks_are_counted_for_a_moment_before_a_script_counts(
    kernel: FakeKernel, machine: Machine, proc: FakeProc
) -> None:
    """It is on its hooks meanwhile, but its programs do nothing; BEGIN runs after that."""
    began_s = proc.now_s
    load(pane(machine), proc)
    (loaded,) = kernel.loaded
    assert loaded.controls == [pack_control(ANY, (), SAMPLE_NONE), pack_control(ANY)]
    assert loaded.calls == ["begin"]
    assert proc.now_s >= began_s + COUNT_S


@pytest.mark.parametrize(("name", "script", "sample"), [("latency", "", 0), ("mine", "// mine", 1)])
def test_bundled_scripts_and_those_that_shall_run_are_not_asked_about(
    kernel: FakeKernel, machine: Machine, proc: FakeProc, name: str, script: str, sample: int
) -> None:
    kernel.hits_per_s = HOT_PER_S
    one = load(pane(machine, name, script, sample), proc)
    assert one.frame().state is PaneState.ON
    assert kernel.loaded[0].controls == [pack_control(ANY)]


def test_a_hot_script_is_off_its_hooks_until_the_answer(kernel: FakeKernel, machine: Machine, proc: FakeProc) -> None:
    kernel.hits_per_s = HOT_PER_S
    one = load(pane(machine), proc)
    frame = one.frame()
    assert (frame.state, kernel.attached, kernel.loaded[0].calls) == (PaneState.ASKING, [], [])
    assert frame.hot is not None
    assert frame.hot.events_per_s == pytest.approx(HOT_PER_S, rel=0.01)
    assert 5 < frame.hot.percent < 100
    one.proceed(64)
    frame = one.frame()
    assert (frame.state, frame.sample, frame.hot, frame.complete) == (PaneState.ON, 64, None, False)
    assert kernel.loaded[0].controls[-1] == pack_control(ANY, (), 64)
    assert (kernel.attached, kernel.loaded[0].calls) == (["// mine"], ["begin"])


def test_the_old_script_runs_while_a_hot_one_waits_and_its_own_text_is_the_way_back(
    kernel: FakeKernel, machine: Machine, proc: FakeProc
) -> None:
    one = load(pane(machine), proc)
    kernel.hits_per_s = HOT_PER_S
    one.replace("// hot")
    kernel.loaded[0].rows["@"] = {1: 5}
    load(one, proc).read()
    frame = one.frame()
    assert (frame.state, kernel.attached, frame.views[0].name) == (PaneState.ASKING, ["// mine"], "@")
    one.replace("// mine")
    assert (one.frame().state, kernel.open) == (PaneState.ON, ["// mine"])


def test_an_answer_that_nobody_waits_for_is_refused(kernel: FakeKernel, machine: Machine, proc: FakeProc) -> None:
    one = load(pane(machine), proc)
    with pytest.raises(UsageError):
        one.proceed(1)
    kernel.hits_per_s = HOT_PER_S
    one.replace("// hot")
    load(one, proc)
    for wrong in (0, -1, 1 << 32):
        with pytest.raises(UsageError):
            one.proceed(wrong)
    assert one.frame().state is PaneState.ASKING


def test_switching_off_a_pane_that_asks_lets_go_of_the_script(
    kernel: FakeKernel, machine: Machine, proc: FakeProc
) -> None:
    kernel.hits_per_s = HOT_PER_S
    one = load(pane(machine), proc)
    one.set_enabled(False)
    assert (one.frame().state, kernel.open) == (PaneState.OFF, [])
    one.set_enabled(True)
    assert load(one, proc).frame().state is PaneState.ASKING


def test_counts_are_scaled_back_extremes_and_means_are_not(
    kernel: FakeKernel, machine: Machine, proc: FakeProc
) -> None:
    """And a map that other than picked events write is left as it is."""
    kinds = {"@n": ValueKind.COUNT, "@avg": ValueKind.AVG, "@max": ValueKind.MAX, "@whole": ValueKind.COUNT}
    kernel.specs = tuple(sampled_map(name, kind, sampled=name != "@whole") for name, kind in kinds.items())
    kernel.rows_at_load = {"@n": {1: 10}, "@avg": {1: (90, 3)}, "@max": {1: (7, 1)}, "@whole": {1: 10}}
    one = load(pane(machine, sample=64), proc)
    proc.now_s += 1
    one.read()
    (table,) = one.frame().views
    assert isinstance(table, Table)
    cells = dict(zip([column.id for column in table.columns], table.rows[0].cells, strict=True))
    assert (cells["n_total"], cells["avg_avg"], cells["max_max"], cells["whole_total"]) == (640, 30.0, 7, 10)
    assert (cells["n_per_s"], cells["avg_per_s"]) == (640.0, 192.0)


def test_distributions_are_scaled_back(kernel: FakeKernel, machine: Machine, proc: FakeProc) -> None:
    kernel.specs = (sampled_map("@", ValueKind.HIST, sampled=True, keyed=False),)
    kernel.rows_at_load = {"@": {9: 3}}
    one = load(pane(machine, sample=10), proc)
    one.read()
    (histogram,) = one.frame().views
    assert isinstance(histogram, Histogram)
    assert histogram.rows[0].total == {9: 30}


def test_exit_switches_the_pane_off_after_its_end_was_run(kernel: FakeKernel, machine: Machine, proc: FakeProc) -> None:
    """Its last counts are read; what it sent after exit() is not done. Switched on it begins anew."""
    kernel.actions = (Exit(), MapAction("clear", "@"))
    one = load(pane(machine), proc)
    kernel.loaded[0].rows["@"] = {1: 5}
    kernel.loaded[0].sent = [(0, bytes(8)), (1, b"")]
    assert one.drain()
    frame = one.frame()
    assert (frame.state, kernel.attached, kernel.loaded[0].calls) == (PaneState.OFF, [], ["begin", "end"])
    assert "exit()" in frame.notes[0]
    assert isinstance(frame.views[0], Table)
    assert frame.views[0].sums[-1] == 5
    one.set_enabled(True)
    assert (one.frame().state, one.frame().notes, kernel.loaded[0].calls[-1]) == (PaneState.ON, (), "begin")


def test_an_exit_that_found_no_room_ends_the_script_once(kernel: FakeKernel, machine: Machine, proc: FakeProc) -> None:
    kernel.actions = (Exit(),)
    one = load(pane(machine), proc)
    assert not one.drain()
    kernel.lost_exits = 3
    assert one.drain()
    assert one.frame().state is PaneState.OFF
    one.set_enabled(True)
    assert not one.drain()


def test_lines_come_once_with_numbers_of_their_own(kernel: FakeKernel, machine: Machine, proc: FakeProc) -> None:
    kernel.actions = (Format("printf", ("hello\n",)), Format("printf", ("half ",)))
    one = load(pane(machine), proc)
    assert log(one) == Log(name="printed", first=0, lines=())
    kernel.loaded[0].sent = [(0, b""), (1, b""), (0, b""), (1, b"")]
    one.drain()
    assert log(one) == Log(name="printed", first=0, lines=("hello", "half hello"))
    kernel.loaded[0].sent = [(0, b"")]
    one.read()
    assert log(one) == Log(name="printed", first=2, lines=("half hello",))
    assert log(one) == Log(name="printed", first=3, lines=())


def test_events_that_found_no_room_are_lost_lines_until_the_reset(
    kernel: FakeKernel, machine: Machine, proc: FakeProc
) -> None:
    kernel.actions = (Format("printf", ("hello\n",)),)
    one = load(pane(machine), proc)
    kernel.lost_events = 7
    one.read()
    assert (log(one).lost, one.frame().complete) == (7, False)
    one.reset()
    assert log(one).lost == 0


def test_a_flood_of_lines_keeps_the_newest_and_counts_the_others(
    kernel: FakeKernel, machine: Machine, proc: FakeProc
) -> None:
    kernel.actions = (Format("printf", ("hello\n",)), MapAction("clear", "@"))
    one = load(pane(machine), proc)
    kernel.loaded[0].sent = [(0, b"")] * (MOST_LINES + 5) + [(1, b"")]
    one.drain()
    found = log(one)
    assert (len(found.lines), found.lost, kernel.loaded[0].calls[-1]) == (MOST_LINES, 5, "clear")


def test_lines_wait_for_a_frame_up_to_a_number_and_very_long_ones_are_cut() -> None:
    lines = PrintedLines(FileRequests(lambda _: None))
    for i in range(MOST_LINES + 3):
        lines.add(f"{i}\n")
    found = lines.take()
    assert (found.first, found.lines[0], len(found.lines), found.lost) == (3, "3", MOST_LINES, 3)
    lines.add("x" * 10_000 + "\n")
    cut = lines.take()
    assert ("".join(cut.lines), max(map(len, cut.lines)) < 5000, cut.first) == ("x" * 10_000, True, MOST_LINES + 3)


def test_a_number_that_is_printed(kernel: FakeKernel, machine: Machine, proc: FakeProc) -> None:
    """A payload's parts are decoded where the action says they lie."""
    part = ValuePart(offset=0, type=ValueType(size=8))
    kernel.actions = (Format("printf", ("n is ", Conversion("d"), "\n"), (part,)),)
    one = load(pane(machine), proc)
    kernel.loaded[0].sent = [(0, struct.pack("=q", -5))]
    one.drain()
    assert log(one).lines == ("n is -5",)
