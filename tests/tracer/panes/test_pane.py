"""A pane's states: what each command does to the kernel and to what the screen is told."""

from typing import cast

import pytest
from msgspec import structs

from tests.tracer.fake_kernel import FakeKernel, FakeLibrary, install
from tests.tracer.specs import PID, part, spec
from tracetop.errors import UsageError
from tracetop.lang import STACK_DEPTH
from tracetop.library import Library
from tracetop.model.abi.control import pack_control
from tracetop.model.filter import Filter
from tracetop.model.frame import PaneState, Sort, StackTree, Table
from tracetop.model.kinds import ProbeKind
from tracetop.model.program import KeyRole, MapAction, ProbeSpec
from tracetop.model.value import Shape, ValueType
from tracetop.model.value_kinds import ValueKind
from tracetop.model.wire.messages import PaneRequest, SetSort
from tracetop.tracer.aggregate.call_tree import CUT
from tracetop.tracer.panes.pane import ROWS_MOST, Pane
from tracetop.tracer.panes.script_content import Machine

LIBRARY = cast("Library", FakeLibrary())
ANY = Filter()


def pane(machine: Machine, name: str, script: str = "", sample: int = 1) -> Pane:
    return Pane(PaneRequest(name, script, sample), LIBRARY, machine)


def load(one: Pane, filter_: Filter = ANY) -> Pane:
    """Take all steps of the pane's load."""
    while one.advance(filter_):
        pass
    return one


def loaded(machine: Machine, name: str = "latency", script: str = "", sample: int = 1) -> Pane:
    return load(pane(machine, name, script, sample))


def table(one: Pane) -> Table:
    (view,) = one.frame().views
    assert isinstance(view, Table)
    return view


def test_a_pane_loads_before_it_is_on(kernel: FakeKernel, machine: Machine) -> None:
    one = pane(machine, "syscalls")
    assert (one.frame().state, kernel.loaded) == (PaneState.LOADING, [])
    load(one, Filter(7, ""))
    assert (one.frame().state, kernel.attached) == (PaneState.ON, ["// syscalls"])
    assert kernel.loaded[0].controls == [pack_control(Filter(7, ""))]


def test_only_scripts_of_the_user_are_tried_out_apart(kernel: FakeKernel, machine: Machine) -> None:
    loaded(machine, "syscalls")
    loaded(machine, "mine", "// mine")
    assert kernel.tried_out == ["mine"]


@pytest.mark.parametrize("script", ["// wrong", "// unloadable", "// unattachable"])
def test_a_script_that_cannot_run_fails_its_pane_and_leaves_nothing(
    kernel: FakeKernel, machine: Machine, script: str
) -> None:
    one = loaded(machine, "mine", script)
    frame = one.frame()
    assert (frame.state, kernel.open) == (PaneState.FAILED, [])
    assert frame.diagnostic is not None
    assert frame.diagnostic.hint


def test_a_script_runs_on_the_hooks_that_take_it_and_says_which_do_not(kernel: FakeKernel, machine: Machine) -> None:
    """They are tried again whenever it is switched on; where none takes it, it fails."""
    names = ("kprobe:one", "kprobe:two")
    kernel.probes = tuple(ProbeSpec(function=name[7:], kind=ProbeKind.KPROBE, names=(name,)) for name in names)
    kernel.refusals = {"kprobe:two": "it is on the kernel's list of those that may not be traced"}
    one = loaded(machine, "mine", "// mine")
    frame = one.frame()
    assert (frame.state, kernel.attached) == (PaneState.ON, ["// mine"])
    assert frame.notes == ("cannot attach kprobe:two: it is on the kernel's list of those that may not be traced",)
    one.set_enabled(False)
    kernel.refusals = {}
    one.set_enabled(True)
    assert (one.frame().state, one.frame().notes) == (PaneState.ON, ())
    kernel.refusals = dict.fromkeys(names, "the kernel has changed its mind")
    frame = loaded(machine, "mine", "// mine").frame()
    assert frame.state is PaneState.FAILED
    assert frame.diagnostic is not None
    assert frame.diagnostic.why == "the kernel has changed its mind"


def test_a_failed_pane_switched_on_tries_again(kernel: FakeKernel, machine: Machine) -> None:
    one = loaded(machine, "stacks")
    one.set_enabled(True)
    assert one.frame().state is PaneState.LOADING
    load(one)
    assert one.frame().state is PaneState.FAILED


