"""C of maps: keys, pointers into slots, the four ways to change what is there, and what all CPUs' values come to.

Every failed update is counted under the map's drop slot, and nothing is looked up twice: `Writer` remembers the
pointers.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tracetop.lang.emit.dispatch import held, put, same_layout, statement, value
from tracetop.lang.emit.prelude import DIVIDE, OF_CPU, SET_PRESENT, Helper
from tracetop.lang.emit.tables import is_plain, key_type, value_type
from tracetop.lang.emit.writer import Writer, c_stored
from tracetop.lang.plan.plan import PlannedMap
from tracetop.lang.tree import typed
from tracetop.model.abi.relocations import MarkerKind, marker
from tracetop.model.program import Layout
from tracetop.model.value_kinds import Merge, ValueKind

_JOINS = {
    (Merge.SUM, 1): "{total} += *part;",
    (Merge.SUM, 2): "{total} += part->total; {count} += part->count;",
    (Merge.LEAST, 2): "if (part->set && (!{count} || part->value < {total})) {{ {total} = part->value; {count} = 1; }}",
    (Merge.MOST, 2): "if (part->set && (!{count} || part->value > {total})) {{ {total} = part->value; {count} = 1; }}",
}
"""By how CPUs are merged, and the fields of a value: how one CPU's value joins those of the others."""

_ATOMIC = {"+": "add", "|": "or", "&": "and", "^": "xor"}


def key(slot: typed.Slot, out: Writer, bucket: str = "") -> str:
    """Return the name of a variable that holds the slot's key; `bucket` is C text, of a distribution."""
    known = out.recall(("key", slot)) if not bucket else None
    if known:
        return known
    planned = out.planned(slot)
    if planned.spec.layout.is_array:
        index = bucket or (value(slot.keys[0], out) if slot.keys else "0")
        return _plain_key(slot, "u32", index, out, remembered=not bucket)
    if is_plain(planned):
        return _plain_key(slot, c_stored(planned.type.keys[0]), value(slot.keys[0], out), out, remembered=True)
    numbers = [value(node, out) if node.type.is_scalar else None for node in slot.keys]
    name = out.lvalue(key_type(planned), planned.spec.key_size, "key")
    for i, (number, node) in enumerate(zip(numbers, slot.keys, strict=True)):
        place = f"{name}.k{i}"
        if number is not None:
            out.line(f"{place} = {number};")
            continue
        type_ = planned.type.keys[i]
        put(node, place, out, type_)
        if same_layout(node.type, type_) and out.recall(node) is None and not isinstance(node, typed.VarValue):
            out.remember(node, place)
    if bucket:
        out.line(f"{name}.bucket = {bucket};")
        return name
    return out.remember(("key", slot), name)


def _plain_key(slot: typed.Slot, c_type: str, source: str, out: Writer, *, remembered: bool) -> str:
    name = out.number(c_type, "key", source)
    return out.remember(("key", slot), name) if remembered else name


def pointer(slot: typed.Slot, out: Writer) -> str:
    """Return the name of a pointer to the slot's value, which is NULL where the map has no such key."""
    return _find(slot, out)[0]


def _find(slot: typed.Slot, out: Writer) -> tuple[str, str]:
    """Return the names of the pointer and of the key, which is evaluated once."""
    key_name = key(slot, out)
    known = out.recall(slot)
    return known or out.remember(slot, _lookup(out.planned(slot), key_name, out)), key_name


def _lookup(planned: PlannedMap, key_name: str, out: Writer) -> str:
    name = out.name("at", aligned=True)
    out.line(f"{value_type(planned)} *{name} = {planned.spec.c_name}.lookup(&{key_name});")
    return name


def change(slot: typed.Slot, in_place: Callable[[str], str], first: str, out: Writer, bucket: str = "") -> None:
    """Write the change of a value where it lies.

    `in_place` gives the C for a pointer to the value, `first` is the value of a key that was not there.
    """
    planned = out.planned(slot)
    if bucket:
        key_name = key(slot, out, bucket)
        place = _lookup(planned, key_name, out)
    else:
        place, key_name = _find(slot, out)
    with out.block(f"if ({place})"):
        out.line(in_place(place))
    with out.block("else"):
        _insert(planned, key_name, first, out)
    if not planned.spec.layout.is_array:
        out.memory.forget_map(slot.map)


def _insert(planned: PlannedMap, key_name: str, first: str, out: Writer) -> None:
    """Write the insertion of a key; an array's index that is out of range has another table, or counts as a drop."""
    if planned.spec.others:
        out.line(f"{out.need(_others(planned))}({key_name});")
        return
    drop = out.drop(planned.spec.drop_slot)
    if planned.spec.layout.is_array:
        out.line(drop)
        return
    name = out.name("first")
    out.stack_bytes += planned.spec.value_size
    out.line(f"{value_type(planned)} {name} = {first};")
    out.when(f"{planned.spec.c_name}.update(&{key_name}, &{name})", drop)


def _others(planned: PlannedMap) -> Helper:
    """Return the function that counts a number that is no index: by itself, or with all others in the last entry."""
    spec = planned.spec
    name = f"{spec.others_name}_count"
    return Helper(
        name,
        f"""
static __always_inline void {name}(s32 key)
{{
    u32 last = {spec.max_entries - 1};
    u64 first = 1, *at = {spec.others_name}.lookup(&key);
    if (!at && {spec.others_name}.update(&key, &first))
        at = {spec.c_name}.lookup(&last);
    if (at)
        *at += 1;
}}
""",
    )


