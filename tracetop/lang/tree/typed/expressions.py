"""Typed expressions: every name resolved, every one with its `Type`."""

from collections.abc import Callable
from typing import Any

from tracetop.lang.tree.hook import UsdtArgument
from tracetop.lang.tree.node import Frozen
from tracetop.lang.tree.types import BOOL, INT64, UINT64, Type, literal
from tracetop.model.kernel import Field
from tracetop.model.program import Warned


class _Typed:
    """What has a type; each node says at which place among its members."""

    type: Type


class Expr(_Typed, Frozen):
    """An expression."""


class Const(Expr):
    """An integer that the script spells out."""

    value: int
    type: Type = INT64


def number(value: int) -> Const:
    """Return a number with the type that it has where a script spells it out."""
    return Const(value, literal(value))


class Text(Expr):
    """A string that the script spells out."""

    value: bytes
    type: Type


class HookName(Text):
    """``probe``, written out: the name of the clause's hook."""


class BuiltinValue(Expr):
    """A builtin such as ``pid``; its C is in `builtins`."""

    name: str
    type: Type


class Param(Expr):
    """``$1`` to ``$8``, read live; 0 stands for ``$#``."""

    index: int
    type: Type = INT64


class HookNumber(Expr):
    """``probe``, as the number of the clause's hook, which `type` has the name of."""

    number: int
    type: Type


class FieldValue(Expr):
    """A field of the tracepoint's record, or element `index` of an array that a raw form knows one by one."""

    field: Field
    type: Type
    index: int | None = None
    data_loc: bool = False


class Argument(Expr):
    """Argument `index` of the hook: ``arg0`` and so on, or one that BTF names."""

    index: int
    type: Type


class Parameter(Expr):
    """A parameter that debug information names, in its place at the function's first instruction."""

    place: UsdtArgument
    type: Type


class Result(Expr):
    """``retval``: what the function returned."""

    type: Type


class StackArgument(Expr):
    """``sarg0`` and so on: word `index` above the return address."""

    index: int
    type: Type = UINT64


class Register(Expr):
    """``reg("ip")``: `name` is the field of pt_regs."""

    name: str
    type: Type = UINT64


class Deref(Expr):
    """What lies at an address: ``*p``, or the struct that ``p->`` goes into."""

    pointer: Expr
    type: Type


class Member(Expr):
    """A member of a record or tuple, `offset` bytes from where `base` lies; of a bit-field `bits` from `bit_offset`."""

    base: Expr
    offset: int
    type: Type
    bit_offset: int = 0
    bits: int = 0


class Element(Expr):
    """``base[index]`` of an array or string; `type` is the element's. An index beyond its end gives zero."""

    base: Expr
    index: Expr
    type: Type
    count: int = 0
    """Elements of the array; 0 where it does not say."""
    warned: Warned | None = None
    """What is said of an index beyond its end."""


class Tuple(Expr):
    """``(a, b)``."""

    parts: tuple[Expr, ...]
    type: Type


class VarValue(Expr):
    """``$name``; the name is without the ``$``."""

    name: str
    type: Type


class Slot(Frozen):
    """The place ``@name[keys]``."""

    map: str
    keys: tuple[Expr, ...]


class MapValue(Expr):
    """The value in a slot; 0 or an empty string where there is none."""

    slot: Slot
    type: Type


class Total(Expr):
    """What the CPUs' values of an aggregation's slot come to; 0 where there is none."""

    slot: Slot
    type: Type


class Unary(Expr):
    """``-`` or ``~``; ``!`` has the type BOOL."""

    op: str
    operand: Expr
    type: Type


class Binary(Expr):
    """Arithmetic, bits and comparison of integers; `signed` says how the operands are taken."""

    op: str
    left: Expr
    right: Expr
    signed: bool
    type: Type
    warned: Warned | None = None
    """Of a division, what is said where the divisor is 0; the result is 1 then."""


class SameText(Expr):
    """``==`` of two strings; `negated` for ``!=``. `limit`: only so many bytes are compared, 0 for all."""

    left: Expr
    right: Expr
    negated: bool
    limit: int = 0
    type: Type = BOOL


class TextOrder(Expr):
    """How two strings are ordered: below 0 where the left one comes first, 0 where they are the same."""

    left: Expr
    right: Expr
    type: Type = INT64


class SameBytes(Expr):
    """``==`` of two values of one type that lie in memory, such as tuples and arrays."""

    left: Expr
    right: Expr
    negated: bool
    type: Type = BOOL


class Local(Expr):
    """What lies in memory of the program's own: only the emitter makes such nodes, of tuples that it takes apart."""

    place: str
    """C text of its address."""
    type: Type


class Widened(Expr):
    """A tuple laid out as another type, whose parts hold what its own hold."""

    operand: Expr
    type: Type


class Logical(Expr):
    """``&&`` or ``||``: the right side is evaluated only where it decides."""

    op: str
    left: Expr
    right: Expr
    type: Type = BOOL


class Choice(Expr):
    """``condition ? then : otherwise``: only one of the two is evaluated."""

    condition: Expr
    then: Expr
    otherwise: Expr
    type: Type


class BlockValue(Expr):
    """``{ body value }``: statements, then what they come to."""

    body: tuple[Any, ...]
    """Statements."""
    value: Expr
    type: Type


class Convert(Expr):
    """A cast to an integer type."""

    operand: Expr
    type: Type


class StepValue(Expr):
    """``++`` or ``--`` whose value is used: `delta` is what is added, `prefix` gives the new value."""

    target: VarValue | Slot
    delta: int
    prefix: bool
    type: Type


class Named(Expr):
    """A number that is printed as something else: a symbol, a user's name, a time."""

    operand: Expr
    type: Type


class UserAddress(Expr):
    """``usym(address)``: the address and whose it is."""

    operand: Expr
    type: Type


class Stack(Expr):
    """``kstack(depth)`` or ``ustack(depth)``: the stack's id, of a user stack also whose it is."""

    user: bool
    type: Type


class Call(Expr):
    """A call of a function whose value fits into a register; of what it does only the function's own record knows."""

    c: Callable[["Call", Any], str]
    """Returns its C; the second argument is the `Writer` of the clause."""
    arguments: tuple[Expr, ...]
    type: Type
    user: bool | None = None
    """Of one that reads memory: whose it is, the process's or the kernel's; None where only the address tells."""


class LoopCall(Call):
    """A call whose C is a loop, which a helper of the kernel carries out."""


class MemoryCall(Expr):
    """A call of a function whose value lies in memory, such as a string."""

    c: Callable[["MemoryCall", str, Any], None]
    """Writes its C, which fills a place of zeros (C text of a ``char *``)."""
    arguments: tuple[Expr, ...]
    type: Type
    user: bool | None = None
    constant: bool = False
    """Its value stays the same while a clause runs, if its arguments do."""
    most: int = 0
    """Of a buffer: the bytes that there is room for; the type's size is rounded up."""


class HasKey(Expr):
    """``has_key(@map, key)``: to the plan, a read of the map."""

    c: Callable[["HasKey", Any], str]
    slot: Slot
    type: Type = BOOL


class Deleted(Expr):
    """``delete(@map, key)`` whose value is used: whether there was such an entry."""

    slot: Slot
    type: Type = BOOL


class MapLength(Expr):
    """``len(@map)``: how many entries it has."""

    map: str
    type: Type = UINT64
