"""What a bare word means in an expression: a builtin, one that depends on the hook, or a constant of the kernel.

Owns: the builtins that only some hooks have (``retval``, ``arg0``, ``func``), and what is said where one is not there.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from tracetop.errors import ScriptError, did_you_mean
from tracetop.lang.advice.foreign_words import instead_of
from tracetop.lang.check.calls import ValueFunction
from tracetop.lang.check.lvalues import all_arguments
from tracetop.lang.check.scope import Scope
from tracetop.lang.ctypes.value_types import value_type
from tracetop.lang.tree import syntax, typed
from tracetop.lang.tree.types import BOOL, INT64, UINT64, Type, opaque, pointer, text_type
from tracetop.lang.vocabulary.builtins import ARGUMENTS, BUILTINS, EXTRA, POINTERS
from tracetop.model.ctype import VOID, CKind, CParameter
from tracetop.model.kinds import Family, ProbeKind, ProgramType
from tracetop.model.program import KeyRole
from tracetop.model.value import Shape

_ARGUMENT = re.compile(r"(s?)arg(\d+)$")
MAX_STACK_DEPTH = 127
"""PERF_MAX_STACK_DEPTH."""


def name_value(node: syntax.Name, scope: Scope) -> typed.Expr:
    """Return what the word means here. ScriptError where it means nothing."""
    name = node.name
    if name == "ctx" and scope.hook.kind is ProbeKind.ITER:
        return _context(scope)
    if name == "args":
        return all_arguments(node, scope)
    if name in HOOK_BUILTINS:
        return HOOK_BUILTINS[name].value(node, scope)
    if name in BUILTINS:
        return typed.BuiltinValue(name, BUILTINS[name].type)
    argument = _ARGUMENT.fullmatch(name)
    if argument:
        return _argument(node, int(argument[2]), scope, from_stack=bool(argument[1]))
    if name in ("true", "false"):
        return typed.Const(int(name == "true"), BOOL)
    constant = scope.types.constant(name)
    if constant:
        value, c = constant
        type_ = value_type(c) if c.kind is CKind.ENUM else None
        return typed.Const(value, type_) if type_ else typed.number(value)
    function = scope.functions.get(name)
    if isinstance(function, ValueFunction) and function.usage.endswith(
        "()"
    ):  # without arguments the parentheses may be left out
        return scope.check(syntax.Call(at=node.at, name=name, arguments=()), scope)
    raise _unknown(node, scope)


def stack(scope: Scope, user: bool, mode: str = "", depth: int = 0) -> typed.Stack:
    """Return ``kstack`` or ``ustack``, of the script's usual mode where none is given."""
    mode = mode or scope.settings.stack_mode
    if not user and mode == "build_id":  # only files have build ids
        mode = "raw"
    if user:
        return typed.Stack(True, opaque(Shape.USTACK, 8, KeyRole.USTACK, text=mode, depth=depth))
    return typed.Stack(False, opaque(Shape.KSTACK, 4, KeyRole.KSTACK, text=mode, depth=depth))


def _context(scope: Scope) -> typed.Expr:
    """Return ``ctx`` of an iterator: what the kernel hands it of each thing that there is."""
    record = f"struct bpf_iter__{scope.hook.name.partition(':')[2]}"
    return typed.BuiltinValue("ctx", pointer(scope.types.named(record) or VOID, user=False))


def _current_task(_node: syntax.Name, scope: Scope) -> typed.Expr:
    task = scope.types.named("struct task_struct") or VOID
    return typed.BuiltinValue("curtask", pointer(task, user=False))


