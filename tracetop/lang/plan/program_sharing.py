"""The pass for scripts on many hooks, which makes clauses on them alike, so that one program can serve them all.

Owns: numbers instead of names for ``probe`` where it is only a key or printed, and which hooks are alike. A script on
few hooks stays as it is: written out, the name costs a program nothing but a few moves.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from msgspec import structs

from tracetop.lang.ctypes.type_table import KnownTypes
from tracetop.lang.ctypes.value_types import layout, parts
from tracetop.lang.plan.syscall_events import Calls
from tracetop.lang.tree import typed
from tracetop.lang.tree.hook import Hook
from tracetop.lang.tree.types import Type
from tracetop.lang.tree.walk import expressions, rewrite
from tracetop.model.ctype import CKind, CType
from tracetop.model.kernel import Kernel
from tracetop.model.kinds import ProbeKind
from tracetop.model.program import Format, KeyRole, PrintEntry, PrintValue
from tracetop.model.value import Shape

MANY = 16
"""Hooks from which on it is worth it: clang takes 20 ms for the program of each."""
_ENUM = CType(kind=CKind.ENUM, size=4, name="name of a probe")
"""No script can write its name."""
_NUMBER = Type(size=4, signed=False, role=KeyRole.STRING, shape=Shape.ENUM, c=_ENUM)


def number_hooks(script: typed.Script, types: KnownTypes, kernel: Kernel) -> tuple[typed.Script, KnownTypes]:
    """Return the script with numbers for ``probe``, and the types with their names; as they were on few hooks."""
    named = [clause for clause in script.clauses if any(isinstance(n, typed.HookName) for n in expressions(clause))]
    hooks = list(dict.fromkeys(clause.hook for clause in named))
    if len(hooks) < MANY:
        return script, types
    calls = Calls(kernel)
    numbers = {hook: calls.event_number(hook) or index for index, hook in enumerate(hooks, 1)}
    enums = {**types.definitions.enums, _ENUM.name: {numbers[hook]: hook.name for hook in hooks}}
    types = replace(types, definitions=replace(types.definitions, enums=enums))
    places = _only_names(script)
    clauses = tuple(_numbered(clause, numbers.get(clause.hook, 0), places, types) for clause in script.clauses)
    maps = tuple(
        replace(m, keys=tuple(_NUMBER if (m.name, i) in places else key for i, key in enumerate(m.keys)))
        for m in script.maps
    )
    return typed.Script(clauses, maps), types


def alike(hooks: Mapping[Hook, tuple[typed.Clause, ...]]) -> dict[Hook, tuple[Hook, ...]]:
    """Return for each hook those with the same clauses but for the hook itself, where it is worth it.

    That is from two on for single system calls, which a script lists by name: their records are alike, and nothing but
    the number of the hook could tell its program where it runs.
    """
    groups: dict[tuple[str, ...], list[Hook]] = {}
    if len(hooks) < MANY and not any(map(_is_call, hooks)):
        return {}
    for hook, clauses in hooks.items():
        groups.setdefault((hook.kind, *map(_without_hook, clauses)), []).append(hook)
    worth = [group for group in groups.values() if len(group) >= (2 if all(map(_is_call, group)) else MANY)]
    return {hook: tuple(group) for group in worth for hook in group}


def _is_call(hook: Hook) -> bool:
    return hook.kind is ProbeKind.TRACEPOINT and hook.category == "syscalls"


def hook_number(clauses: Iterable[typed.Clause]) -> int:
    """Return the number that ``probe`` is in clauses on one hook; 0 where they do not use it."""
    found = (node.number for clause in clauses for node in expressions(clause) if isinstance(node, typed.HookNumber))
    return next(found, 0)


def tells_hook(kind: ProbeKind, kernel: Kernel) -> bool:
    """Say whether the kernel tells a program of that kind on which hook it runs, by a number given with the hook.

    Since Linux commit 7adfc6c9b315 ("bpf: Add bpf_get_attach_cookie() BPF helper to access bpf_cookie value"), in
    v5.15, for what is a perf event; since 68ca5d4eebb8 ("bpf: support BPF cookie in raw tracepoint (raw_tp, tp_btf)
    programs"), in v6.10, for raw tracepoints.
    """
    if kind is ProbeKind.RAW_TRACEPOINT:
        return kernel.field_offset("bpf_raw_tp_link", "cookie") is not None
    return kind.facts.is_told_hook and kernel.constant("BPF_FUNC_get_attach_cookie") is not None


def _only_names(script: typed.Script) -> set[tuple[str, int]]:
    """Return the places in keys, each a map and an index, where ``probe`` stands and nothing else."""
    found: dict[tuple[str, int], bool] = {}
    whole: set[str] = set()  # keys of these are also read, in a loop, or sent: their layout is settled
    for node in (node for clause in script.clauses for node in expressions(clause)):
        match node:
            case typed.Slot():
                for i, key in enumerate(node.keys):
                    found[node.map, i] = found.get((node.map, i), True) and isinstance(key, typed.HookName)
            case typed.ForMap(map=name) | typed.Send(action=PrintEntry(map_name=name)):
                whole.add(name)
    return {place for place, only in found.items() if only and place[0] not in whole}


def _numbered(clause: typed.Clause, number: int, places: set[tuple[str, int]], types: KnownTypes) -> typed.Clause:
    here = typed.HookNumber(number, _NUMBER)

    def change(node: object) -> object:
        if isinstance(node, typed.Slot):
            keys = tuple(here if (node.map, i) in places else key for i, key in enumerate(node.keys))
            return replace(node, keys=keys) if keys != node.keys else node
        if isinstance(node, typed.Send) and any(isinstance(part, typed.HookName) for part in node.payload):
            payload = tuple(here if isinstance(part, typed.HookName) else part for part in node.payload)
            return _sent(node, payload, types)
        return node

    return rewrite(clause, change)


def _sent(node: typed.Send, payload: tuple[typed.Expr, ...], types: KnownTypes) -> typed.Send:
    match node.action:
        case Format(arguments=arguments) if len(arguments) == len(payload):
            laid_out = parts([part.type for part in payload], types)
            return typed.Send(structs.replace(node.action, arguments=laid_out), payload, node.dropped)
        case PrintValue():
            return typed.Send(PrintValue(layout(payload[0].type, types)), payload, node.dropped)
        case _:
            return node


def _without_hook(clause: typed.Clause) -> str:
    """Return the same text for clauses that differ only in their hook; what they send is not hashable."""
    bare = rewrite(clause, lambda node: replace(node, number=0) if isinstance(node, typed.HookNumber) else node)
    return repr((bare.subject, bare.predicate, bare.body, bare.variables))
