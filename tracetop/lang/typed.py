"""The typed tree: what `check` makes of the syntax tree, and all that `plan` and `emit` see of a script.

Every name is resolved, every expression has a type. Nodes hold no places and compare by structure, so two equal keys
of a map are equal nodes: that is what lets the emitter look a slot up once.
"""

from dataclasses import dataclass

from tracetop.lang.probes import Hook
from tracetop.lang.types import BOOL, INT64, Type
from tracetop.model.kernel import Field
from tracetop.model.program import LinearScale, ValueKind


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
class FieldValue:
    """A field of the tracepoint's record, or element `index` of an array field."""

    field: Field
    type: Type
    index: int = 0
    data_loc: bool = False


@dataclass(frozen=True)
class RawArgument:
    """``arg0`` and so on of a raw tracepoint."""

    index: int
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
    """``==`` of two strings; `negated` for ``!=``."""

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
class StringAt:
    """``str(pointer)``: the string in user memory, or in the kernel's."""

    pointer: "Expr"
    user: bool
    type: Type


Expr = (
    Const
    | Text
    | BuiltinValue
    | Param
    | FieldValue
    | RawArgument
    | VarValue
    | MapValue
    | Unary
    | Binary
    | SameText
    | Logical
    | Choice
    | Convert
    | StepValue
    | StringAt
)


@dataclass(frozen=True)
class SetVariable:
    """``$name = value``."""

    name: str
    value: Expr


@dataclass(frozen=True)
class Store:
    """``@name[keys] = value``."""

    slot: Slot
    value: Expr


@dataclass(frozen=True)
class Add:
    """``@name[keys] += value``: atomic, for maps that all CPUs share."""

    slot: Slot
    value: Expr


@dataclass(frozen=True)
class Aggregate:
    """``@name[keys] = kind(value)``."""

    slot: Slot
    kind: ValueKind
    value: Expr | None
    """None for count()."""
    linear: LinearScale | None = None


@dataclass(frozen=True)
class Delete:
    """``delete(@name[keys])``."""

    slot: Slot


@dataclass(frozen=True)
class Ask:
    """Work for user space: `verb` is ``clear`` or ``zero``."""

    verb: str
    map: str


@dataclass(frozen=True)
class Evaluate:
    """An expression for what it does (``$x++``)."""

    value: Expr


@dataclass(frozen=True)
class If:
    """``if (condition) { then } else { otherwise }``."""

    condition: Expr
    then: tuple["Statement", ...]
    otherwise: tuple["Statement", ...]


@dataclass(frozen=True)
class Return:
    """``return``."""


Statement = SetVariable | Store | Add | Aggregate | Delete | Ask | Evaluate | If | Return


@dataclass(frozen=True)
class Subject:
    """The process whose event a clause counts, for the live filter: the current one, none, or that of a pid field."""

    filtered: bool = True
    pid_field: Field | None = None
    """None for the current task."""


@dataclass(frozen=True)
class Clause:
    """One clause on one hook."""

    hook: Hook
    probe: str
    """The probe as the script wrote it."""
    at: int
    """Where the clause stands in the script: an offset."""
    line: int
    subject: Subject
    predicate: Expr | None
    body: tuple[Statement, ...]
    variables: tuple[tuple[str, Type], ...]


@dataclass(frozen=True)
class MapType:
    """What the whole script says about one map."""

    name: str
    kind: ValueKind
    keys: tuple[Type, ...]
    labels: tuple[str, ...]
    """What the script calls each part of the key."""
    value: Type
    linear: LinearScale | None = None


@dataclass(frozen=True)
class Script:
    """A checked script."""

    clauses: tuple[Clause, ...]
    maps: tuple[MapType, ...]
    """In the order that the script first names them."""
