"""Functions about code: its addresses and names, call stacks, registers: ``ksym``, ``kstack``, ``kaddr``, ``reg``."""

from functools import partial

from tracetop.errors import did_you_mean
from tracetop.lang.check.calls import Arguments, ValueFunction
from tracetop.lang.check.identifiers import MAX_STACK_DEPTH, stack
from tracetop.lang.options import STACK_MODES
from tracetop.lang.tree import typed
from tracetop.lang.tree.types import opaque, pointer
from tracetop.lang.vocabulary.builtins import REGISTERS
from tracetop.model.ctype import CKind, CType
from tracetop.model.kinds import Family
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


@partial(ValueFunction, 'uaddr("NAME")', "address of a symbol of the probed binary")
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
