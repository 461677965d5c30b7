"""Functions about addresses, stacks and registers: ``ksym``, ``kstack``, ``kaddr``, ``reg``, ``ntop`` and others."""

from tracetop.errors import did_you_mean
from tracetop.lang.check.functions.call_arguments import Arguments
from tracetop.lang.check.functions.function import ValueFunction
from tracetop.lang.check.functions.strings import address, space
from tracetop.lang.check.identifiers import MAX_STACK_DEPTH, stack
from tracetop.lang.options import STACK_MODES
from tracetop.lang.tree import typed
from tracetop.lang.tree.types import NSECS, UINT64, Form, Type, opaque, pointer, spoken
from tracetop.lang.vocabulary.builtins import CLOCKS, REGISTERS
from tracetop.model.ctype import VOID, CKind, CType
from tracetop.model.kinds import Family
from tracetop.model.program import KeyRole
from tracetop.model.value import Shape

_WORD = CType(kind=CKind.INT, size=8, name="unsigned long")
"""What symbols of data are taken to be; a cast says otherwise."""


def _stack(arguments: Arguments) -> typed.Expr:
    arguments.count(0, 2)
    mode, depth = "", 0
    for i in range(len(arguments)):
        word = arguments.word(i)
        if word is None:
            depth = arguments.constant(i, 1, MAX_STACK_DEPTH)
        elif word in STACK_MODES:
            mode = word
        else:
            hint = did_you_mean(word, STACK_MODES, f"use one of {', '.join(STACK_MODES)}")
            raise arguments.error(f"stacks have no mode {word}", hint=hint, at=arguments.at(i))
    return stack(arguments.scope, arguments.name == "ustack", mode, depth)


def _ksym(arguments: Arguments) -> typed.Expr:
    arguments.count(1)
    return typed.Named(arguments.integer(0), opaque(Shape.KSYM, 8))


def _usym(arguments: Arguments) -> typed.Expr:
    arguments.count(1)
    return typed.UserAddress(arguments.integer(0), opaque(Shape.USYM, 16))


def _kaddr(arguments: Arguments) -> typed.Expr:
    arguments.count(1)
    name = arguments.literal(0).decode(errors="replace")
    found = arguments.scope.kernel.address(name)
    if found is None:
        raise arguments.error(
            f"the kernel has no symbol {name}", hint="see /proc/kallsyms for those it has", at=arguments.at(0)
        )
    return typed.Const(found, pointer(_WORD, user=False))


def _uaddr(arguments: Arguments) -> typed.Expr:
    arguments.count(1)
    hook, name = arguments.scope.hook, arguments.literal(0).decode(errors="replace")
    if hook.kind.facts.family is not Family.USER:
        raise arguments.error(f"uaddr() has no binary in {hook.name}", hint="use it in uprobe, uretprobe or usdt")
    found = arguments.scope.kernel.address(name, hook.target)
    if found is None:
        raise arguments.error(
            f"{hook.target} has no symbol {name}", hint="nm -D shows those it has", at=arguments.at(0)
        )
    return typed.Const(found, pointer(_WORD, user=True))


def _reg(arguments: Arguments) -> typed.Expr:
    arguments.count(1)
    scope, name = arguments.scope, arguments.literal(0).decode(errors="replace")
    facts = scope.hook.kind.facts
    if not facts.is_on_code and not facts.is_sample:
        raise arguments.error(f"{scope.hook.name} has no registers", hint="use it in kprobe, uprobe or profile")
    names = REGISTERS.get(scope.kernel.arch, {})
    if name not in names:
        hint = did_you_mean(name, names, f"there are {', '.join(names)}")
        raise arguments.error(f"{scope.kernel.arch} has no register {name}", hint=hint, at=arguments.at(0))
    return typed.Register(names[name])


def _ntop(arguments: Arguments) -> typed.Expr:
    arguments.count(1, 2)
    family = arguments.integer(0) if len(arguments) == 2 else None
    operand = arguments.value(len(arguments) - 1)
    if not operand.type.is_integer and not (operand.type.form is Form.ARRAY and operand.type.size in (4, 16)):
        raise arguments.error(
            f"ntop() takes an address of 4 or 16 bytes, this is {spoken(operand.type)}",
            hint="write ntop(AF_INET, INTEGER) or ntop(ARRAY)",
            at=arguments.at(len(arguments) - 1),
        )
    return typed.Address(family, operand, opaque(Shape.INET, 24))