def _unknown(node: syntax.Name, scope: Scope) -> ScriptError:
    fields = scope.hook.fields
    if node.name in scope.functions:
        return scope.error(node.at, f"{node.name} is a function", hint=f"write {node.name}()")
    if node.name in fields:
        return scope.error(node.at, f"{node.name} is a field of args", hint=f"write args.{node.name}")
    own = [name for clause, name in scope.learnt.bindings if clause == scope.clause] + list(scope.learnt.maps)
    hint = next((f"write {name}" for name in own if name[1:] == node.name), "") or instead_of(node.name, "value")
    if not hint and node.name.isupper():
        hint = f"write its value, or #define {node.name} … at the top: headers are not read"
    hint = hint or did_you_mean(
        node.name,
        [*BUILTINS, *HOOK_BUILTINS, "args"],
        f'text stands in double quotes: "{node.name}"; variables begin with $ and maps with @',
    )
    return scope.error(
        node.at,
        f"unknown word {node.name}",
        why="it is neither a builtin nor an enumerator or constant of this kernel",
        hint=hint,
    )


def _argument(node: syntax.Name, index: int, scope: Scope, *, from_stack: bool) -> typed.Expr:
    hook = scope.hook
    if hook.kind is ProbeKind.RAW_TRACEPOINT and not from_stack:
        if index >= hook.arity:
            raise scope.error(
                node.at,
                f"{hook.name} has no {node.name}",
                hint=f"it has arg0 to arg{hook.arity - 1}" if hook.arity else "it has no arguments",
            )
        return typed.Argument(index, UINT64)
    is_traced = hook.kind.facts.program is ProgramType.TRACING and hook.function is not None
    if (is_traced or hook.kind is ProbeKind.USDT) and not from_stack:
        places = hook.function.parameters if hook.function else hook.arguments
        if index >= len(places):
            raise scope.error(node.at, f"{hook.name} has {len(places)} arguments", hint="count from arg0")
        place = places[index]
        if place is None:
            raise scope.error(
                node.at, f"{node.name} of {hook.name} is where no program can read it", hint="leave it out"
            )
        if isinstance(place, CParameter):
            return typed.Argument(index, value_type(place.type) or UINT64)
        return typed.Argument(index, Type(size=place.size, signed=place.signed))
    if not hook.kind.facts.is_on_code:
        raise scope.error(
            node.at,
            f"{hook.name} has no {node.name}",
            why="only functions, raw tracepoints and static probes have numbered arguments",
            hint=f"use a field of args, as in {_some_field(hook.fields)}" if hook.format else "leave it out",
        )
    if from_stack:
        return typed.StackArgument(index)
    if index >= len(ARGUMENTS.get(scope.kernel.arch, ())):
        most = len(ARGUMENTS.get(scope.kernel.arch, ())) - 1
        raise scope.error(
            node.at,
            f"{node.name} is not in a register",
            hint=f"arg0 to arg{most} are; of the others, sarg0 is the first on the stack",
        )
    return typed.Argument(index, UINT64)


def _some_field(fields: tuple[str, ...]) -> str:
    """Return a field as a script writes it, for an example."""
    return f"args.{next((name for name in fields if not name.startswith('__')), 'id')}"


def _retval(node: syntax.Name, scope: Scope) -> typed.Expr:
    hook = scope.hook
    if not hook.kind.facts.returns:
        raise scope.error(
            node.at,
            f"{hook.name} has no retval",
            why="it fires when the function begins" if hook.kind.facts.is_on_code else "",
            hint="use kretprobe, fexit or uretprobe; a tracepoint sys_exit_… has args.ret",
        )
    if hook.function is not None:
        type_ = value_type(hook.function.returns)
        if type_ is None and hook.kind is not ProbeKind.KRETPROBE:
            raise scope.error(node.at, f"{hook.event} returns nothing", hint="leave retval out")
        return typed.Result(type_ or INT64)  # of a breakpoint the register is there, whatever is in it
    return typed.Result(INT64 if hook.kind is not ProbeKind.URETPROBE else UINT64)


