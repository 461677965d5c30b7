"""Call trees: what each frame has, what is recent, what was lost, and which frames are sent."""

import struct
from collections.abc import Sequence

import pytest

from tests.tracer.fake_proc import FakeProc
from tests.tracer.specs import Value, part, sample, spec, text_key
from tracetop.model.frame import StackTree
from tracetop.model.program import KeyRole, MapSpec
from tracetop.model.value_kinds import ValueKind
from tracetop.tracer.aggregate import call_tree as stacks
from tracetop.tracer.aggregate.call_tree import USER_MODE, WINDOW_S, CallTree, StackId
from tracetop.tracer.aggregate.key_cells import KeyCells

KSTACK = part(KeyRole.KSTACK, 0, 4, signed=True)
STACKS = spec("@", keys=(KSTACK,))
BOTH = spec("@", keys=(KSTACK, part(KeyRole.USTACK, 4, 8)))
BY_COMM = spec("@", keys=(part(KeyRole.COMM, 0, 16), part(KeyRole.KSTACK, 16, 4, signed=True)))
FRAMES = {1: ("main", "read"), 2: ("main", "write"), 3: ("main",), 4: ("idle",)}
NO_STACK, COLLISION, OTHER = -14, -17, -12


def resolve(stack: StackId) -> Sequence[str]:
    return FRAMES.get(stack.id, ())


def call_tree(cells: KeyCells, of: MapSpec = STACKS) -> CallTree:
    return CallTree(of, cells, resolve)


def feed(tree: CallTree, counts: dict[int, int]) -> StackTree:
    rows: dict[bytes, Value] = {struct.pack("=i", stack_id): count for stack_id, count in counts.items()}
    tree.update(sample(rows, tree.spec))
    return tree.tree()


def paths(tree: StackTree, field: str = "total") -> dict[str, int]:
    """Return a number of each node by its path; checks that parents stand before their children."""
    names: list[str] = []
    for node, parent in enumerate(tree.parent):
        assert parent < node or node == 0
        names.append(f"{names[parent]}/{tree.symbols[tree.symbol[node]]}" if node else "")
    assert len(set(names)) == len(names)
    return dict(zip(names, getattr(tree, field), strict=True))


def test_stacks_are_merged_with_self_and_total(cells: KeyCells) -> None:
    tree = feed(call_tree(cells), {1: 5, 2: 3, 3: 2, 4: 1})
    assert paths(tree) == {"": 11, "/main": 10, "/idle": 1, "/main/read": 5, "/main/write": 3}
    assert paths(tree, "self_total") == {"": 0, "/main": 2, "/idle": 1, "/main/read": 5, "/main/write": 3}


def test_only_new_samples_are_added(cells: KeyCells) -> None:
    tree = call_tree(cells)
    feed(tree, {1: 5})
    assert paths(feed(tree, {1: 7, 2: 1})) == {"": 8, "/main": 8, "/main/read": 7, "/main/write": 1}


