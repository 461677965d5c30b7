"""Which maps lose updates, because events of several CPUs read a value, change it and write it back in steps.

Owns: what counts as such an update. What can be one atomic step (`typed.Add`) is none, see `check.statements`; nor is
one in a slot that only one thread or CPU has, or by what runs once at a time. Pure.
"""

from collections.abc import Iterator

from tracetop.lang.tree import typed
from tracetop.lang.tree.walk import nodes
from tracetop.model.kinds import ProbeKind
from tracetop.model.program import KeyRole

_ORDER = ("<", "<=", ">", ">=")
_OWN = {KeyRole.TID, KeyRole.CPU}


def losing_updates(script: typed.Script) -> frozenset[str]:
    """Return the names of the maps that are written from what was read of them before, one CPU beside the other."""
    alone = {type_.name for type_ in script.maps if any(key.role in _OWN for key in type_.keys)}
    found: set[str] = set()
    for clause in script.clauses:
        if not clause.hook.kind.facts.is_idle and clause.hook.kind is not ProbeKind.ITER:
            found.update(_stepwise(clause))
    return frozenset(found - alone)


def _stepwise(clause: typed.Clause) -> Iterator[str]:
    """Yield the maps that a clause writes in steps."""
    held: dict[str, set[typed.Slot]] = {}
    """The slots whose values a variable was made of."""

    def slots(value: object) -> set[typed.Slot]:
        """Return the slots that an expression comes from."""
        read: set[typed.Slot] = set()
        for node in nodes(value):
            if isinstance(node, typed.MapValue):
                read.add(node.slot)
            elif isinstance(node, typed.VarValue):
                read |= held.get(node.name, set())
        return read

    kept = _kept_extremes(clause)
    for node in nodes(clause.body):
        if isinstance(node, typed.SetVariable):
            held[node.name] = slots(node.value)
        elif isinstance(node, typed.Store) and (node.slot in slots(node.value) or (node.slot, node.value) in kept):
            yield node.slot.map


def _kept_extremes(clause: typed.Clause) -> set[tuple[typed.Slot, typed.Expr]]:
    """Return each slot that is compared with a value, and the value: ``if ($x > @most) { @most = $x }``."""
    compared = [clause.predicate, *(node.condition for node in nodes(clause.body) if isinstance(node, typed.If))]
    kept: set[tuple[typed.Slot, typed.Expr]] = set()
    for node in nodes(tuple(compared)):
        if isinstance(node, typed.Binary) and node.op in _ORDER:
            for one, other in ((node.left, node.right), (node.right, node.left)):
                if isinstance(one, typed.MapValue):
                    kept.add((one.slot, other))
    return kept
