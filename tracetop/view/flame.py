"""Icicle layout: stacks as rows of spans, the callers on top, as wide as their share of the samples.

Owns: whole cells. Spans of one row never overlap, a callee lies under its caller, and callees too thin for a cell are
merged into one span at the right end of their caller, or left out where even together they fill none. Pure.
"""

import math
from collections.abc import Iterator

import msgspec

from tracetop.view.calltree import ROOT, CallTree, Path


class Span(msgspec.Struct, frozen=True):
    """One rectangle, a cell high."""

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
    """Return the spans of `height` rows and `width` cells from the node at `root` down, row by row, left to right."""
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