def test_off_detaches_but_keeps_the_counts_on_attaches_again(kernel: FakeKernel, machine: Machine) -> None:
    one = loaded(machine, "syscalls")
    kernel.loaded[0].rows["@"] = {1: 5}
    one.set_enabled(False)
    assert (one.frame().state, kernel.attached, kernel.open) == (PaneState.OFF, [], ["// syscalls"])
    assert table(one).rows[0].cells[-1] == 5
    kernel.loaded[0].rows["@"] = {1: 9}
    one.read()
    assert table(one).rows[0].cells[-1] == 5
    one.set_enabled(True)
    assert (one.frame().state, kernel.attached) == (PaneState.ON, ["// syscalls"])


def test_a_pane_switched_off_before_it_loaded_loads_when_switched_on(kernel: FakeKernel, machine: Machine) -> None:
    one = pane(machine, "syscalls")
    one.set_enabled(False)
    assert one.frame().state is PaneState.OFF
    one.set_enabled(True)
    assert one.frame().state is PaneState.LOADING


def test_another_variant_replaces_the_old_one_once_it_runs(kernel: FakeKernel, machine: Machine) -> None:
    one = loaded(machine)
    one.select("runqueue")
    assert kernel.attached == ["// latency"]
    assert (one.frame().variant, one.frame().title) == ("calls", "Latency"), "what is in force, not what is wanted"
    load(one)
    assert (kernel.attached, kernel.open) == (["// runqueue"], ["// runqueue"])
    frame = one.frame()
    assert (frame.variant, frame.title, [v.name for v in frame.variants]) == (
        "runqueue",
        "Run queue",
        ["calls", "runqueue", "blockio"],
    )


@pytest.mark.parametrize("enabled", [True, False])
def test_a_variant_that_does_not_load_leaves_all_as_it_was(kernel: FakeKernel, machine: Machine, enabled: bool) -> None:
    """The old script, its parameters, and whether it is on; with the reason in the frame."""
    one = loaded(machine)
    one.set_params(("openat",), ANY)
    one.set_enabled(enabled)
    before = one.frame()
    one.select("blockio")
    load(one)
    after = one.frame()
    assert (after.state, after.variant, after.params) == (before.state, "calls", ("openat",))
    assert after.diagnostic is not None
    assert kernel.attached == (["// latency"] if enabled else [])
    assert kernel.open == ["// latency"]


def test_the_reason_is_gone_when_something_loads(kernel: FakeKernel, machine: Machine) -> None:
    one = loaded(machine)
    for variant in ("blockio", "runqueue"):
        one.select(variant)
        load(one)
    assert one.frame().diagnostic is None


def test_switching_off_forgets_a_variant_that_waits(kernel: FakeKernel, machine: Machine) -> None:
    one = loaded(machine)
    one.select("runqueue")
    one.set_enabled(False)
    assert one.frame().variant == "calls"


def test_an_unknown_variant_is_refused(kernel: FakeKernel, machine: Machine) -> None:
    one = loaded(machine)
    with pytest.raises(UsageError) as caught:
        one.select("disk")
    assert "runqueue" in caught.value.diagnostic.why
    assert one.frame().variant == "calls"


def test_parameters_are_put_in_force_and_count_anew(kernel: FakeKernel, machine: Machine) -> None:
    kernel.rows_at_load["@"] = {1: 5}
    one = loaded(machine)
    one.read()
    one.set_params(("openat",), Filter(3, ""))
    assert kernel.loaded[0].controls[-1] == pack_control(Filter(3, ""), (257,))
    assert (one.frame().params, table(one).sums[-1]) == (("openat",), 0)
    one.set_params((), ANY)
    assert kernel.loaded[0].controls[-1] == pack_control(ANY)


def test_the_parameter_of_one_variant_is_not_passed_to_one_without(kernel: FakeKernel, machine: Machine) -> None:
    one = loaded(machine)
    one.set_params(("openat",), ANY)
    one.select("runqueue")
    load(one)
    assert (one.frame().params, kernel.loaded[1].controls) == ((), [pack_control(ANY)])


