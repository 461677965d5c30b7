"""The pass that decides how: layout of every map, form of every hook, and which clauses share a program.

Owns: decisions, none of them visible in what a script means, all of them in what it costs. Typed tree in, `Plan` out;
`emit` writes it down as C.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from tracetop.lang.ctypes.type_table import KnownTypes
from tracetop.lang.ctypes.value_types import layout
from tracetop.lang.plan.map_uses import MapUses, map_uses
from tracetop.lang.plan.program_sharing import alike, hook_number, tells_hook
from tracetop.lang.plan.raw_tracepoints import REQUEST, RawForm, raw_form, with_table
from tracetop.lang.plan.shared_updates import losing_updates
from tracetop.lang.plan.syscall_events import Calls
from tracetop.lang.tree import typed
from tracetop.lang.tree.hook import Hook
from tracetop.lang.tree.types import Type
from tracetop.lang.tree.walk import conjuncts, expressions, nodes
from tracetop.lang.vocabulary.directives import Directives
from tracetop.model.abi.buckets import BUCKET_BYTES, bucket_place, linear_count, log_buckets
from tracetop.model.kernel import Kernel
from tracetop.model.kinds import ProbeKind
from tracetop.model.program import KeyPart, KeyRole, Layout, MapSpec, ProbeSpec, Unit
from tracetop.model.syscalls import OTHERS
from tracetop.model.value import ValueType
from tracetop.model.value_kinds import ValueKind

SYSCALLS = OTHERS + 1
"""Entries of an array by system-call number: more than any architecture has; the last for those of no table."""
_OTHER_CALLS = 64
"""How many numbers of no table have an entry of their own: any program may call them."""
MANY_CALLS = 64
"""Events of single calls from which on one raw tracepoint is cheaper, though other calls come by there too."""
_WORD_BYTES = 8
_HASH_ELEMENT_BYTES = 64
"""What the kernel keeps beside key and value: a struct htab_elem and the element's share of the buckets."""

_RECURRING = frozenset({KeyRole.TID, KeyRole.PID, KeyRole.CPU, KeyRole.SYSCALL})
"""Keys that come back: keeping a slot for one is cheaper than deleting and inserting it at every event. The sector of
a disk hardly ever comes back, so its slots are deleted."""


@dataclass(frozen=True)
class PlannedMap:
    """One map: what the loader is told, and what only the emitter needs."""

    spec: MapSpec
    type: typed.MapType
    is_deleted: bool
    """The script deletes keys of it."""


@dataclass(frozen=True)
class PlannedClause:
    """One clause, its predicate taken apart."""

    clause: typed.Clause
    gate: tuple[typed.Expr, ...]
    """Parts of the predicate that only look at the hook's arguments: asked before the filter, which costs more."""
    rest: tuple[typed.Expr, ...]
    """The other parts, in order."""
    sampled: bool
    """Whether it may be left out for all but one event in N."""


@dataclass(frozen=True)
class PlannedProgram:
    """One BPF program: a hook and all clauses on it, in the script's order."""

    spec: ProbeSpec
    hook: Hook
    raw: RawForm | None
    clauses: tuple[PlannedClause, ...]
    shared: bool = False
    """Many hooks have the same clauses: where they become the same C, too, one function serves them."""


@dataclass(frozen=True)
class Plan:
    """All decisions on a script."""

    maps: dict[str, PlannedMap]
    programs: tuple[PlannedProgram, ...]
    notes: tuple[str, ...]
    arch: str


@dataclass(frozen=True)
class _Planning:
    """What the plan of every map depends on."""

    uses: MapUses
    losing: frozenset[str]
    """Names of maps, see `losing_updates`."""
    types: KnownTypes
    directives: Directives
    entries: int
    kernel: Kernel


def plan(
    script: typed.Script,
    types: KnownTypes,
    directives: Directives,
    entries: int,
    kernel: Kernel,
    *,
    tables: bool = False,
) -> Plan:
    """Return how a checked script is carried out on this kernel; `entries` is the size of a keyed map.

    `tables`: whether the number of a system call says of which table it is, see `model.syscalls`.
    """
    planning = _Planning(map_uses(script), losing_updates(script), types, directives, entries, kernel)
    maps = {
        type_.name: PlannedMap(_map_spec(slot, type_, planning), type_, type_.name in planning.uses.deleted)
        for slot, type_ in enumerate(script.maps)
    }
    programs = tuple(_programs(script, kernel, planning.uses.sampled_clauses, tables=tables))
    return Plan(maps, programs, tuple(dict.fromkeys(_notes(programs))), kernel.arch)