def _macaddr(arguments: Arguments) -> typed.Expr:
    arguments.count(1)
    operand = arguments.value(0)
    if operand.type.form is Form.ARRAY or operand.type.form is Form.STRING:
        if operand.type.size < 6:
            raise arguments.error("a MAC address has 6 bytes", at=arguments.at(0))
        where: typed.Expr = typed.Unary("&", operand, Type(signed=False))
        return typed.BytesAt(where, operand.type.user, opaque(Shape.MAC, 8))
    where = address(arguments, 0)
    return typed.BytesAt(where, space(arguments, where), opaque(Shape.MAC, 8))


def _bswap(arguments: Arguments) -> typed.Expr:
    arguments.count(1)
    operand = arguments.integer(0)
    return typed.Swap(operand, Type(size=operand.type.size, signed=False))


def _cgroupid(arguments: Arguments) -> typed.Expr:
    arguments.count(1)
    path = arguments.literal(0).decode(errors="surrogateescape")
    found = arguments.scope.kernel.cgroup_id(path)
    if found is None:
        raise arguments.error(
            f"there is no cgroup {path}", hint="name a folder below /sys/fs/cgroup", at=arguments.at(0)
        )
    return typed.Const(found, UINT64)


def _cgroup_path(arguments: Arguments) -> typed.Expr:
    arguments.count(1, 2)
    return typed.Named(arguments.integer(0), opaque(Shape.CGROUP_PATH, 8))


def _nsecs(arguments: Arguments) -> typed.Expr:
    arguments.count(0, 1)
    word = arguments.word(0) or "monotonic"
    if word not in CLOCKS:
        raise arguments.error(f"there is no clock {word}", hint=f"use one of {', '.join(CLOCKS)}", at=arguments.at(0))
    name = f"nsecs({word})"
    return typed.BuiltinValue(name if word != "monotonic" else "nsecs", NSECS)


def _into(user: bool) -> ValueFunction:
    """Return ``uptr`` or ``kptr``: the same address, said to be of the process or of the kernel."""

    def check(arguments: Arguments) -> typed.Expr:
        arguments.count(1)
        operand = address(arguments, 0)
        return typed.Convert(operand, pointer(operand.type.c or VOID, user=user))

    name = "uptr" if user else "kptr"
    where = "the process" if user else "the kernel"
    return ValueFunction(check, f"{name}(POINTER)", f"an address in {where}")


def _of_task(role: KeyRole, name: str) -> ValueFunction:
    """Return ``pid(namespace)`` or ``tid(namespace)``: here always that of the machine."""

    def check(arguments: Arguments) -> typed.Expr:
        arguments.count(0, 1)
        if arguments.word(0) == "curr_ns":
            raise arguments.error(
                f"{name}(curr_ns) is not supported", hint=f"use {name}, the machine's number", at=arguments.at(0)
            )
        return typed.BuiltinValue(name, Type(size=4, signed=False, role=role))

    return ValueFunction(check, f"{name}()", "as without parentheses")


SYMBOL_FUNCTIONS = {
    "kstack": ValueFunction(
        _stack, "kstack(MODE, DEPTH)", "the kernel's call stack, DEPTH frames of it; both may be left out"
    ),
    "ustack": ValueFunction(
        _stack, "ustack(MODE, DEPTH)", "the process's call stack, DEPTH frames of it; both may be left out"
    ),
    "ksym": ValueFunction(_ksym, "ksym(ADDRESS)", "name of the kernel function at an address"),
    "usym": ValueFunction(_usym, "usym(ADDRESS)", "name of the process's function at an address"),
    "kaddr": ValueFunction(_kaddr, 'kaddr("NAME")', "address of a kernel symbol"),
    "uaddr": ValueFunction(_uaddr, 'uaddr("NAME")', "address of a symbol of the probed binary"),
    "reg": ValueFunction(_reg, 'reg("NAME")', 'a register of the CPU, e.g. "ip"'),
    "ntop": ValueFunction(_ntop, "ntop(FAMILY, ADDRESS)", "an IP address as text; FAMILY may be left out"),
    "macaddr": ValueFunction(_macaddr, "macaddr(POINTER)", "a MAC address as text"),
    "bswap": ValueFunction(_bswap, "bswap(VALUE)", "the bytes in the other order, as of a port from the network"),
    "cgroupid": ValueFunction(_cgroupid, 'cgroupid("PATH")', "id of a cgroup, to compare with cgroup"),
    "cgroup_path": ValueFunction(_cgroup_path, "cgroup_path(ID)", "path of a cgroup"),
    "nsecs": ValueFunction(_nsecs, "nsecs(CLOCK)", "nanoseconds of another clock: monotonic, boot or tai"),
    "uptr": _into(user=True),
    "kptr": _into(user=False),
    "pid": _of_task(KeyRole.PID, "pid"),
    "tid": _of_task(KeyRole.TID, "tid"),
}
