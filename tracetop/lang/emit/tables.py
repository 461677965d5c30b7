"""C that declares the tables of a script: its maps with their keys and values, and those that every script has."""

from tracetop.lang.emit.prelude import Unit
from tracetop.lang.emit.writer import c_integer, c_stored
from tracetop.lang.plan.plan import PlannedMap
from tracetop.model.abi.buckets import BUCKET_BYTES, bucket_place
from tracetop.model.abi.control import CONTROL
from tracetop.model.abi.event_slots import DROPS, EVENTS, PRESENT, SCRATCH, DropSlots
from tracetop.model.program import Exit, Layout, MapAction, Warned
from tracetop.model.value_kinds import ValueKind

STACKS = 65536
"""Slots, for a new stack to find its own free; with the depth below 35 MB of the kernel's memory."""
STACK_DEPTH = 64
"""Frames of a stack, the innermost; kernel stacks of 40 are long."""
_MOST_PERCPU_BYTES = (1 << 15) - 64
"""Of a value that each CPU has: PCPU_MIN_UNIT_SIZE, and the entry's own head."""
_EVENT_PAGES, _PRINT_PAGES = 16, 1024
"""Of the ring buffer, for requests and for what is printed."""
_TABLES = {
    Layout.ARRAY: "BPF_ARRAY({name}, {value}, {entries});",
    Layout.PERCPU_ARRAY: "BPF_PERCPU_ARRAY({name}, {value}, {entries});",
    Layout.HASH: "BPF_HASH({name}, {key}, {value}, {entries});",
    Layout.PERCPU_HASH: "BPF_PERCPU_HASH({name}, {key}, {value}, {entries});",
    Layout.LRU_HASH: 'BPF_TABLE("lru_hash", {key}, {value}, {name}, {entries});',
    Layout.LRU_PERCPU_HASH: 'BPF_TABLE("lru_percpu_hash", {key}, {value}, {name}, {entries});',
}


def _declare(planned: PlannedMap) -> str:
    """Return the C that declares a map's table, with the structs of its key and value."""
    spec = planned.spec
    structs = ""
    if not spec.layout.is_array and not is_plain(planned):
        members = "".join(f"{member}; " for member in _members(planned))
        structs += f"struct {spec.c_name}_key {{ {members}}};\n"
    if spec.kind is ValueKind.STRING:
        structs += f"struct {spec.c_name}_value {{ char text[{spec.value_size}]; }};\n"
    if spec.kind is ValueKind.VALUE:
        structs += f"struct {spec.c_name}_value {{ char text[{spec.value_size}]; }} __attribute__((aligned(8)));\n"
    table = _TABLES[spec.layout].format(
        name=spec.c_name, key=key_type(planned), value=value_type(planned), entries=spec.max_entries
    )
    if spec.others:
        others = f"BPF_PERCPU_HASH({spec.others_name}, s32, {value_type(planned)}, {spec.others});"
        return f"{structs}{table}\n{others}\n"
    return f"{structs}{table}\n"


def is_plain(planned: PlannedMap) -> bool:
    """Say whether the key is one integer and so needs no struct."""
    keys = planned.type.keys
    return len(keys) == 1 and keys[0].is_scalar and not planned.spec.kind.facts.is_bucketed


def key_type(planned: PlannedMap) -> str:
    """Return the C type of the kernel's key."""
    if planned.spec.layout.is_array:
        return "u32"
    return c_stored(planned.type.keys[0]) if is_plain(planned) else f"struct {planned.spec.c_name}_key"


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
        pad(bucket_place(planned.spec.keys))
        members.append("u32 bucket")
        end += BUCKET_BYTES
    pad(planned.spec.key_size)
    return members


def value_type(planned: PlannedMap) -> str:
    """Return the C type of one CPU's value."""
    facts = planned.spec.kind.facts
    if facts.c_type:
        return facts.c_type
    return c_integer(planned.type.value) if facts.fields else f"struct {planned.spec.c_name}_value"


def tables(unit: Unit) -> str:
    """Return the declarations of all tables that the script's programs asked for."""
    plan, actions = unit.plan, unit.actions
    checked = any(program.spec.is_checked for program in plan.programs)
    slots = DropSlots(len(plan.maps)).size(exits=Exit() in actions, runs=checked, unread=unit.reads_strings)
    parts = [
        f"BPF_ARRAY({CONTROL}, struct {CONTROL}, 1);\n",
        f"BPF_PERCPU_ARRAY({DROPS}, u64, {slots});\n",
    ]
    if any(planned.spec.layout is Layout.ARRAY for planned in plan.maps.values()):  # it cannot tell what is not there
        parts.append(f"BPF_ARRAY({PRESENT}, u64, {len(plan.maps)});\n")
    if actions:
        printing = any(not isinstance(action, MapAction | Warned) for action in actions)
        parts.append(f"BPF_RINGBUF_OUTPUT({EVENTS}, {_PRINT_PAGES if printing else _EVENT_PAGES});\n")
    if unit.scratch_bytes:
        parts.append(_scratch(unit))
    parts += [_stack_map(name, depth or STACK_DEPTH) for name, depth in unit.stack_maps.items()]
    return "".join([*parts, *map(_declare, plan.maps.values())])


def _scratch(unit: Unit) -> str:
    """Return the declaration of the memory for what does not fit on the stack.

    Each program has an entry of its own on each CPU: another program of the script may interrupt it. `busy` is for
    those that may meet themselves there, see `program`.
    """
    programs = len(unit.plan.programs)
    table = f"BPF_PERCPU_ARRAY({SCRATCH}, struct {SCRATCH}, {programs});"
    if _is_large(unit):
        table = f"BPF_ARRAY({SCRATCH}, struct {SCRATCH}, {programs} * TT_CPUS);"
    return f"struct {SCRATCH} {{ u64 words[{-(-unit.scratch_bytes // 8)}]; u64 busy; }};\n{table}\n"


def _is_large(unit: Unit) -> bool:
    return unit.scratch_bytes > _MOST_PERCPU_BYTES


def scratch_place(unit: Unit, number: int) -> str:
    """Return C text of the index that a program's scratch memory has."""
    return f"bpf_get_smp_processor_id() * {len(unit.plan.programs)} + {number}" if _is_large(unit) else str(number)


def _stack_map(name: str, depth: int) -> str:
    """Return the declaration of a stack map: BCC's own macro would take 127 frames a slot."""
    table = f'BPF_TABLE("stacktrace", int, struct {name}_frames, {name}, {STACKS});'
    return f"struct {name}_frames {{ u64 ip[{depth}]; }};\n{table}\n"
