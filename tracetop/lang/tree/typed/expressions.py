"""Typed expressions: every name resolved, every one with its `Type`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tracetop.lang.tree.typed.hooks import Argument, FieldValue, HookNumber, Register, Result, StackArgument
from tracetop.lang.tree.types import BOOL, INT64, UINT64, Type


@dataclass(frozen=True)
class Const:
    """An integer that the script spells out."""

    value: int
    type: Type = INT64


@dataclass(frozen=True)
class Text:
    """A string that the script spells out."""

    value: bytes
    type: Type


@dataclass(frozen=True)
class HookName(Text):
    """``probe``, written out: the name of the clause's hook."""


@dataclass(frozen=True)
class BuiltinValue:
    """A builtin such as ``pid``; its C is in `builtins`."""

    name: str
    type: Type


@dataclass(frozen=True)
class Param:
    """``$1`` to ``$8``, read live; 0 stands for ``$#``."""

    index: int
    type: Type = INT64


@dataclass(frozen=True)
class Deref:
    """What lies at an address: ``*p``, or the struct that ``p->`` goes into."""

    pointer: "Expr"
    type: Type


@dataclass(frozen=True)
class Member:
    """A member of a record or tuple, `offset` bytes from where `base` lies; of a bit-field `bits` from `bit_offset`."""

    base: "Expr"
    offset: int
    type: Type
    bit_offset: int = 0
    bits: int = 0


@dataclass(frozen=True)
class Element:
    """``base[index]`` of an array or string; `type` is the element's.

    Of an array in the kernel's or a process's memory an index beyond it reads what lies there; of one that the program
    holds itself the last element, or zero where the script spells the index out.
    """

    base: "Expr"
    index: "Expr"
    type: Type


@dataclass(frozen=True)
class Tuple:
    """``(a, b)``."""

    parts: tuple["Expr", ...]
    type: Type


@dataclass(frozen=True)
class VarValue:
    """``$name``; the name is without the ``$``."""

    name: str
    type: Type


@dataclass(frozen=True)
class Slot:
    """The place ``@name[keys]``."""

    map: str
    keys: tuple["Expr", ...]


@dataclass(frozen=True)
class MapValue:
    """The value in a slot; 0 or an empty string where there is none."""

    slot: Slot
    type: Type


@dataclass(frozen=True)
class Total:
    """What the CPUs' values of an aggregation's slot come to; 0 where there is none."""

    slot: Slot
    type: Type


@dataclass(frozen=True)
class Unary:
    """``-`` or ``~``; ``!`` has the type BOOL."""

    op: str
    operand: "Expr"
    type: Type


@dataclass(frozen=True)
class Binary:
    """Arithmetic, bits and comparison of integers; `signed` says how the operands are taken."""

    op: str
    left: "Expr"
    right: "Expr"
    signed: bool
    type: Type


@dataclass(frozen=True)
class SameText:
    """``==`` of two strings; `negated` for ``!=``. `limit`: only so many bytes are compared, 0 for all."""

    left: "Expr"
    right: "Expr"
    negated: bool
    limit: int = 0
    type: Type = BOOL


@dataclass(frozen=True)
class SameBytes:
    """``==`` of two tuples, or other values of one type that lie in memory."""

    left: "Expr"
    right: "Expr"
    negated: bool
    type: Type = BOOL


@dataclass(frozen=True)
class Logical:
    """``&&`` or ``||``: the right side is evaluated only where it decides."""

    op: str
    left: "Expr"
    right: "Expr"
    type: Type = BOOL


@dataclass(frozen=True)
class Choice:
    """``condition ? then : otherwise``: only one of the two is evaluated."""

    condition: "Expr"
    then: "Expr"
    otherwise: "Expr"
    type: Type


@dataclass(frozen=True)
class Convert:
    """A cast to an integer type."""

    operand: "Expr"
    type: Type


@dataclass(frozen=True)
class StepValue:
    """``++`` or ``--`` whose value is used: `delta` is 1 or -1, `prefix` gives the new value."""

    target: VarValue | Slot
    delta: int
    prefix: bool
    type: Type


@dataclass(frozen=True)
class Named:
    """A number that is printed as something else: a symbol, a user's name, a time."""

    operand: "Expr"
    type: Type


@dataclass(frozen=True)
class UserAddress:
    """``usym(address)``: the address and whose it is."""

    operand: "Expr"
    type: Type


@dataclass(frozen=True)
class Stack:
    """``kstack(depth)`` or ``ustack(depth)``: the stack's id, of a user stack also whose it is."""

    user: bool
    type: Type


@dataclass(frozen=True)
class Call:
    """A call of a function whose value fits into a register; of what it does only the function's own record knows."""

    c: Callable[["Call", Any], str]
    """Returns its C; the second argument is the `Writer` of the clause."""
    arguments: tuple["Expr", ...]
    type: Type
    user: bool | None = None
    """Of one that reads memory: whose it is, the process's or the kernel's; None where only the address tells."""


@dataclass(frozen=True)
class MemoryCall:
    """A call of a function whose value lies in memory, such as a string."""

    c: Callable[["MemoryCall", str, Any], None]
    """Writes its C, which fills a place of zeros (C text of a ``char *``)."""
    arguments: tuple["Expr", ...]
    type: Type
    user: bool | None = None
    constant: bool = False
    """Its value stays the same while a clause runs, if its arguments do."""
    most: int = 0
    """Of a buffer: the bytes that there is room for; the type's size is rounded up."""


@dataclass(frozen=True)
class HasKey:
    """``has_key(@map, key)``: to the plan, a read of the map."""

    c: Callable[["HasKey", Any], str]
    slot: Slot
    type: Type = BOOL


@dataclass(frozen=True)
class MapLength:
    """``len(@map)``: how many entries it has."""

    map: str
    type: Type = UINT64


Expr = (
    Const
    | Text
    | HookName
    | HookNumber
    | BuiltinValue
    | Param
    | FieldValue
    | Argument
    | Result
    | StackArgument
    | Register
    | Deref
    | Member
    | Element
    | Tuple
    | VarValue
    | MapValue
    | Total
    | Unary
    | Binary
    | SameText
    | SameBytes
    | Logical
    | Choice
    | Convert
    | StepValue
    | Named
    | UserAddress
    | Stack
    | MapLength
    | Call
    | MemoryCall
    | HasKey
)