def _map_spec(slot: int, type_: typed.MapType, planning: _Planning) -> MapSpec:
    uses, directives = planning.uses, planning.directives
    deleted = bool(type_.keys) and type_.name in uses.deleted
    sparse = deleted or type_.name in uses.measured
    held, entries = _layout(type_, type_.entries or planning.entries, planning.kernel, deleted=sparse)
    parts, key_size = key_layout(type_.keys, type_.labels, planning.types, bucket=type_.kind.facts.is_bucketed)
    in_array = held.is_array
    is_calls = in_array and bool(type_.keys) and type_.keys[0].role is KeyRole.SYSCALL
    if in_array and type_.keys:
        held_as = ValueType(size=4, signed=is_calls)
        parts = (KeyPart(type_.keys[0].role, 0, 4, signed=is_calls, label=type_.labels[0], type=held_as),)
    state = deleted and type_.kind is ValueKind.SCALAR
    recurs = type_.labels == (REQUEST,) or all(key.role in _RECURRING for key in type_.keys)
    kept = state and recurs and type_.name in uses.always_set and not held.evicts
    return MapSpec(
        name=type_.name,
        c_name=f"m{slot}_{type_.name[1:]}",
        kind=type_.kind,
        layout=held,
        keys=parts,
        key_size=4 if in_array else key_size,
        value_size=_value_size(type_),
        max_entries=entries,
        others=_OTHER_CALLS if is_calls else 0,
        unit=directives.units.get(type_.name, Unit.NONE if type_.kind is ValueKind.COUNT else type_.value.unit),
        linear=type_.linear,
        bits=type_.bits,
        series=type_.series,
        value=layout(type_.value, planning.types),
        scratch=state and (kept or type_.value.stamp),
        state=deleted and not type_.kind.facts.is_per_event and not type_.kind.facts.is_distribution,
        kept_slots=kept,
        sampled=type_.name in uses.sampled,
        loses_updates=type_.name in planning.losing,
        drop_slot=slot,
    )


def _layout(type_: typed.MapType, entries: int, kernel: Kernel, *, deleted: bool) -> tuple[Layout, int]:
    """Return how the kernel holds the map, and its size."""
    if not type_.keys:
        if type_.kind.facts.is_shared:
            return Layout.ARRAY, 1
        return Layout.PERCPU_ARRAY, _buckets(type_)
    if type_.kind.facts.is_shared:
        return Layout.LRU_HASH if type_.evicts else Layout.HASH, entries
    if type_.evicts:
        return Layout.LRU_PERCPU_HASH, entries
    bounds = {KeyRole.SYSCALL: SYSCALLS, KeyRole.CPU: kernel.cpus}
    bounded = len(type_.keys) == 1 and type_.keys[0].role in bounds
    if type_.kind is ValueKind.COUNT and bounded and not deleted:
        return Layout.PERCPU_ARRAY, bounds[type_.keys[0].role]
    return Layout.PERCPU_HASH, entries


def _buckets(type_: typed.MapType) -> int:
    """Return how many places a map without a key has."""
    if type_.kind is ValueKind.HIST:
        return log_buckets(type_.bits)
    if type_.series is not None:
        return type_.series.slots
    return linear_count(type_.linear) if type_.linear else 1


