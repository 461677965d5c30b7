"""Functions about code: its addresses and names, call stacks, registers: ``ksym``, ``kstack``, ``kaddr``, ``reg``."""

from functools import partial

from tracetop.errors import did_you_mean
from tracetop.lang.check.calls import Arguments, ValueFunction
from tracetop.lang.check.identifiers import MAX_STACK_DEPTH, stack
from tracetop.lang.emit.dispatch import value
from tracetop.lang.emit.writer import Writer
from tracetop.lang.options import STACK_MODES
from tracetop.lang.tree import typed
from tracetop.lang.tree.types import UINT64, opaque, pointer
from tracetop.lang.vocabulary.builtins import BUILTINS, POINTERS, REGISTERS
from tracetop.model.ctype import CKind, CType
from tracetop.model.kinds import Family, ProbeKind
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


_KSTACK = ValueFunction(
    "kstack(MODE, DEPTH)", "the kernel's call stack, DEPTH frames of it; both may be left out", _stack
)
_USTACK = ValueFunction(
    "ustack(MODE, DEPTH)", "the process's call stack, DEPTH frames of it; both may be left out", _stack
)


@partial(ValueFunction, "ksym(ADDRESS)", "name of the kernel function at an address")
def _ksym(arguments: Arguments) -> typed.Expr:
    arguments.count(1)
    return typed.Named(arguments.integer(0), opaque(Shape.KSYM, 8))


@partial(ValueFunction, "usym(ADDRESS)", "name of the process's function at an address")
def _usym(arguments: Arguments) -> typed.Expr:
    arguments.count(1)
    return typed.UserAddress(arguments.integer(0), opaque(Shape.USYM, 16))


@partial(ValueFunction, 'kaddr("NAME")', "address of a kernel symbol")
def _kaddr(arguments: Arguments) -> typed.Expr:
    arguments.count(1)
    name = arguments.literal(0).decode(errors="replace")
    found = arguments.scope.kernel.address(name)
    if found is None:
        raise arguments.error(
            f"the kernel has no symbol {name}", hint="see /proc/kallsyms for those it has", at=arguments.at(0)
        )
    return typed.Const(found, pointer(_WORD, user=False))


@partial(
    ValueFunction, 'percpu_kaddr("NAME", CPU)', "address of a kernel variable that each CPU has; CPU may be left out"
)
def _percpu_kaddr(arguments: Arguments) -> typed.Expr:
    arguments.count(1, 2)
    name = arguments.literal(0).decode(errors="replace")
    kernel = arguments.scope.kernel
    found, offsets = kernel.address(name), kernel.address("__per_cpu_offset")
    if found is None or offsets is None:
        raise arguments.error(
            f"the kernel has no symbol {name if found is None else '__per_cpu_offset'}",
            why="addresses of variables are there only where it was built with CONFIG_KALLSYMS_ALL",
            hint="see /proc/kallsyms for those it has",
            at=arguments.at(0),
        )
    cpu = arguments.integer(1) if len(arguments) == 2 else typed.BuiltinValue("cpu", BUILTINS["cpu"].type)
    places = (typed.Const(found, UINT64), typed.Const(offsets, UINT64), cpu)
    return typed.Call(_percpu_kaddr_c, places, pointer(_WORD, user=False))


def _percpu_kaddr_c(call: typed.Call, out: Writer) -> str:
    """Write the sum of the symbol's address and the CPU's offset, 0 for a CPU that there cannot be."""
    base, offsets, cpu = (value(argument, out) for argument in call.arguments)
    number = out.temporary(UINT64, cpu, "cpu")
    offset = out.number("u64", "offset", "0")
    address = out.temporary(UINT64, "0", "address")
    with out.block(f"if ({number} < TT_CPUS)"):
        out.line(f"bpf_probe_read_kernel(&{offset}, 8, (void *)({offsets} + 8 * {number}));")
        out.line(f"{address} = {base} + {offset};")
    return address


@partial(
    ValueFunction, 'uaddr("NAME")', "address of a function or variable of the probed binary, where the process has it"
)
def _uaddr(arguments: Arguments) -> typed.Expr:
    arguments.count(1)
    scope, name = arguments.scope, arguments.literal(0).decode(errors="replace")
    hook = scope.hook
    if hook.kind.facts.family is not Family.USER:
        raise arguments.error(f"uaddr() has no binary in {hook.name}", hint="use it in uprobe, uretprobe or usdt")
    found = scope.kernel.sources.symbol_distance(hook.target, name, hook.offset)
    if found is None:
        raise arguments.error(
            f"{hook.target} has no symbol {name}",
            hint="nm shows those it has, nm -D of a stripped one",
            at=arguments.at(0),
        )
    distance, size = found
    here: typed.Expr = typed.Register(POINTERS[scope.kernel.arch][0])
    if hook.kind is ProbeKind.URETPROBE:  # the instruction is the caller's there
        here = typed.BuiltinValue("func_ip", UINT64)
    word = CType(kind=CKind.INT, size=size, name=f"uint{8 * size}_t") if size in (1, 2, 4, 8) else _WORD
    return typed.Call(_uaddr_c, (here, typed.Const(distance)), pointer(word, user=True))


def _uaddr_c(call: typed.Call, out: Writer) -> str:
    here, distance = call.arguments
    at = out.temporary(UINT64, value(here, out), "at")
    return f"({at} ? {at} + {value(distance, out)} : 0)"


@partial(ValueFunction, 'reg("NAME")', 'a register of the CPU, e.g. "ip"')
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
