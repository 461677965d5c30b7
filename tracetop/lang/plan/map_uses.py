"""What a script does to its maps, found out in one walk before anything is decided, and what follows from it.

Owns: facts that a map's layout depends on; which clauses may be left out for all but one event in N, and whose counts
are then to be scaled back. A clause that goes on with what another began (it reads a keyed map that the other stores,
such as a start time) is never left out: its start was. Nor is what a timer or BEGIN runs, or what only deletes a start.
Pure.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from tracetop.lang.tree import typed
from tracetop.lang.tree.walk import expressions, nodes
from tracetop.model.kinds import Family
from tracetop.model.value import Shape


@dataclass(frozen=True)
class MapUses:
    """Names of maps by what the script does to them, and what sampling does to the script."""

    deleted: frozenset[str]
    """Entries are deleted."""
    measured: frozenset[str]
    """The script asks how many entries there are."""
    always_set: frozenset[str]
    """No value ever stored is zero, or a zero is as good as none, so that zero can mean absent."""
    sampled_clauses: tuple[bool, ...]
    """Of each of the script's clauses, whether it may be left out."""
    sampled: frozenset[str]
    """Those that count nothing but events that were picked, or ends of what was."""


@dataclass
class _Uses:
    """What one clause does to maps."""

    asked: set[str] = field(default_factory=set)
    """Its predicate reads them."""
    read: set[str] = field(default_factory=set)
    """It reads them, or deletes from them, anywhere."""
    written: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)
    measured: set[str] = field(default_factory=set)
    listed: set[str] = field(default_factory=set)
    """It asks which keys there are: then a pointer that is NULL is more than nothing."""
    counted: set[str] = field(default_factory=set)
    """It adds a number, so that what is there may become zero."""
    stored: list[tuple[str, typed.Expr]] = field(default_factory=list)


def map_uses(script: typed.Script) -> MapUses:
    """Return what the script does to its maps."""
    uses = [_uses(clause) for clause in script.clauses]
    counted, listed = _union(use.counted for use in uses), _union(use.listed for use in uses)
    stored: dict[str, list[typed.Expr]] = {type_.name: [] for type_ in script.maps}
    for name, value in (pair for use in uses for pair in use.stored):
        stored[name].append(value)
    always_set = {
        name
        for name, values in stored.items()
        if all(map(_never_zero, values))
        or (name not in listed and all(value.type.shape is Shape.POINTER for value in values))
    }
    states = {type_.name for type_ in script.maps if type_.keys and type_.kind.facts.is_shared}
    families = [clause.hook.kind.facts.family for clause in script.clauses]
    # What a timer runs is not an event of the machine, or samples it already.
    own = [family in (Family.TIMER, Family.ONCE) for family in families]
    sampled = [not alone and not use.read & states for alone, use in zip(own, uses, strict=True)]
    picked = _picked(sampled, uses, states)
    counting = [i for i, family in enumerate(families) if family is not Family.ONCE]
    return MapUses(
        deleted=_union(use.deleted for use in uses),
        measured=_union(use.measured for use in uses),
        always_set=frozenset(always_set) - counted,
        sampled_clauses=tuple(sampled),
        sampled=_union(uses[i].written for i in counting) - _union(uses[i].written for i in counting if not picked[i]),
    )


def _picked(sampled: list[bool], uses: list[_Uses], states: set[str]) -> list[bool]:
    """Say of each clause whether it only runs for events that were picked: itself, or where it asks for a start."""
    picked = [is_sampled or bool(use.asked & states) for is_sampled, use in zip(sampled, uses, strict=True)]
    while True:
        stored = _union(use.written for use, is_picked in zip(uses, picked, strict=True) if not is_picked)
        narrower = [
            is_sampled or (is_picked and not use.asked & states & (stored | use.written))
            for is_sampled, is_picked, use in zip(sampled, picked, uses, strict=True)
        ]
        if narrower == picked:
            return picked
        picked = narrower


def _uses(clause: typed.Clause) -> _Uses:
    uses = _Uses({node.slot.map for node in nodes(clause.predicate) if isinstance(node, typed.MapValue | typed.HasKey)})
    for node in expressions(clause):
        match node:
            case typed.Store(slot=slot, value=value):
                uses.stored.append((slot.map, value))
                uses.written.add(slot.map)
            case typed.Aggregate(slot=slot):
                uses.written.add(slot.map)
            case typed.Add(slot=slot) | typed.StepValue(target=typed.Slot() as slot):
                uses.counted.add(slot.map)
                uses.written.add(slot.map)
            case typed.MapValue(slot=slot):
                uses.read.add(slot.map)
            case typed.HasKey(slot=slot):
                uses.read.add(slot.map)
                uses.listed.add(slot.map)
            case typed.Delete(slot=slot) | typed.Deleted(slot=slot):
                uses.read.add(slot.map)
                uses.deleted.add(slot.map)
            case typed.ForMap(map=name):
                uses.listed.add(name)
            case typed.MapLength(map=name):
                uses.measured.add(name)
    return uses


def _union(sets: Iterable[set[str]]) -> frozenset[str]:
    return frozenset[str]().union(*sets)


def _never_zero(value: typed.Expr) -> bool:
    return (isinstance(value, typed.BuiltinValue) and value.name == "nsecs") or (
        isinstance(value, typed.Const) and value.value != 0
    )