def test_two_stacks_with_the_same_names_are_one_path(cells: KeyCells, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel tells stacks apart by address; without offsets two of them may read alike."""
    monkeypatch.setitem(FRAMES, 5, ("main", "read"))
    assert paths(feed(call_tree(cells), {1: 5, 5: 2}))["/main/read"] == 7


def test_samples_leave_the_recent_counts_when_the_window_has_passed(proc: FakeProc, cells: KeyCells) -> None:
    tree = call_tree(cells)
    feed(tree, {1: 5})
    proc.now_s += WINDOW_S - 1
    assert paths(feed(tree, {1: 5, 2: 3}), "recent") == {"": 8, "/main": 8, "/main/read": 5, "/main/write": 3}
    proc.now_s += 2
    late = feed(tree, {1: 5, 2: 3})
    assert paths(late, "recent") == {"": 3, "/main": 3, "/main/read": 0, "/main/write": 3}
    assert paths(late, "self_recent") == {"": 0, "/main": 0, "/main/read": 0, "/main/write": 3}
    assert paths(late)[""] == 8


def test_lost_stacks_are_counted_by_reason_and_not_in_the_tree(cells: KeyCells) -> None:
    """A collision, another error, and a stack that the kernel no longer has."""
    tree = feed(call_tree(cells), {COLLISION: 4, OTHER: 2, 99: 1, 4: 1})
    assert tree.lost == {"collision": 4, "unreadable": 3}
    assert paths(tree) == {"": 1, "/idle": 1}


def test_user_mode_is_a_frame_not_a_loss(cells: KeyCells) -> None:
    tree = feed(call_tree(cells), {NO_STACK: 4})
    assert (paths(tree), tree.lost) == ({"": 4, f"/{USER_MODE}": 4}, {})


def test_a_thread_of_the_kernel_is_a_frame_not_a_loss(cells: KeyCells) -> None:
    of = spec("@", keys=(part(KeyRole.USTACK, 0, 8),))
    tree = call_tree(cells, of)
    tree.update(sample({struct.pack("=iI", NO_STACK, 7): 5, struct.pack("=iI", 1, 7): 2}, of))
    assert paths(tree.tree())["/[no user stack]"] == 5


def test_other_key_parts_are_the_outermost_frames(cells: KeyCells) -> None:
    tree = call_tree(cells, BY_COMM)
    rows: dict[bytes, Value] = {text_key(comm) + struct.pack("=i", 1): 2 for comm in (b"sh", b"[/]\x1b")}
    tree.update(sample(rows, BY_COMM))
    found = paths(tree.tree())
    assert found["/sh/main/read"] == found["/[/]\x1b/main/read"] == 2


def test_a_reset_empties_tree_window_and_losses(cells: KeyCells) -> None:
    tree = call_tree(cells)
    feed(tree, {1: 5, COLLISION: 1})
    tree.reset()
    assert (paths(tree.tree()), tree.tree().lost) == ({"": 0}, {})
    assert paths(feed(tree, {1: 6, COLLISION: 1})) == {"": 1, "/main": 1, "/main/read": 1}


def test_renaming_keeps_totals_recent_counts_and_losses(proc: FakeProc, cells: KeyCells) -> None:
    tree = call_tree(cells)
    feed(tree, {1: 5, COLLISION: 2})
    proc.now_s += WINDOW_S + 1
    before = feed(tree, {1: 6, 2: 3, COLLISION: 2})
    tree.rename(lambda stack: [f"{name}+0x10" for name in resolve(stack)])
    after = tree.tree()
    for field in ("total", "self_total", "recent", "self_recent"):
        renamed = {path.replace("+0x10", ""): number for path, number in paths(after, field).items()}
        assert renamed == paths(before, field), field
    assert after.lost == {"collision": 2}
    proc.now_s += WINDOW_S + 1
    assert set(paths(feed(tree, {1: 6, 2: 3, COLLISION: 2}), "recent").values()) == {0}


def test_too_many_frames_leave_out_the_lightest_and_keep_parents(
    cells: KeyCells, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where very many weigh the same: the tree is cut, not emptied."""
    monkeypatch.setattr(stacks, "NODES", 50)
    many = CallTree(STACKS, cells, lambda one: [f"f{one.id % 7}", f"g{one.id % 31}", f"h{one.id}"])
    tree = feed(many, dict.fromkeys(range(200), 1) | {500: 40})
    found = paths(tree)
    assert len(found) == 51
    assert found[""] == 240
    assert found[f"/f{500 % 7}/g{500 % 31}/h500"] == 40


def test_a_wide_sum_keeps_its_kind(cells: KeyCells) -> None:
    """A map keyed by a stack is a tree, whatever else it is keyed by; one without is not."""
    assert stacks.is_stack_map(BY_COMM)
    assert not stacks.is_stack_map(spec("@", ValueKind.SUM))


@pytest.fixture
def crowded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stacks, "CROWDED", 3)