@pytest.mark.parametrize(
    "params",
    [("nosuchcall",), ("1",) * 9, ("99999999999999999999",), ("9" * 5000,)],
)
def test_parameters_that_mean_nothing_are_refused_and_the_old_stay(
    kernel: FakeKernel, machine: Machine, params: tuple[str, ...]
) -> None:
    one = loaded(machine)
    one.set_params(("read",), ANY)
    controls = len(kernel.loaded[0].controls)
    with pytest.raises(UsageError):
        one.set_params(params, ANY)
    assert (one.frame().params, len(kernel.loaded[0].controls)) == (("read",), controls)


@pytest.mark.parametrize(
    ("text", "number"), [("4096", 4096), ("0x10", 16), ("-1", -1), ("-9223372036854775808", -(1 << 63))]
)
def test_parameters_of_a_users_script_are_whole_numbers(
    kernel: FakeKernel, machine: Machine, text: str, number: int
) -> None:
    one = loaded(machine, "mine", "// mine")
    one.set_params((text,), ANY)
    assert kernel.loaded[0].controls[-1] == pack_control(ANY, (number,))
    for wrong in ("openat", "", "1.5", str(1 << 63)):
        with pytest.raises(UsageError):
            one.set_params((wrong,), ANY)


def test_a_filter_is_one_write_and_nothing_is_loaded_again(kernel: FakeKernel, machine: Machine) -> None:
    """Totals count anew: they are of the processes that the screen names beside them."""
    kernel.rows_at_load["@"] = {1: 5}
    one = loaded(machine)
    one.read()
    one.set_filter(Filter(9, "sh"))
    assert len(kernel.loaded) == 1
    assert kernel.loaded[0].controls == [pack_control(ANY), pack_control(Filter(9, "sh"))]
    assert table(one).sums[-1] == 0


def test_a_sort_asked_for_before_the_pane_loaded_is_kept(kernel: FakeKernel, machine: Machine) -> None:
    one = pane(machine, "latency")
    one.set_sort(SetSort("latency", "@", Sort("total", descending=False), 5))
    load(one)
    one.read()
    assert table(one).sort == Sort("total", descending=False)


def test_a_sort_outlives_a_change_of_variant(kernel: FakeKernel, machine: Machine) -> None:
    one = loaded(machine)
    one.set_sort(SetSort("latency", "@", Sort("n")))
    one.select("runqueue")
    load(one)
    one.read()
    assert table(one).sort == Sort("n")


def test_sorts_change_the_rows_at_once_and_limit_them(kernel: FakeKernel, machine: Machine) -> None:
    kernel.rows_at_load["@"] = {n: n for n in range(1, 100)}
    one = loaded(machine)
    one.read()
    one.set_sort(SetSort("latency", "@", Sort("n", descending=False), 2))
    assert [row.cells[0] for row in table(one).rows] == [1, 2]
    one.set_sort(SetSort("latency", "@", Sort("n"), 0))
    assert len(table(one).rows) == 1
    one.set_sort(SetSort("latency", "@", Sort("n"), 10 * ROWS_MOST))
    assert len(table(one).rows) == 99


@pytest.mark.parametrize(("name", "column"), [("@", "nosuch"), ("@other", "total")])
def test_an_unknown_column_or_table_is_refused(kernel: FakeKernel, machine: Machine, name: str, column: str) -> None:
    one = loaded(machine)
    one.read()
    with pytest.raises(UsageError):
        one.set_sort(SetSort("latency", name, Sort(column)))
    assert table(one).sort == Sort("per_s")


def test_the_script_is_sent_once_after_each_load(kernel: FakeKernel, machine: Machine) -> None:
    one = loaded(machine)
    assert [one.frame().script, one.frame().script] == ["// latency", ""]
    one.select("runqueue")
    load(one)
    assert [one.frame().script, one.frame().script] == ["// runqueue", ""]


def test_strings_that_could_not_be_read_are_a_note(kernel: FakeKernel, machine: Machine) -> None:
    one = loaded(machine)
    kernel.unread = 7
    one.read()
    assert "7 strings could not be read" in one.frame().notes[-1]


def test_a_reset_counts_drops_and_misses_anew_too(kernel: FakeKernel, machine: Machine) -> None:
    one = loaded(machine)
    kernel.loaded[0].rows["@"], kernel.dropped, kernel.missed = {1: 5}, 3, 2
    one.read()
    assert (one.frame().dropped, one.frame().missed, one.frame().complete) == (3, 2, False)
    one.reset()
    frame = one.frame()
    assert (frame.dropped, frame.missed, frame.complete) == (0, 0, True)
    kernel.loaded[0].rows["@"], kernel.dropped = {1: 6}, 4
    one.read()
    assert (one.frame().dropped, table(one).rows[0].cells[-1]) == (1, 1)


