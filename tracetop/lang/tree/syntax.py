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
class TypeName(Node):
    """A type as written: ``uint32``, ``struct task_struct *``, ``char[16]``, ``unsigned long``, ``string[64]``."""

    name: str
    """Without stars and brackets, words separated by one space."""
    pointers: int = 0
    dimensions: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Parameter(Node):
    """``$1`` and so on; 0 stands for ``$#``, how many there are."""

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
    """``base->field`` or ``base.field``; of a tuple the field is a number: ``$t.0``."""

    base: "Expr"
    field: str


@dataclass(frozen=True, kw_only=True)
class Index(Node):
    """``base[index]``."""

    base: "Expr"
    index: "Expr"


@dataclass(frozen=True, kw_only=True)
class Unary(Node):
    """``!``, ``~``, ``-``, ``*`` (what is at the address) or ``&`` (the address of) before an operand."""

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

    to: TypeName
    operand: "Expr"


@dataclass(frozen=True, kw_only=True)
class Tuple(Node):
    """``(a, b)``; of one item ``(a,)``."""

    items: tuple["Expr", ...]


@dataclass(frozen=True, kw_only=True)
class SizeOf(Node):
    """``sizeof(type)`` or ``sizeof(expression)``."""

    of: "TypeName | Expr"


@dataclass(frozen=True, kw_only=True)
class OffsetOf(Node):
    """``offsetof(struct name, field.inner)``."""

    of: "TypeName | Expr"
    path: tuple[str, ...]


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
    | Tuple
    | SizeOf
    | OffsetOf
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
class Let(Node):
    """``let $name: type = value;``; `name` has the ``$``, type and value may be missing."""

    name: str
    type: TypeName | None
    value: Expr | None


@dataclass(frozen=True, kw_only=True)
class While(Node):
    """``while (condition) { body }``."""

    condition: Expr
    body: tuple["Statement", ...]


@dataclass(frozen=True, kw_only=True)
class Range(Node):
    """``low..high`` of a for loop: `high` is not part of it."""

    low: Expr
    high: Expr


@dataclass(frozen=True, kw_only=True)
class For(Node):
    """``for ($name : @map) { body }`` or ``for ($name : low..high) { body }``; `name` has the ``$``."""

    name: str
    over: Map | Range
    body: tuple["Statement", ...]


@dataclass(frozen=True, kw_only=True)
class Unroll(Node):
    """``unroll (count) { body }``."""

    count: Expr
    body: tuple["Statement", ...]


@dataclass(frozen=True, kw_only=True)
class Block(Node):
    """``{ body }``: variables that ``let`` declares inside are unknown behind it."""

    body: tuple["Statement", ...]


@dataclass(frozen=True, kw_only=True)
class Break(Node):
    """``break;``."""


@dataclass(frozen=True, kw_only=True)
class Continue(Node):
    """``continue;``."""


@dataclass(frozen=True, kw_only=True)
class Return(Node):
    """``return;``: ends this clause, not the others on the same probe. A value behind it means nothing here."""

    value: Expr | None = None


Statement = Assign | Evaluate | If | Let | While | For | Unroll | Block | Break | Continue | Return


@dataclass(frozen=True, kw_only=True)
class Setting(Node):
    """``key = value`` of ``config = { … }``; a value is a number or what is written (a word or a string)."""

    key: str
    value: int | str


@dataclass(frozen=True, kw_only=True)
class Declarator(Node):
    """A member of a struct, as written: ``char *name[4]``, ``int a : 3``; anonymous inner structs have no name.

    A pointer to a function is one to void.
    """

    name: str
    type: "TypeName | Record"
    pointers: int = 0
    """Stars before the name, where the type is a `Record`; else they are in the `TypeName`."""
    dimensions: tuple[int, ...] = ()
    bits: int | None = None
    """Width of a bit-field; one without a name only takes the room."""


@dataclass(frozen=True, kw_only=True)
class Record(Node):
    """``struct name { … };`` or a union, of a script's own."""

    name: str
    members: tuple[Declarator, ...]
    is_union: bool = False
    packed: bool = False


@dataclass(frozen=True, kw_only=True)
class Enumeration(Node):
    """``enum name { A, B = 4 };``: the values are worked out."""

    name: str
    members: tuple[tuple[str, int], ...]


@dataclass(frozen=True, kw_only=True)
class Alias(Node):
    """``typedef type name;``."""

    name: str
    type: TypeName | Record


@dataclass(frozen=True, kw_only=True)
class MapDeclaration(Node):
    """``let @name = hash(100);``: kind and size of a map, as written; `name` has the ``@``."""

    name: str
    kind: str
    entries: int


Definition = Record | Enumeration | Alias | MapDeclaration


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
    settings: tuple[Setting, ...] = ()
    definitions: tuple[Definition, ...] = ()
    includes: tuple[str, ...] = ()
    """Headers that the script names, which are not read: the kernel's types come from its BTF."""
