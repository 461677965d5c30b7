"""A call tree from a StackTree: children by weight, the lines of a tree that is partly unfolded, and its icicle.

Owns: order, shares and the identity of a node: the path of symbols from the root, the same in every frame, so that
what a user unfolded stays so; and the whole cells of an icicle. Refuses to own: which paths are unfolded; the screen
does. Pure.
"""

import math
from collections.abc import Iterator, Set

import msgspec

from tracetop.model.frame import StackTree
from tracetop.model.program import NS_IN, Unit
from tracetop.view.numbers import format_weight

Path = tuple[str, ...]
"""Symbols from below the root to a node, unescaped; () is the root."""
ROOT = 0


class CallTree:
    """A StackTree with its children found and ordered; counts are the recent window's or all since the reset."""

    def __init__(self, stacks: StackTree, *, recent: bool):
        self._stacks = stacks
        self._total = stacks.recent if recent else stacks.total
        self._self = stacks.self_recent if recent else stacks.self_total
        self._children: dict[int, list[int]] = {}
        for node in range(1, len(stacks.parent)):
            if self._total[node]:
                self._children.setdefault(stacks.parent[node], []).append(node)

    @property
    def samples(self) -> int:
        """All samples with a stack."""
        return self.total(ROOT)

    @property
    def unit(self) -> Unit:
        """The unit of what was summed up by stack; none of samples."""
        return self._stacks.unit

    @property
    def weight(self) -> str:
        """All of it in words; a time is many threads' added up, and so may be more than the time that passed."""
        return f"{format_weight(self.samples, self.unit)}{' of all threads' if self.unit in NS_IN else ''}"

    @property
    def headline(self) -> str:
        """What was sampled in the recent window, ``312 samples in 10 s``."""
        return f"{self.weight} in {self._stacks.window_s:.0f} s"

    def symbol(self, node: int) -> str:
        """Return the node's frame name, unescaped."""
        return self._stacks.symbols[self._stacks.symbol[node]]

    def total(self, node: int) -> int:
        """Return the samples in this frame or in anything it called."""
        return self._total[node] if node < len(self._total) else 0

    def own(self, node: int) -> int:
        """Return the samples in this frame itself."""
        return self._self[node] if node < len(self._self) else 0

    def share(self, node: int) -> float:
        """Return `total` as a part (0 to 1) of all samples."""
        return self.total(node) / self.samples if self.samples else 0.0

    def children(self, node: int) -> list[int]:
        """Return the callees that were sampled, the heaviest first, equals by name."""
        return sorted(self._children.get(node, ()), key=lambda child: (-self._total[child], self.symbol(child)))

    def find(self, path: Path) -> int | None:
        """Return the node at `path`, None where it was not sampled."""
        node = ROOT
        for name in path:
            match = (child for child in self._children.get(node, ()) if self.symbol(child) == name)
            found = next(match, None)
            if found is None:
                return None
            node = found
        return node


class Line(msgspec.Struct, frozen=True):
    """One visible node of a tree."""

    path: Path
    symbol: str
    """Unescaped."""
    depth: int
    """0 for the root's children."""
    own: int
    total: int
    own_share: float
    """0 to 1, of all samples."""
    total_share: float
    foldable: bool
    """True where there are callees."""
    unfolded: bool


def flatten(tree: CallTree, unfolded: Set[Path], root: Path = ()) -> Iterator[Line]:
    """Yield the visible nodes below `root`, depth first: a node's callees follow it where its path is unfolded."""
    top = tree.find(root)
    pending = [] if top is None else [(child, root) for child in reversed(tree.children(top))]
    while pending:
        node, above = pending.pop()
        path = (*above, tree.symbol(node))
        callees = tree.children(node)
        is_open = path in unfolded and bool(callees)
        yield Line(
            path=path,
            symbol=path[-1],
            depth=len(path) - len(root) - 1,
            own=tree.own(node),
            total=tree.total(node),
            own_share=tree.own(node) / (tree.samples or 1),
            total_share=tree.share(node),
            foldable=bool(callees),
            unfolded=is_open,
        )
        if is_open:
            pending += ((child, path) for child in reversed(callees))