@pytest.mark.usefixtures("crowded")
def test_stacks_without_a_recent_sample_are_retired_and_their_counts_stay(proc: FakeProc, cells: KeyCells) -> None:
    tree = call_tree(cells)
    feed(tree, {1: 5, 2: 3, NO_STACK: 2})
    assert len(tree.retire()[0]) == 0, "all are recent"
    proc.now_s += WINDOW_S + 1
    before = feed(tree, {1: 5, 2: 4, NO_STACK: 2})
    keys, ids = tree.retire()
    assert ([bytes(key) for key in keys], ids) == ([struct.pack("=i", 1)], {("", 1)})
    assert tree.held() == {("", 2)}
    assert paths(feed(tree, {2: 4, NO_STACK: 2})) == paths(before), "deleted from the map, not from the tree"


@pytest.mark.usefixtures("crowded")
def test_a_slot_that_was_given_back_may_hold_another_stack(
    proc: FakeProc, cells: KeyCells, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = call_tree(cells)
    feed(tree, {1: 5, 2: 3, 3: 2})
    proc.now_s += WINDOW_S + 1
    feed(tree, {1: 5, 2: 3, 3: 2})
    assert tree.retire()[1] == {("", 1), ("", 2), ("", 3)}
    monkeypatch.setitem(FRAMES, 1, ("other",))
    after = feed(tree, {1: 4})
    assert (paths(after)["/main/read"], paths(after)["/other"]) == (5, 4)
    assert paths(after, "recent")["/other"] == 4


@pytest.mark.usefixtures("crowded")
def test_naming_anew_keeps_the_samples_of_retired_stacks(proc: FakeProc, cells: KeyCells) -> None:
    tree = call_tree(cells)
    feed(tree, {1: 5, 2: 3, 3: 2})
    proc.now_s += WINDOW_S + 1
    feed(tree, {1: 5, 2: 4, 3: 2})
    tree.retire()
    tree.rename(resolve)
    assert paths(tree.tree()) == {"": 11, "/[earlier]": 7, "/main": 4, "/main/write": 4}
    tree.reset()
    tree.rename(resolve)
    assert paths(tree.tree()) == {"": 0}


def both(kernel_id: int, user_id: int, pid: int = 7) -> bytes:
    return struct.pack("=iiI", kernel_id, user_id, pid)


def named(stack: StackId) -> Sequence[str]:
    return (f"u{stack.id} of {stack.pid}",) if stack.pid else (f"k{stack.id}",)


def test_the_kernels_frames_stand_under_the_programs(cells: KeyCells) -> None:
    tree = CallTree(BOTH, cells, named)
    tree.update(sample({both(1, 2): 5, both(3, 2): 1, both(NO_STACK, 2): 4, both(1, NO_STACK): 2}, BOTH))
    assert paths(tree.tree()) == {"": 12, "/u2 of 7": 10, "/k1": 2, "/u2 of 7/k1": 5, "/u2 of 7/k3": 1}
    assert paths(tree.tree(), "self_total")["/u2 of 7"] == 4


@pytest.mark.parametrize(
    ("key", "reason"),
    [(both(1, COLLISION), "collision"), (both(COLLISION, 1), "collision"), (both(NO_STACK, NO_STACK), "unreadable")],
)
def test_a_path_that_lacks_one_of_its_stacks_is_lost(cells: KeyCells, key: bytes, reason: str) -> None:
    tree = CallTree(BOTH, cells, named)
    tree.update(sample({key: 5}, BOTH))
    assert (tree.tree().lost, paths(tree.tree())) == ({reason: 5}, {"": 0})


@pytest.mark.usefixtures("crowded")
def test_both_stacks_of_a_key_are_given_back(proc: FakeProc, cells: KeyCells) -> None:
    tree = CallTree(BOTH, cells, named)
    tree.update(sample({both(1, 2): 5, both(3, 4): 1, both(3, 5): 1}, BOTH))
    proc.now_s += WINDOW_S + 1
    tree.update(sample({both(1, 2): 5, both(3, 4): 2, both(3, 5): 2}, BOTH))
    assert tree.retire()[1] == {("", 1), ("", 2)}
    assert tree.held() == {("", 3), ("", 4), ("", 5)}
