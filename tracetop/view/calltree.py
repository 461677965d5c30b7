"""A call tree from a StackTree: children by weight, and the lines of a tree that is partly unfolded.

Owns: order, shares and the identity of a node: the path of symbols from the root, the same in every frame, so that
what a user unfolded stays so. Refuses to own: which paths are unfolded; the screen does. Pure.
"""

from collections.abc import Iterator, Set

import msgspec

from tracetop.model.frame import StackTree
from tracetop.model.program import Unit

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
