"""Call trees keep order and identity; flame layouts keep proportion and never overlap."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from tracetop.model.frame import StackTree
from tracetop.model.program import Unit
from tracetop.view.calltree import ROOT, CallTree, Span, flatten, hot_paths, layout, stacks


def tree_of(counts: dict[tuple[str, ...], int]) -> StackTree:
    """Build a StackTree from stacks with their samples; the recent window saw a tenth of them."""
    nodes: list[tuple[str, ...]] = [()]
    for stack in counts:
        for depth in range(1, len(stack) + 1):
            if stack[:depth] not in nodes:
                nodes.append(stack[:depth])
    total = [sum(n for stack, n in counts.items() if stack[: len(node)] == node) for node in nodes]
    own = [counts.get(node, 0) for node in nodes]
    return StackTree(
        name="@",
        symbols=("", *(node[-1] for node in nodes[1:])),
        parent=tuple(nodes.index(node[:-1]) if node else 0 for node in nodes),
        symbol=tuple(range(len(nodes))),
        self_total=tuple(own),
        total=tuple(total),
        self_recent=tuple(n // 10 for n in own),
        recent=tuple(n // 10 for n in total),
        window_s=30.0,
        lost={},
    )


SYSCALL: dict[tuple[str, ...], int] = {
    ("entry", "read", "copy"): 60,
    ("entry", "read"): 10,
    ("entry", "write"): 20,
    ("irq",): 10,
}
some_stacks = st.dictionaries(
    st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=5).map(tuple), st.integers(1, 10_000), max_size=40
)


def test_callees_come_heaviest_first_and_equals_by_name() -> None:
    tree = CallTree(tree_of({("b",): 5, ("a",): 5, ("c",): 9}), recent=False)
    assert [tree.symbol(child) for child in tree.children(ROOT)] == ["c", "a", "b"]


def test_only_unfolded_paths_show_their_callees() -> None:
    tree = CallTree(tree_of(SYSCALL), recent=False)
    assert [line.symbol for line in flatten(tree, set())] == ["entry", "irq"]
    lines = list(flatten(tree, {("entry",), ("entry", "read")}))
    assert [(line.symbol, line.depth, line.total, line.own) for line in lines] == [
        ("entry", 0, 90, 0),
        ("read", 1, 70, 10),
        ("copy", 2, 60, 60),
        ("write", 1, 20, 20),
        ("irq", 0, 10, 10),
    ]
    assert [line.foldable for line in lines] == [True, True, False, False, False]
    assert lines[1].total_share == 0.7


def test_a_path_means_the_same_node_when_the_next_frame_numbers_nodes_anew() -> None:
    reordered = dict(reversed(SYSCALL.items()))
    before, after = (CallTree(tree_of(counts), recent=False) for counts in (SYSCALL, reordered))
    paths = {("entry",)}
    assert [line.path for line in flatten(before, paths)] == [line.path for line in flatten(after, paths)]
    assert before.find(("entry", "read")) != after.find(("entry", "read"))


def test_flattening_can_start_at_a_node_and_yields_nothing_for_a_path_that_is_gone() -> None:
    tree = CallTree(tree_of(SYSCALL), recent=False)
    assert [(line.path, line.depth) for line in flatten(tree, set(), ("entry", "read"))] == [
        (("entry", "read", "copy"), 0)
    ]
    assert not list(flatten(tree, set(), ("gone",)))


def test_the_recent_view_leaves_out_what_the_window_did_not_see() -> None:
    tree = CallTree(tree_of({("old",): 9, ("new",): 100}), recent=True)
    assert [line.symbol for line in flatten(tree, set())] == ["new"]
    assert tree.samples == 10


def test_hot_paths_unfold_what_is_heavy() -> None:
    tree = CallTree(tree_of(SYSCALL | {("cold", "leaf"): 1}), recent=False)
    assert hot_paths(tree, 0.5) == {("entry",), ("entry", "read")}


@given(some_stacks)
def test_stacks_gives_back_every_stack_with_its_samples(counts: dict[tuple[str, ...], int]) -> None:
    tree = CallTree(tree_of(counts), recent=False)
    assert {path: tree.own(node) for path, node in stacks(tree)} == counts


def test_an_empty_tree_has_no_lines_and_no_spans() -> None:
    empty = StackTree(
        name="@",
        symbols=(),
        parent=(),
        symbol=(),
        self_total=(),
        total=(),
        self_recent=(),
        recent=(),
        window_s=1,
        lost={},
    )
    tree = CallTree(empty, recent=True)
    assert not list(flatten(tree, set()))
    assert layout(tree, 80, 10) == ()


def test_spans_are_proportional_and_under_their_caller() -> None:
    spans = layout(CallTree(tree_of(SYSCALL), recent=False), 100, 9)
    assert [(span.symbol, span.x, span.width, span.depth) for span in spans] == [
        ("all", 0, 100, 0),
        ("entry", 0, 90, 1),
        ("irq", 90, 10, 1),
        ("read", 0, 70, 2),
        ("write", 70, 20, 2),
        ("copy", 0, 60, 3),
    ]


def test_a_layout_can_start_at_a_node() -> None:
    spans = layout(CallTree(tree_of(SYSCALL), recent=False), 70, 2, ("entry", "read"))
    assert [(span.symbol, span.width, span.path) for span in spans] == [
        ("read", 70, ("entry", "read")),
        ("copy", 60, ("entry", "read", "copy")),
    ]


def test_callees_too_thin_for_a_cell_are_merged_into_one_span() -> None:
    thin: dict[tuple[str, ...], int] = {(f"f{number}",): 1 for number in range(10)}
    spans = layout(CallTree(tree_of(thin | {("big",): 90}), recent=False), 50, 2)
    assert spans[1:] == (
        Span(0, 45, 1, ("big",), "big", 90, 0.9),
        Span(45, 5, 1, (), "+10", 10, 0.1, merged=10),
    )


@given(some_stacks, st.integers(1, 60), st.integers(1, 8))
def test_spans_never_overlap_and_stay_inside_their_caller(
    counts: dict[tuple[str, ...], int], width: int, height: int
) -> None:
    tree = CallTree(tree_of(counts), recent=False)
    spans = layout(tree, width, height)
    taken: set[tuple[int, int]] = set()
    frames = {span.path: span for span in spans if not span.merged}
    for span in spans:
        cells = {(span.depth, x) for x in range(span.x, span.x + span.width)}
        assert span.width >= 1
        assert span.depth < height
        assert not cells & taken
        taken |= cells
        above = frames[span.path if span.merged else span.path[:-1]]
        assert above.x <= span.x
        assert span.x + span.width <= above.x + above.width


@given(some_stacks.filter(bool), st.integers(10, 80))
def test_a_span_is_within_a_cell_of_its_exact_width_in_its_caller(
    counts: dict[tuple[str, ...], int], width: int
) -> None:
    spans = layout(CallTree(tree_of(counts), recent=False), width, 6)
    frames = {span.path: span for span in spans if not span.merged}
    for span in spans[1:]:
        above = frames[span.path if span.merged else span.path[:-1]]
        assert abs(span.width - above.width * span.total / above.total) <= 1


def test_a_time_says_that_it_is_many_threads() -> None:
    """39 s went by in 30 s: that is of two of them."""
    tree = tree_of({("main", "sleep"): 39 * 10**10})
    waited = structs.replace(tree, unit=Unit.NS)
    assert CallTree(waited, recent=True).headline == "39 s of all threads in 30 s"
    assert CallTree(tree_of({("main",): 120}), recent=True).headline == "12 samples in 30 s"
