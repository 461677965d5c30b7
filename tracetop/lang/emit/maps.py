"""C of maps: keys, pointers into slots, and the four ways to change what is there.

Every failed update is counted under the map's drop slot, and nothing is looked up twice: `Writer` remembers the
pointers.
"""

from tracetop.lang.emit.dispatch import put, value
from tracetop.lang.emit.writer import Writer, c_integer, c_stored
from tracetop.lang.plan.plan import PlannedMap
from tracetop.lang.tree import typed
from tracetop.model.program import Layout
from tracetop.model.value_kinds import ValueKind

_ARRAYS = (Layout.ARRAY, Layout.PERCPU_ARRAY)
_TABLES = {
    Layout.ARRAY: "BPF_ARRAY({name}, {value}, {entries});",
    Layout.PERCPU_ARRAY: "BPF_PERCPU_ARRAY({name}, {value}, {entries});",
    Layout.HASH: "BPF_HASH({name}, {key}, {value}, {entries});",
    Layout.PERCPU_HASH: "BPF_PERCPU_HASH({name}, {key}, {value}, {entries});",
}


def declare(planned: PlannedMap) -> str:
    """Return the C that declares a map's table, with the structs of its key and value."""
    spec = planned.spec
    structs = ""
    if spec.layout not in _ARRAYS and not _is_plain(planned):
        members = "".join(f"{member}; " for member in _members(planned))
        structs += f"struct {spec.c_name}_key {{ {members}}};\n"
    if spec.kind is ValueKind.STRING:
        structs += f"struct {spec.c_name}_value {{ char text[{spec.value_size}]; }};\n"
    if spec.kind is ValueKind.VALUE:
        structs += f"struct {spec.c_name}_value {{ char text[{spec.value_size}]; }} __attribute__((aligned(8)));\n"
    table = _TABLES[spec.layout].format(
        name=spec.c_name, key=_key_type(planned), value=_value_type(planned), entries=spec.max_entries
    )
    return f"{structs}{table}\n"


def _is_plain(planned: PlannedMap) -> bool:
    """Say whether the key is one integer and so needs no struct."""
    keys = planned.type.keys
    return len(keys) == 1 and keys[0].is_scalar and not planned.spec.kind.facts.is_bucketed


def _key_type(planned: PlannedMap) -> str:
    if planned.spec.layout in _ARRAYS:
        return "u32"
    return c_stored(planned.type.keys[0]) if _is_plain(planned) else f"struct {planned.spec.c_name}_key"