def test_a_reset_clears_extremes_in_the_kernel(kernel: FakeKernel, machine: Machine) -> None:
    """A maximum cannot be counted from a baseline."""
    kernel.specs = (spec("@", ValueKind.MAX, ()),)
    kernel.rows_at_load["@"] = {0: (500, 1)}
    one = loaded(machine)
    one.read()
    one.reset()
    assert kernel.loaded[0].rows["@"] == {}


def test_what_a_script_asks_of_user_space_is_done_before_the_next_read(kernel: FakeKernel, machine: Machine) -> None:
    kernel.rows_at_load["@"] = {1: 5}
    kernel.actions = (MapAction("clear", "@"),)
    one = loaded(machine)
    one.read()
    kernel.loaded[0].sent = [(0, b"")] * 3
    one.read()
    assert table(one).rows == ()
    assert kernel.loaded[0].calls.count("clear") == 1, "a flood of them costs no more than one"


def test_processes_join_only_maps_keyed_by_a_process(kernel: FakeKernel, machine: Machine) -> None:
    """A script that joins /proc may count by something else as well."""
    kernel.specs = (spec("@calls", keys=(PID,)), spec("@sizes"))
    one = loaded(machine, "mine", "//! join: process\n")
    one.read()
    first, second = one.frame().views
    assert isinstance(first, Table)
    assert isinstance(second, Table)
    assert [column.id for column in first.columns][:2] == ["pid", "name"]
    assert [column.id for column in second.columns] == ["n", "sizes_per_s", "sizes_total"]
    assert first.rows_total > 1


def test_scratch_maps_are_no_view(kernel: FakeKernel, machine: Machine) -> None:
    kernel.specs = (spec("@start", ValueKind.SCALAR, scratch=True), spec("@"))
    one = loaded(machine)
    one.read()
    assert [view.name for view in one.frame().views] == ["@"]


def test_close_frees_everything(kernel: FakeKernel, machine: Machine) -> None:
    one = loaded(machine)
    one.close()
    one.close()
    assert (kernel.open, kernel.attached) == ([], [])


def test_a_stack_that_fills_its_slot_says_that_it_has_more_callers(
    monkeypatch: pytest.MonkeyPatch, machine: Machine
) -> None:
    kernel = FakeKernel(
        specs=(spec("@", keys=(part(KeyRole.KSTACK, 0, 4, signed=True),)),), rows_at_load={"@": {1: 5, 2: 1}}
    )
    kernel.stacks = {1: tuple(range(STACK_DEPTH, 0, -1)), 2: (3, 2, 1)}
    install(kernel, monkeypatch)
    one = loaded(machine, "syscalls")
    one.read()
    (tree,) = one.frame().views
    assert isinstance(tree, StackTree)
    below_root = [
        tree.symbols[symbol] for symbol, parent in zip(tree.symbol[1:], tree.parent[1:], strict=True) if not parent
    ]
    assert below_root == [CUT, "f1"]


def test_each_read_looks_for_other_cpus_and_passes_on_what_they_lack(kernel: FakeKernel, machine: Machine) -> None:
    one = loaded(machine)
    one.read()
    kernel.loaded[0].notes = ("CPU 7 came online",)
    one.read()
    assert (kernel.loaded[0].looks_for_cpus, one.frame().notes) == (2, ("CPU 7 came online",))


def test_keys_of_one_width_that_mean_different_things_stay_apart(
    monkeypatch: pytest.MonkeyPatch, machine: Machine
) -> None:
    flag = structs.replace(part(KeyRole.INTEGER, 0, 1), type=ValueType(shape=Shape.BOOL, size=1, signed=False))
    byte = structs.replace(part(KeyRole.INTEGER, 0, 1, signed=True), type=ValueType(size=1))
    kernel = FakeKernel(specs=(spec("@a", keys=(flag,)), spec("@b", keys=(byte,)), spec("@c", keys=(byte,))))
    install(kernel, monkeypatch)
    one = loaded(machine, "syscalls")
    one.read()
    assert [[column.id for column in view.columns] for view in one.frame().views if isinstance(view, Table)] == [
        ["key", "a_per_s", "a_total"],
        ["key", "b_per_s", "b_total", "c_per_s", "c_total"],
    ]
