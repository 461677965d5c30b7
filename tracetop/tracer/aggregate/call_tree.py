"""Maps keyed by stacks become one tree, outermost frame first, counted as the samples come.

A key with a program's stack and the kernel's is one path: the kernel's frames stand under the program's.

Owns: the tree, the window of recent samples, and the count of samples whose stack was lost. Refuses to own: the
addresses (`bpf`) and how the tree is drawn (`view`). Each new sample costs the depth of its stack. Tracer.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tracetop.bpf import MapSample
from tracetop.model.frame import Cell, StackTree
from tracetop.model.program import KeyPart, KeyRole, MapSpec
from tracetop.tracer.aggregate.counters import Counted, CounterMap, Keys, as_keys, as_rows
from tracetop.tracer.aggregate.key_cells import STACK_ROLES, KeyCells, integers

WINDOW_S = 30.0
"""How far back `recent` counts."""
NODES = 2_000
"""Nodes sent at most, the heaviest."""
USER_MODE = "[user mode]"
"""Where the CPU was in user space, so that there was no kernel stack to take."""
NO_USER_STACK = "[no user stack]"
"""Where there was no program's stack to take: a thread of the kernel."""
CUT = "[more callers]"
"""Above the frames of a stack that is deeper than a slot of the kernel's stack map."""
EARLIER = "[earlier]"
"""Where samples are whose stacks the kernel no longer has, in a tree that is made anew."""
CROWDED = 4096
"""Stacks in the kernel from which those that are not recent are taken out: where one of 16 slots is taken, one of 16
new stacks finds its slot taken and is lost."""
_NO_STACK = -14  # -EFAULT: the interrupted code had no kernel stack
_COLLISION = -17  # -EEXIST: another stack has this one's slot


class StackId(NamedTuple):
    """One stack of a key."""

    map: str
    """C name of the stack map; empty for the program's only one."""
    id: int
    """Negative for a stack that is lost, or that was not there."""
    pid: int = 0
    """Of a program's stack the process, 0 for the kernel's stack."""
    depth: int = 0
    """Frames that the script asks for; 0 where it asks for as many as there are."""


Resolve = Callable[[StackId], Sequence[str]]
"""From a stack to its frames' names, outermost first; empty where the kernel no longer has it."""


@dataclass(eq=False)
class _Node:
    """One frame under its callers."""

    name: str
    parent: "_Node | None"
    children: dict[str, "_Node"] = field(default_factory=dict)
    self_total: int = 0
    total: int = 0
    self_recent: int = 0
    recent: int = 0