def _members(planned: PlannedMap) -> list[str]:
    """Return the members of the key's struct, with explicit padding."""
    members: list[str] = []
    end = 0

    def pad(to: int) -> None:
        nonlocal end
        if to > end:
            members.append(f"u8 pad{end}[{to - end}]")
        end = to

    for i, (part, type_) in enumerate(zip(planned.spec.keys, planned.type.keys, strict=True)):
        pad(part.offset)
        members.append(f"{c_stored(type_)} k{i}" if type_.is_scalar else f"char k{i}[{part.size}]")
        end = part.offset + part.size
    if planned.spec.kind.facts.is_bucketed:
        pad(-(-end // 4) * 4)
        members.append("u32 bucket")
        end += 4
    pad(planned.spec.key_size)
    return members


def _value_type(planned: PlannedMap) -> str:
    facts = planned.spec.kind.facts
    if facts.c_type:
        return facts.c_type
    return c_integer(planned.type.value) if facts.fields else f"struct {planned.spec.c_name}_value"


def key(slot: typed.Slot, out: Writer, bucket: str = "") -> str:
    """Return the name of a variable that holds the slot's key; `bucket` is C text, of a distribution."""
    known = out.recall(("key", slot)) if not bucket else None
    if known:
        return known
    planned = out.planned(slot)
    if planned.spec.layout in _ARRAYS:
        index = bucket or (value(slot.keys[0], out) if slot.keys else "0")
        return _plain_key(slot, "u32", index, out, remembered=not bucket)
    if _is_plain(planned):
        return _plain_key(slot, c_stored(planned.type.keys[0]), value(slot.keys[0], out), out, remembered=True)
    numbers = [value(node, out) if node.type.is_scalar else None for node in slot.keys]
    name = out.lvalue(_key_type(planned), planned.spec.key_size, "key")
    for i, (number, node) in enumerate(zip(numbers, slot.keys, strict=True)):
        place = f"{name}.k{i}"
        if number is not None:
            out.line(f"{place} = {number};")
            continue
        put(node, place, out)
        if out.recall(node) is None and not isinstance(node, typed.VarValue):
            out.remember(node, place)
    if bucket:
        out.line(f"{name}.bucket = {bucket};")
        return name
    return out.remember_key(slot, name)


def _plain_key(slot: typed.Slot, c_type: str, source: str, out: Writer, *, remembered: bool) -> str:
    name = out.number(c_type, "key", source)
    return out.remember_key(slot, name) if remembered else name


def pointer(slot: typed.Slot, out: Writer) -> str:
    """Return the name of a pointer to the slot's value, which is NULL where the map has no such key."""
    return _find(slot, out)[0]


def _find(slot: typed.Slot, out: Writer) -> tuple[str, str]:
    """Return the names of the pointer and of the key, which is evaluated once."""
    key_name = key(slot, out)
    known = out.recall(slot)
    return known or out.remember(slot, _lookup(out.planned(slot), key_name, out)), key_name


def _lookup(planned: PlannedMap, key_name: str, out: Writer) -> str:
    name = out.name("at")
    out.line(f"{_value_type(planned)} *{name} = {planned.spec.c_name}.lookup(&{key_name});")
    return name


def change(slot: typed.Slot, in_place: str, first: str, out: Writer, bucket: str = "") -> None:
    """Write the change of a value where it lies.

    `in_place` is C with ``{0}`` for the pointer, `first` the value of a key that was not there.
    """
    planned = out.planned(slot)
    if bucket:
        key_name = key(slot, out, bucket)
        place = _lookup(planned, key_name, out)
    else:
        place, key_name = _find(slot, out)
    with out.block(f"if ({place})"):
        out.line(in_place.format(place))
    with out.block("else"):
        _insert(planned, key_name, first, out)
    if planned.spec.layout not in _ARRAYS:
        out.forget_map(slot.map)


def _insert(planned: PlannedMap, key_name: str, first: str, out: Writer) -> None:
    """Write the insertion of a key; an array's index that is out of range counts as a drop."""
    drop = f"tt_drop({planned.spec.drop_slot});"
    if planned.spec.layout in _ARRAYS:
        out.line(drop)
        return
    name = out.name("first")
    out.reserve(planned.spec.value_size)
    out.line(f"{_value_type(planned)} {name} = {first};")
    out.line(f"if ({planned.spec.c_name}.update(&{key_name}, &{name}))")
    out.line(f"    {drop}")


def store(slot: typed.Slot, source: typed.Expr, out: Writer) -> None:
    """Write ``@slot = source``."""
    planned = out.planned(slot)
    if planned.spec.layout is Layout.ARRAY:
        out.line(f"tt_set_present({planned.spec.drop_slot}, 1);")
    if not planned.spec.kind.facts.fields:
        _store_memory(slot, source, out)
        return
    new = out.held(planned.type.value, value(source, out), "new")
    if planned.spec.layout is Layout.HASH and planned.is_deleted and not planned.spec.kept_slots:
        # The key was deleted the last time: looking for it first would nearly always be in vain.
        _insert(planned, key(slot, out), new, out)
        out.forget_map(slot.map)
    else:
        change(slot, f"*{{0}} = {new};", new, out)


def _store_memory(slot: typed.Slot, source: typed.Expr, out: Writer) -> None:
    planned = out.planned(slot)
    key_name = key(slot, out)
    name = out.lvalue(_value_type(planned), planned.spec.value_size, "new")
    put(source, f"{name}.text", out)
    out.line(f"if ({planned.spec.c_name}.update(&{key_name}, &{name}))")
    out.line(f"    tt_drop({planned.spec.drop_slot});")
    out.forget_map(slot.map)


def add(slot: typed.Slot, amount: str, out: Writer) -> None:
    """Write the atomic addition of `amount` (C text) to a value that all CPUs share."""
    planned = out.planned(slot)
    spec = planned.spec
    place, key_name = _find(slot, out)
    if spec.layout is Layout.HASH:
        with out.block(f"if (!{place})"):
            name = out.name("first")
            out.line(f"{_value_type(planned)} {name} = 0;")
            out.line(f"{spec.c_name}.insert(&{key_name}, &{name});")
            out.line(f"{place} = {spec.c_name}.lookup(&{key_name});")
    with out.block(f"if ({place})"):
        out.line(f"__sync_fetch_and_add({place}, {amount});")
    with out.block("else"):
        out.line(f"tt_drop({spec.drop_slot});")


def delete(slot: typed.Slot, out: Writer) -> None:
    """Write ``delete(@slot)``: a kept slot is only marked empty, because the task will come back to it."""
    spec = out.planned(slot).spec
    if spec.layout is Layout.ARRAY:
        out.line(f"tt_set_present({spec.drop_slot}, 0);")
    if spec.kept_slots or spec.layout in _ARRAYS:
        place = pointer(slot, out)
        with out.block(f"if ({place})"):
            zero = (
                f"__builtin_memset({place}, 0, sizeof(*{place}));" if not spec.kind.facts.fields else f"*{place} = 0;"
            )
            out.line(zero)
        return
    out.line(f"{spec.c_name}.delete(&{key(slot, out)});")
    out.forget_map(slot.map)
