"""The pass that finds a cheaper name for the same thing: a disk's request is its pointer, not only (dev, sector).

Owns: the one such rule. A map that only keeps start times from block_rq_issue to block_rq_complete, by device and
sector, is keyed by the request instead, which the raw tracepoints pass: requests come from a fixed pool, so that their
slots can be kept, where sectors hardly ever come back. No view shows such a map, so nothing else changes.
"""

from dataclasses import fields, is_dataclass, replace
from typing import Any

from tracetop.lang.plan.raw_tracepoints import REQUEST, raw_form
from tracetop.lang.tree import typed
from tracetop.lang.tree.types import UINT64
from tracetop.lang.tree.walk import expressions, is_deleted
from tracetop.model.kernel import Field, Kernel
from tracetop.model.program import MapAction, PrintEntry, PrintMap
from tracetop.model.value_kinds import ValueKind

_NAMES = ("dev", "sector")
_REQUEST_VALUE = typed.FieldValue(Field(name=REQUEST, c_type="void *", offset=0, size=8, signed=False), UINT64)


def identify(script: typed.Script, kernel: Kernel) -> typed.Script:
    """Return the script with requests as keys where that is the same, the script as it was where it is not."""
    state = {m.name for m in script.maps if m.kind is ValueKind.SCALAR and m.value.stamp and len(m.keys) == len(_NAMES)}
    state = {name for name in state if is_deleted(name, script)}
    for clause in script.clauses:
        for node in expressions(clause):
            if isinstance(node, typed.Slot) and not (_by_sector(node) and _passes_request(clause, kernel)):
                state.discard(node.map)
            elif isinstance(node, typed.Send) and isinstance(node.action, MapAction | PrintMap | PrintEntry):
                state.discard(node.action.map_name)
            elif isinstance(node, typed.ForMap | typed.MapLength):
                state.discard(node.map)
    if not state:
        return script
    clauses = tuple(_rekeyed(clause, state) for clause in script.clauses)
    if any(_reads_both(clause) for clause in clauses):  # the raw tracepoint gives the request, but no field
        return script
    maps = tuple(replace(m, keys=(UINT64,), labels=(REQUEST,)) if m.name in state else m for m in script.maps)
    return typed.Script(clauses, maps)


def _by_sector(slot: typed.Slot) -> bool:
    return tuple(key.field.name if isinstance(key, typed.FieldValue) else "" for key in slot.keys) == _NAMES


def _passes_request(clause: typed.Clause, kernel: Kernel) -> bool:
    raw = raw_form(clause.hook.format, kernel) if clause.hook.format else None
    return raw is not None and REQUEST in raw.readings


def _reads_both(clause: typed.Clause) -> bool:
    read = {node.field.name for node in expressions(clause) if isinstance(node, typed.FieldValue)}
    return REQUEST in read and len(read) > 1


def _rekeyed(node: Any, state: set[str]) -> Any:
    """Return a part of the typed tree with the slots of the maps in `state` keyed by the request."""
    if isinstance(node, tuple):
        return tuple(_rekeyed(item, state) for item in node)
    if isinstance(node, typed.Slot) and node.map in state:
        return replace(node, keys=(_REQUEST_VALUE,))
    if is_dataclass(node) and type(node).__module__.startswith(typed.__name__):
        return replace(node, **{field.name: _rekeyed(getattr(node, field.name), state) for field in fields(node)})  # type: ignore[type-var]
    return node