def _func(node: syntax.Name, scope: Scope) -> typed.Expr:
    hook = scope.hook
    facts = hook.kind.facts
    is_traced = facts.program is ProgramType.TRACING and facts.family is Family.FUNCTION
    if is_traced or hook.kind is ProbeKind.URETPROBE:
        return _text(hook.event)
    if facts.family is Family.FUNCTION:
        address = typed.BuiltinValue("func_ip", UINT64)
        return typed.Named(address, opaque(Shape.KSYM, 8))
    if facts.family is Family.USER:
        here = typed.Register(POINTERS[scope.kernel.arch][0])
        return typed.UserAddress(here, opaque(Shape.USYM, 16))
    raise scope.error(node.at, f"{hook.name} is on no function", hint="use probe for the probe's name")


def _usermode(node: syntax.Name, scope: Scope) -> typed.Expr:
    type_, facts = EXTRA["usermode"].type, scope.hook.kind.facts
    if facts.program is not ProgramType.PERF_EVENT:
        return typed.Const(int(facts.family in (Family.USER, Family.ONCE)), type_)
    if scope.kernel.arch != "x86_64":
        raise scope.error(node.at, "usermode of a sample is known on x86_64 only", hint="leave it out")
    return typed.BuiltinValue("usermode", type_)


def _text(value: str) -> typed.Text:
    data = value.encode()
    return typed.Text(data, text_type(data))


def _hook_name(name: str) -> typed.HookName:
    text = _text(name)
    return typed.HookName(text.value, text.type)


def of_task(task: syntax.Expr, path: tuple[str, ...], scope: Scope) -> typed.Expr:
    """Return a field of a task_struct, by the path to it."""
    for field in path:
        task = syntax.Access(at=task.at, base=task, field=field)
    return scope.check(task, scope)


def _of_current(*path: str) -> Callable[[syntax.Name, Scope], typed.Expr]:
    """Return the builtin that is a field of the current task."""
    return lambda node, scope: of_task(syntax.Name(at=node.at, name="curtask"), path, scope)


def _probe_type(_node: syntax.Name, scope: Scope) -> typed.Expr:
    kind = scope.hook.kind
    return _hook_name("special" if kind.facts.family is Family.ONCE else kind.value)


@dataclass(frozen=True)
class HookBuiltin:
    """A builtin that depends on the hook, or on more than a table can say."""

    value: Callable[[syntax.Name, Scope], typed.Expr]
    about: str


HOOK_BUILTINS = {
    "retval": HookBuiltin(_retval, "what the function returns: in kretprobe, fexit and uretprobe"),
    "func": HookBuiltin(_func, "name of the function that the probe is on"),
    "probe": HookBuiltin(lambda _node, scope: _hook_name(scope.hook.name), "the probe's name"),
    "kstack": HookBuiltin(
        lambda _node, scope: stack(scope, user=False), "the kernel's call stack: @[kstack] = count()"
    ),
    "ustack": HookBuiltin(
        lambda _node, scope: stack(scope, user=True), "the process's call stack: @[ustack] = count()"
    ),
    "curtask": HookBuiltin(_current_task, "the current task: a struct task_struct *"),
    "usermode": HookBuiltin(_usermode, "1 in user mode, 0 in the kernel: of samples where the CPU was"),
    "ncpus": HookBuiltin(
        lambda _node, scope: typed.Const(scope.kernel.cpus, UINT64), "how many processors there can be"
    ),
    "ppid": HookBuiltin(_of_current("real_parent", "tgid"), "id of the parent process"),
    "pcomm": HookBuiltin(_of_current("real_parent", "comm"), "name of the parent process"),
    "leader_comm": HookBuiltin(_of_current("group_leader", "comm"), "name of the process: of its first thread"),
    "probetype": HookBuiltin(_probe_type, "the kind of the probe, such as tracepoint; special for BEGIN and END"),
    "cpid": HookBuiltin(
        lambda _node, scope: typed.number(scope.options.child), "id of the process that `tracetop run -c` started"
    ),
}
