"""Typed expressions of what only one hook has: which it is, and what it passes."""

from dataclasses import dataclass

from tracetop.lang.tree.types import UINT64, Type
from tracetop.model.kernel import Field


@dataclass(frozen=True)
class HookNumber:
    """``probe``, as the number of the clause's hook, which `type` has the name of."""

    number: int
    type: Type


@dataclass(frozen=True)
class FieldValue:
    """A field of the tracepoint's record, or element `index` of an array that a raw form knows one by one."""

    field: Field
    type: Type
    index: int | None = None
    data_loc: bool = False


@dataclass(frozen=True)
class Argument:
    """Argument `index` of the hook: ``arg0`` and so on, or one that BTF names."""

    index: int
    type: Type


@dataclass(frozen=True)
class Result:
    """``retval``: what the function returned."""

    type: Type


@dataclass(frozen=True)
class StackArgument:
    """``sarg0`` and so on: word `index` above the return address."""

    index: int
    type: Type = UINT64


@dataclass(frozen=True)
class Register:
    """``reg("ip")``: `name` is the field of pt_regs."""

    name: str
    type: Type = UINT64