def key_layout(
    types_: tuple[Type, ...], labels: tuple[str, ...], types: KnownTypes, *, bucket: bool
) -> tuple[tuple[KeyPart, ...], int]:
    """Return the key's parts, naturally aligned, and its size with the u32 bucket (if it has one) and padding."""
    parts: list[KeyPart] = []
    end, alignment = 0, BUCKET_BYTES if bucket else 1
    for type_, label in zip(types_, labels, strict=True):
        offset = -(-end // type_.align) * type_.align
        held = layout(type_, types)
        parts.append(KeyPart(type_.role, offset, type_.size, signed=held.signed, label=label, type=held))
        end, alignment = offset + type_.size, max(alignment, type_.align)
    if bucket:
        end = bucket_place(parts) + BUCKET_BYTES
    return tuple(parts), -(-end // alignment) * alignment or 4


def kernel_bytes(spec: MapSpec, cpus: int) -> int:
    """Return about how much memory the kernel takes for a map."""
    value = (spec.value_size + 7) // 8 * 8
    if spec.layout.is_per_cpu:
        value *= cpus
    element = 0 if spec.layout.is_array else _HASH_ELEMENT_BYTES + spec.key_size
    return spec.max_entries * (element + value)


def _value_size(type_: typed.MapType) -> int:
    """Return the bytes of one CPU's value."""
    if type_.kind.facts.fields:
        return _WORD_BYTES * type_.kind.facts.fields
    whole = _WORD_BYTES if type_.kind is ValueKind.VALUE else 1
    return -(-type_.value.size // whole) * whole


def _programs(
    script: typed.Script, kernel: Kernel, sampled_clauses: tuple[bool, ...], *, tables: bool
) -> Iterator[PlannedProgram]:
    by_hook: dict[Hook, list[tuple[typed.Clause, bool]]] = {}
    for clause, sampled in zip(script.clauses, sampled_clauses, strict=True):
        by_hook.setdefault(clause.hook, []).append((clause, sampled))
    shared = alike({hook: tuple(clause for clause, _ in hooked) for hook, hooked in by_hook.items()})
    calls, done = Calls(kernel), set[Hook]()
    for number, (hook, hooked) in enumerate(by_hook.items(), 1):
        if hook in done:
            continue
        clauses = [clause for clause, _ in hooked]
        together = calls.together(shared.get(hook, ())).get(hook, ())
        raw = _usable(calls.form(together, f"tt_calls_{number}"), clauses) if len(together) >= MANY_CALLS else None
        hooks = together if raw else (hook,)
        done.update(hooks)
        raw = raw or _usable_raw_form(hook, clauses, kernel, tables=tables)
        where = hook.spec_fields()
        if raw:
            where |= {"kind": ProbeKind.RAW_TRACEPOINT, "category": "", "event": raw.event}
        told = hook in shared and tells_hook(where["kind"], kernel)
        spec = ProbeSpec(
            function=f"tt_{raw.event if raw and raw.gate else hook.stem}_{number}",
            names=tuple(dict.fromkeys(clause.probe for one in hooks for clause, _ in by_hook[one])),
            line=clauses[0].line,
            hooks=len(hooks),
            cookie=hook_number(clauses) if told and len(hooks) == 1 else 0,
            **where,
        )
        planned = tuple(_planned_clause(*each, hook, raw) for each in hooked)
        yield PlannedProgram(spec, hook, raw, planned, hook in shared)


def _planned_clause(clause: typed.Clause, sampled: bool, hook: Hook, raw: RawForm | None) -> PlannedClause:
    parts = list(conjuncts(clause.predicate))
    gate = tuple(part for part in parts if all(_is_cheap(node, hook, raw) for node in nodes(part)))
    return PlannedClause(clause, gate, tuple(part for part in parts if part not in gate), sampled)


def _is_cheap(node: object, hook: Hook, raw: RawForm | None) -> bool:
    """Say whether a node costs no more than a load or two."""
    if isinstance(node, typed.Argument):
        place = hook.arguments[node.index] if hook.arguments else None
        return raw is None and node.type.is_scalar and not (place and place.in_memory)
    if isinstance(node, typed.Parameter):
        return not node.place.in_memory
    if isinstance(node, typed.FieldValue):
        return node.type.is_integer and not node.data_loc and (raw is None or raw.readings[field_key(node)].is_argument)
    if isinstance(node, typed.Binary):
        return node.op not in ("/", "%")
    return isinstance(node, typed.Const | typed.Argument | typed.Unary | typed.Convert | typed.Logical)


def _usable_raw_form(hook: Hook, clauses: list[typed.Clause], kernel: Kernel, *, tables: bool) -> RawForm | None:
    """Return the hook's raw form where it gives every field that its clauses read."""
    raw = raw_form(hook.format, kernel) if hook.format else None
    if raw and tables and hook.category == "raw_syscalls":
        raw = with_table(raw, kernel)
    return _usable(raw, clauses) if raw and kernel.raw_tracepoint_arity(raw.event) is not None else None


def _usable(raw: RawForm | None, clauses: list[typed.Clause]) -> RawForm | None:
    """Return a raw form where it gives every field that the clauses read."""
    if raw is None:
        return None
    read = {field_key(node) for clause in clauses for node in expressions(clause) if isinstance(node, typed.FieldValue)}
    subjects = {clause.subject.pid_field.name for clause in clauses if clause.subject.pid_field}
    return raw if read <= raw.readings.keys() and subjects <= raw.tasks.keys() else None


def field_key(node: typed.FieldValue) -> str:
    """Return the name under which a raw form knows a field, or an array's element."""
    return node.field.name if node.index is None else f"{node.field.name}[{node.index}]"


def _notes(programs: tuple[PlannedProgram, ...]) -> Iterator[str]:
    for program in programs:
        for clause in program.clauses:
            field = clause.clause.subject.pid_field
            if field and program.raw is None:
                yield f"{program.hook.name}: a filter by process compares {field.name}, which is the main thread's only"