def hot_paths(tree: CallTree, min_share: float = 0.1) -> frozenset[Path]:
    """Return the paths to unfold at first sight: every node with callees and at least `min_share` of all samples."""
    hot: set[Path] = set()
    pending: list[tuple[int, Path]] = [(ROOT, ())]
    while pending:
        node, path = pending.pop()
        heavy = [child for child in tree.children(node) if tree.share(child) >= min_share and tree.children(child)]
        pending += ((child, (*path, tree.symbol(child))) for child in heavy)
        hot.update((*path, tree.symbol(child)) for child in heavy)
    return frozenset(hot)


def stacks(tree: CallTree) -> Iterator[tuple[Path, int]]:
    """Yield every stack that ended in a sample, with the node, outermost frame first; in no order."""
    pending: list[tuple[int, Path]] = [(ROOT, ())]
    while pending:
        node, path = pending.pop()
        if tree.own(node):
            yield path, node
        pending += ((child, (*path, tree.symbol(child))) for child in tree.children(node))


class Span(msgspec.Struct, frozen=True):
    """One rectangle of an icicle, a cell high."""

    x: int
    width: int
    depth: int
    """Its row, 0 for the root of the layout."""
    path: Path
    """Of the node; of the common caller where `merged`."""
    symbol: str
    """Unescaped; ``all`` for the root, ``+12`` for twelve merged callees."""
    total: int
    share: float
    """0 to 1, of all samples."""
    merged: int = 0
    """How many callees too thin for a cell it stands for; 0 for a frame."""


def layout(tree: CallTree, width: int, height: int, root: Path = ()) -> tuple[Span, ...]:
    """Return the icicle from the node at `root` down, in `height` rows of `width` cells: row by row, left to right.

    A frame is as wide as its share of the samples. Spans of one row never overlap, a callee lies under its caller, and
    callees too thin for a cell are merged into one span at the right end of their caller, or left out where even
    together they fill none.
    """
    node = tree.find(root)
    if node is None or not tree.total(node) or width < 1:
        return ()
    first = Span(0, width, 0, root, root[-1] if root else "all", tree.total(node), tree.share(node))
    spans: list[Span] = []
    row = [(node, first)]
    for _ in range(height):
        spans += (span for _, span in row)
        row = [pair for caller, span in row if not span.merged for pair in _callees(tree, caller, span)]
    return tuple(spans)


def _callees(tree: CallTree, caller: int, above: Span) -> Iterator[tuple[int, Span]]:
    """Yield the spans under a caller, heaviest first: each between the rounded ends of its exact place."""
    cells = above.width / tree.total(caller)
    children = tree.children(caller)
    wide = [child for child in children if tree.total(child) * cells >= 1]
    thin = children[len(wide) :]
    before = 0
    for child in wide if len(thin) > 1 else children:
        x, end = _cell(before * cells), _cell((before + tree.total(child)) * cells)
        before += tree.total(child)
        if end > x:
            path = (*above.path, tree.symbol(child))
            yield (
                child,
                Span(above.x + x, end - x, above.depth + 1, path, path[-1], tree.total(child), tree.share(child)),
            )
    if len(thin) > 1:
        total = sum(map(tree.total, thin))
        x, end = _cell(before * cells), _cell((before + total) * cells)
        if end > x:
            share = total / tree.samples
            text = f"+{len(thin)}"
            yield ROOT, Span(above.x + x, end - x, above.depth + 1, above.path, text, total, share, merged=len(thin))


def _cell(place: float) -> int:
    """Round halves up, so that a span at least one cell wide never rounds to none."""
    return math.floor(place + 0.5)
