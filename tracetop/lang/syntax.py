"""The syntax tree: what the script says, before anything is known about types, maps or this kernel.

Owns: one frozen node for each construct of the language, each with its offset in the text. Refuses to own: meaning;
`check` turns this tree into that of `typed.py`.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Node:
    """Something that stands at offset `at` of the script."""

    at: int


@dataclass(frozen=True, kw_only=True)
class Integer(Node):
    """An integer literal."""

    value: int


@dataclass(frozen=True, kw_only=True)
class String(Node):
    """A string literal, its escapes resolved to bytes."""

    value: bytes


@dataclass(frozen=True, kw_only=True)
class Name(Node):
    """A bare word: a builtin such as ``pid``, or ``args``."""

    name: str


@dataclass(frozen=True, kw_only=True)
class Parameter(Node):
    """``$1`` to ``$8``; 0 stands for ``$#``, how many there are."""

    index: int


@dataclass(frozen=True, kw_only=True)
class Variable(Node):
    """``$name``."""

    name: str


@dataclass(frozen=True, kw_only=True)
class Map(Node):
    """``@name[keys]``; `name` has the ``@``."""

    name: str
    keys: tuple["Expr", ...]


@dataclass(frozen=True, kw_only=True)
class Access(Node):
    """``base->field`` or ``base.field``."""

    base: "Expr"
    field: str


@dataclass(frozen=True, kw_only=True)
class Index(Node):
    """``base[index]``."""

    base: "Expr"
    index: "Expr"


@dataclass(frozen=True, kw_only=True)
class Unary(Node):
    """``!``, ``~`` or ``-`` before an operand."""

    op: str
    operand: "Expr"


@dataclass(frozen=True, kw_only=True)
class Binary(Node):
    """Any operator between two operands, ``&&`` and ``||`` too."""

    op: str
    left: "Expr"
    right: "Expr"


@dataclass(frozen=True, kw_only=True)
class Ternary(Node):
    """``condition ? then : otherwise``."""

    condition: "Expr"
    then: "Expr"
    otherwise: "Expr"


@dataclass(frozen=True, kw_only=True)
class Cast(Node):
    """``(uint32)operand``."""

    type_name: str
    operand: "Expr"


@dataclass(frozen=True, kw_only=True)
class Step(Node):
    """``++`` or ``--`` before (`prefix`) or behind a variable or map."""

    op: str
    target: Variable | Map
    prefix: bool


@dataclass(frozen=True, kw_only=True)
class Call(Node):
    """``name(arguments)``."""

    name: str
    arguments: tuple["Expr", ...]


Expr = (
    Integer
    | String
    | Name
    | Parameter
    | Variable
    | Map
    | Access
    | Index
    | Unary
    | Binary
    | Ternary
    | Cast
    | Step
    | Call
)


@dataclass(frozen=True, kw_only=True)
class Assign(Node):
    """``target op value;`` where `op` is ``=`` or a compound such as ``+=``."""

    target: Variable | Map
    op: str
    value: Expr


@dataclass(frozen=True, kw_only=True)
class Evaluate(Node):
    """An expression as a statement: a call, or ``@x++``."""

    value: Expr


@dataclass(frozen=True, kw_only=True)
class If(Node):
    """``if (condition) { then } else { otherwise }``."""

    condition: Expr
    then: tuple["Statement", ...]
    otherwise: tuple["Statement", ...]


@dataclass(frozen=True, kw_only=True)
class Return(Node):
    """``return;``: ends this clause, not the others on the same probe."""


Statement = Assign | Evaluate | If | Return


@dataclass(frozen=True, kw_only=True)
class Probe(Node):
    """One probe as written, e.g. ``tracepoint:sched:sched_wakeup*``."""

    text: str


@dataclass(frozen=True, kw_only=True)
class Clause(Node):
    """``probe, probe /predicate/ { body }``."""

    probes: tuple[Probe, ...]
    predicate: Expr | None
    body: tuple[Statement, ...]


@dataclass(frozen=True, kw_only=True)
class Script:
    """A whole script."""

    clauses: tuple[Clause, ...]