def store(slot: typed.Slot, source: typed.Expr, out: Writer) -> None:
    """Write ``@slot = source``."""
    planned = out.planned(slot)
    if planned.spec.layout is Layout.ARRAY:
        out.line(f"{out.need(SET_PRESENT)}({planned.spec.drop_slot}, 1);")
    if not planned.spec.kind.facts.fields:
        _store_memory(slot, source, out)
        return
    new = held(source, planned.type.value, "new", out)
    if planned.spec.layout is Layout.HASH and planned.is_deleted and not planned.spec.kept_slots:
        # The key was deleted the last time: looking for it first would nearly always be in vain.
        _insert(planned, key(slot, out), new, out)
        out.memory.forget_map(slot.map)
    else:
        change(slot, lambda at: f"*{at} = {new};", new, out)


def _store_memory(slot: typed.Slot, source: typed.Expr, out: Writer) -> None:
    planned = out.planned(slot)
    key_name = key(slot, out)
    name = out.lvalue(value_type(planned), planned.spec.value_size, "new")
    put(source, f"{name}.text", out, planned.type.value)
    out.when(f"{planned.spec.c_name}.update(&{key_name}, &{name})", out.drop(planned.spec.drop_slot))
    out.memory.forget_map(slot.map)


def add(slot: typed.Slot, amount: str, out: Writer, op: str = "+") -> None:
    """Write the atomic addition of `amount` (C text), or another of `_ATOMIC`, to a value that all CPUs share."""
    planned = out.planned(slot)
    spec = planned.spec
    place, key_name = _find(slot, out)
    if not spec.layout.is_array:
        with out.block(f"if (!{place})"):
            name = out.name("first")
            out.line(f"{value_type(planned)} {name} = 0;")
            out.line(f"{spec.c_name}.insert(&{key_name}, &{name});")
            out.line(f"{place} = {spec.c_name}.lookup(&{key_name});")
    with out.block(f"if ({place})"):
        out.line(f"__sync_fetch_and_{_ATOMIC[op]}({place}, {amount});")
        if spec.layout is Layout.ARRAY:  # a number that is not zero shows that something was written
            out.when(f"!*{place}", f"{out.need(SET_PRESENT)}({spec.drop_slot}, 1);")
    with out.block("else"):
        out.line(out.drop(spec.drop_slot))


@statement.register
def _delete(node: typed.Delete, out: Writer) -> None:
    _remove(node.slot, out)


@value.register
def _deleted(node: typed.Deleted, out: Writer) -> str:
    found = out.temporary(node.type, "1", "found")
    _remove(node.slot, out, found)
    return found


def _remove(slot: typed.Slot, out: Writer, found: str = "") -> None:
    """Write ``delete(@slot)``: a kept slot is only marked empty, because the task will come back to it.

    `found` is the variable that is told whether there was an entry; a map without a key always has its one.
    """
    spec = out.planned(slot).spec
    if spec.layout is Layout.ARRAY:
        out.line(f"{out.need(SET_PRESENT)}({spec.drop_slot}, 0);")
    if spec.kept_slots or spec.layout.is_array:
        place = pointer(slot, out)
        if found and spec.layout is not Layout.ARRAY:
            out.line(f"{found} = {place} && *{place};")
        with out.block(f"if ({place})"):
            in_bytes = not spec.kind.facts.fields
            out.line(f"__builtin_memset({place}, 0, sizeof(*{place}));" if in_bytes else f"*{place} = 0;")
        return
    key_name = key(slot, out)
    out.line(f"{f'{found} = !' if found else ''}{spec.c_name}.delete(&{key_name});")
    out.memory.forget_map(slot.map)


@dataclass(frozen=True)
class Total:
    """What the CPUs' values come to: names of the variables that hold it, and C text of the value itself."""

    value: str
    count: str
    text: str


@value.register
def _total(node: typed.Total, out: Writer) -> str:
    return sum_up(out.planned(node.slot), f"&{key(node.slot, out)}", out).text


def sum_up(planned: PlannedMap, key_pointer: str, out: Writer) -> Total:
    """Write what the CPUs' values of a key come to; zero where there is no such key."""
    facts = planned.spec.kind.facts
    table = pointer_to(MarkerKind.MAP, planned.spec.drop_slot, out)
    total, count = out.name("total"), out.name("count")
    out.stack_bytes += 16
    out.line(f"s64 {total} = 0;")
    out.line(f"u64 {count} = 0;")
    with out.block("for (u32 cpu = 0; cpu < TT_CPUS; cpu++)"):
        out.line(f"{facts.c_type} *part = {out.need(OF_CPU)}({table}, {key_pointer}, cpu);")
        with out.block("if (part)"):
            out.line(_JOINS[facts.merge, facts.fields].format(total=total, count=count))
    text = f"{out.need(DIVIDE)}({total}, {count})" if planned.spec.kind is ValueKind.AVG else total
    return Total(total, count, text)


def pointer_to(kind: MarkerKind, index: int, out: Writer) -> str:
    """Write a pointer to a callback or map, which the loader puts in, and return its name."""
    name = out.name(kind.name.lower())
    out.line(f'void *{name}; asm volatile("%0 = {marker(kind, index)} ll" : "=r"({name}));')
    return name