class CallTree:
    """One stack-keyed map, kept from tick to tick."""

    def __init__(self, spec: MapSpec, cells: KeyCells, resolve: Resolve) -> None:
        self.spec = spec
        self._cells = cells
        self._resolve = resolve
        self._counter = CounterMap()
        self._counted: Counted | None = None
        self._root = _Node("", None)
        self._leaves: dict[bytes, _Node | None] = {}
        self._window: deque[tuple[float, list[tuple[bytes, int]]]] = deque()
        self._lost: dict[str, int] = {}
        self._retired = 0
        """Samples since the last reset whose keys are no longer in the map."""

    def reset(self) -> None:
        """Count anew from the last sample on."""
        self._counter.reset()
        self._counted = None
        self._retired = 0
        self._window.clear()
        self._forget()

    def rename(self, resolve: Resolve) -> None:
        """Name frames another way from now on: the tree is made anew, with the counts that it had.

        Samples of stacks that are no longer in the kernel are all `EARLIER`.
        """
        self._resolve = resolve
        self._forget()
        if self._retired:
            earlier = self._root.children[EARLIER] = _Node(EARLIER, self._root)
            _add_total(earlier, self._retired)
        if self._counted is not None:
            self._count(self._counted.keys, self._counted.total[:, 0])
        for _, hits in self._window:
            hits[:] = [hit for hit in hits if hit[0] in self._leaves]  # the others were cleared from the map
            self._add_recent(hits, 1)

    def update(self, sample: MapSample) -> None:
        """Take one sample of the map: count each new hit along its path."""
        self._counted = self._counter.update(sample)
        self._slide(self._count(self._counted.keys, self._counted.new[:, 0]))

    def _count(self, keys: Keys, counts: NDArray[np.int64]) -> list[tuple[bytes, int]]:
        """Add the counts to the totals; return (key, count) of those whose stack is known."""
        keys, counts = keys[counts > 0], counts[counts > 0]
        stacks = self._stacks(keys)
        cells = self._cells.cells(self.spec, keys)
        hits: list[tuple[bytes, int]] = []
        for key, of_key, labels, new in zip(map(bytes, keys), stacks, cells, counts.tolist(), strict=True):
            leaf = self._leaf(key, of_key, labels)
            if leaf is None:
                reason = "collision" if any(stack.id == _COLLISION for stack in of_key) else "unreadable"
                self._lost[reason] = self._lost.get(reason, 0) + new
                continue
            hits.append((key, new))
            _add_total(leaf, new)
        return hits

    def retire(self) -> tuple[Keys, set[tuple[str, int]]]:
        """Forget keys without a recent sample, once there are many; what they counted stays in the tree.

        Returns the keys, for the caller to delete from the map, and their stacks: stack map and id. A stack that is
        sampled again is counted and named anew, under the same or another id.
        """
        counted = self._counted
        if counted is None or len(counted) < CROWDED:
            return as_keys(np.empty((0, self.spec.key_size), dtype=np.uint8)), set()
        recent = {key for _, hits in self._window for key, _ in hits}
        stacks = self._stacks(counted.keys)
        held = [any(stack.id >= 0 for stack in of_key) for of_key in stacks]
        old = np.array([bytes(key) not in recent for key in counted.keys], dtype=bool) & np.array(held, dtype=bool)
        for key in map(bytes, counted.keys[old]):
            self._leaves.pop(key, None)
        self._retired += int(counted.total[old, 0].sum())
        self._counted = Counted(counted.keys[~old], counted.new[~old], counted.total[~old], counted.last[~old])
        return counted.keys[old], _held(stacks[i] for i in np.flatnonzero(old))

    def held(self) -> set[tuple[str, int]]:
        """Return stack map and id of all stacks that the map's keys have."""
        return _held(self._stacks(self._counted.keys)) if self._counted else set()

    def tree(self) -> StackTree:
        """Return the heaviest nodes as the frame has them, parents before children."""
        nodes = self._heaviest()
        place = {id(node): i for i, node in enumerate(nodes)}
        symbols: dict[str, int] = {}
        return StackTree(
            name=self.spec.name,
            symbol=tuple(symbols.setdefault(node.name, len(symbols)) for node in nodes),
            symbols=tuple(symbols),
            parent=tuple(place[id(node.parent)] if node.parent else 0 for node in nodes),
            self_total=tuple(node.self_total for node in nodes),
            total=tuple(node.total for node in nodes),
            self_recent=tuple(node.self_recent for node in nodes),
            recent=tuple(node.recent for node in nodes),
            window_s=WINDOW_S,
            lost=dict(self._lost),
            unit=self.spec.unit,
        )

    def _stacks(self, keys: Keys) -> list[tuple[StackId, ...]]:
        """Return the stacks of every key, the outer one first: a program's calls the kernel."""
        parts = sorted(
            (p for p in self.spec.keys if p.role in STACK_ROLES), key=lambda part: part.role is KeyRole.KSTACK
        )
        columns = [self._column(part, keys) for part in parts]
        return list(zip(*columns, strict=True))

    def _column(self, part: KeyPart, keys: Keys) -> list[StackId]:
        """Return one stack of every key; of a program's the process stands after the id."""
        map_, depth = part.type.map, part.type.depth
        if part.role is KeyRole.KSTACK:
            return [StackId(map_, id_, 0, depth) for id_ in integers(self.spec, part, keys).tolist()]
        pairs = np.ascontiguousarray(as_rows(keys)[:, part.offset : part.offset + 8]).view(np.int32).reshape(-1, 2)
        return [StackId(map_, id_, pid, depth) for id_, pid in pairs.tolist()]

    def _forget(self) -> None:
        self._root = _Node("", None)
        self._leaves.clear()
        self._lost.clear()

    def _leaf(self, key: bytes, stacks: tuple[StackId, ...], labels: tuple[Cell, ...]) -> _Node | None:
        """Return the node of a whole stack, made on first sight; None where its frames are lost."""
        if key not in self._leaves:
            frames = self._frames(stacks)
            node = self._root
            for name in (*map(str, labels), *frames) if frames else ():
                if name not in node.children:
                    node.children[name] = _Node(name, node)
                node = node.children[name]
            self._leaves[key] = node if frames else None
        return self._leaves[key]

    def _frames(self, stacks: tuple[StackId, ...]) -> Sequence[str]:
        """Return the frames of a key's stacks, outermost first; empty where one is lost, or none was there."""
        there = [stack for stack in stacks if stack.id != _NO_STACK]
        if not there:
            return (USER_MODE if not stacks[0].pid else NO_USER_STACK,) if len(stacks) == 1 else ()
        named = [self._resolve(stack) if stack.id >= 0 else () for stack in there]
        return [name for names in named for name in names] if all(named) else ()

    def _slide(self, hits: list[tuple[bytes, int]]) -> None:
        """Let these samples enter the recent counts, and those that are older than the window leave them."""
        now_s = time.monotonic()
        self._window.append((now_s, hits))
        self._add_recent(hits, 1)
        while now_s - self._window[0][0] > WINDOW_S:
            self._add_recent(self._window.popleft()[1], -1)

    def _add_recent(self, hits: list[tuple[bytes, int]], sign: int) -> None:
        for key, count in hits:
            if leaf := self._leaves[key]:
                leaf.self_recent += sign * count
                node: _Node | None = leaf
                while node:
                    node.recent += sign * count
                    node = node.parent

    def _heaviest(self) -> list[_Node]:
        """Return the root and at most NODES more, parents first, the lightest left out where there are too many."""
        nodes = [self._root]
        for node in nodes:
            nodes += node.children.values()
        if len(nodes) > NODES + 1:  # no child is heavier than its parent, and the sort is stable
            nodes.sort(key=lambda node: node.total, reverse=True)
        return nodes[: NODES + 1]


def _add_total(leaf: _Node, count: int) -> None:
    leaf.self_total += count
    node: _Node | None = leaf
    while node:
        node.total += count
        node = node.parent


def is_stack_map(spec: MapSpec) -> bool:
    """Say whether a map is keyed by a stack."""
    return any(part.role in STACK_ROLES for part in spec.keys)


def _held(stacks: Iterable[tuple[StackId, ...]]) -> set[tuple[str, int]]:
    return {(stack.map, stack.id) for of_key in stacks for stack in of_key if stack.id >= 0}
