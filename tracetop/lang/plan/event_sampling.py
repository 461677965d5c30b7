"""Which clauses may be left out for all but one event in N, and whose counts are then to be scaled back.

Owns: that decision. A clause that goes on with what another began (it reads a keyed map that the other stores, such as
a start time) is never left out: its begin was. Nor is what a timer or BEGIN runs, or what only deletes a start. Pure.
"""

from dataclasses import dataclass

from tracetop.lang.tree import typed
from tracetop.lang.tree.walk import expressions, nodes, statements
from tracetop.model.kinds import Family


@dataclass(frozen=True)
class Sampling:
    """What sampling does to one script."""

    clauses: tuple[bool, ...]
    """Of each of the script's clauses, whether it may be left out."""
    maps: frozenset[str]
    """Those that count nothing but events that were picked, or ends of what was."""


@dataclass(frozen=True)
class _Uses:
    """The maps that one clause reads, and that it writes."""

    asked: frozenset[str]
    """Maps of state that its predicate reads."""
    read: frozenset[str]
    """Maps of state that it reads or deletes from anywhere."""
    written: frozenset[str]


def sampling(script: typed.Script) -> Sampling:
    """Return what sampling does to the script."""
    states = {type_.name for type_ in script.maps if type_.keys and type_.kind.facts.is_shared}
    uses = [_uses(clause, states) for clause in script.clauses]
    families = [clause.hook.kind.facts.family for clause in script.clauses]
    # What a timer runs is not an event of the machine, or samples it already.
    sampled = [
        family not in (Family.TIMER, Family.ONCE) and not use.read for family, use in zip(families, uses, strict=True)
    ]
    picked = _picked(sampled, uses)
    counting = [i for i, family in enumerate(families) if family is not Family.ONCE]
    written = frozenset[str]().union(*(uses[i].written for i in counting))
    others = frozenset[str]().union(*(uses[i].written for i in counting if not picked[i]))
    return Sampling(tuple(sampled), written - others)


def _picked(sampled: list[bool], uses: list[_Uses]) -> list[bool]:
    """Say of each clause whether it only runs for events that were picked: itself, or where it asks for a start."""
    picked = [is_sampled or bool(use.asked) for is_sampled, use in zip(sampled, uses, strict=True)]
    while True:
        stored = frozenset[str]().union(
            *(use.written for use, is_picked in zip(uses, picked, strict=True) if not is_picked)
        )
        narrower = [
            is_sampled or (is_picked and not use.asked & (stored | use.written))
            for is_sampled, is_picked, use in zip(sampled, picked, uses, strict=True)
        ]
        if narrower == picked:
            return picked
        picked = narrower


def _uses(clause: typed.Clause, states: set[str]) -> _Uses:
    written: set[str] = set()
    read: set[str] = set()
    for node in expressions(clause):
        match node:
            case typed.Store() | typed.Add() | typed.Aggregate():
                written.add(node.slot.map)
            case typed.StepValue(target=typed.Slot(map=name)):
                written.add(name)
            case typed.MapValue() | typed.HasKey():
                read.add(node.slot.map)
    read |= {node.slot.map for node in statements(clause.body) if isinstance(node, typed.Delete)}
    return _Uses(_read_by(clause.predicate) & states, frozenset(read & states), frozenset(written))


def _read_by(predicate: typed.Expr | None) -> frozenset[str]:
    return frozenset(node.slot.map for node in nodes((predicate,)) if isinstance(node, typed.MapValue | typed.HasKey))
