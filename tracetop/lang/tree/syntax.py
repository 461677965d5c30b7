"""The syntax tree: what the script says, before anything is known about types, maps or this kernel.

Owns: one frozen node for each construct of the language, each with its offset in the text. Refuses to own: meaning;
`check` turns this tree into that of `tree.typed`.
"""

from tracetop.lang.tree.node import Frozen


class Node(Frozen, kw_only=True):
    """Something that stands at offset `at` of the script."""

    at: int


class Expr(Node):
    """An expression."""


class Statement(Node):
    """A statement."""


class Integer(Expr):
    """An integer literal."""

    value: int


class String(Expr):
    """A string literal, its escapes resolved to bytes."""

    value: bytes


class Name(Expr):
    """A bare word: a builtin such as ``pid``, or ``args``."""

    name: str


class TypeName(Node):
    """A type as written: ``uint32``, ``struct task_struct *``, ``char[16]``, ``unsigned long``, ``string[64]``."""

    name: str
    """Without stars and brackets, words separated by one space."""
    pointers: int = 0
    dimensions: tuple[int, ...] = ()
    of: "TypeName | Expr | None" = None
    """Of ``typeof(…)``: what has the type, or names it; the name is empty then."""


class Parameter(Expr):
    """``$1`` and so on; 0 stands for ``$#``, how many there are."""

    index: int


class Variable(Expr):
    """``$name``."""

    name: str


class Map(Expr):
    """``@name[keys]``; `name` has the ``@``."""

    name: str
    keys: tuple[Expr, ...]


class Access(Expr):
    """``base->field`` or ``base.field``; of a tuple the field is a number: ``$t.0``."""

    base: Expr
    field: str


class Index(Expr):
    """``base[index]``."""

    base: Expr
    index: Expr


class Unary(Expr):
    """``!``, ``~``, ``-``, ``*`` (what is at the address) or ``&`` (the address of) before an operand."""

    op: str
    operand: Expr


class Binary(Expr):
    """Any operator between two operands, ``&&`` and ``||`` too."""

    op: str
    left: Expr
    right: Expr


class Ternary(Expr):
    """``condition ? then : otherwise``."""

    condition: Expr
    then: Expr
    otherwise: Expr


class BlockValue(Expr):
    """``{ body value }``: a block as a value; None where its last statement has none, or ends with a semicolon."""

    body: tuple["Statement", ...]
    value: Expr | None
    macro: str = ""
    """The macro that was called here; empty for a block that the script has there."""


class Comptime(Expr):
    """``comptime operand``: a value that must be known while the script is compiled."""

    operand: Expr


class Cast(Expr):
    """``(uint32)operand``."""

    to: TypeName
    operand: Expr


class Tuple(Expr):
    """``(a, b)``; of one item ``(a,)``."""

    items: tuple[Expr, ...]
    names: tuple[str, ...] = ()
    """Of a record, ``(name = value, ...)``, what each is called."""


class SizeOf(Expr):
    """``sizeof(type)`` or ``sizeof(expression)``."""

    of: TypeName | Expr


class OffsetOf(Expr):
    """``offsetof(struct name, field.inner)``."""

    of: TypeName | Expr
    path: tuple[str, ...]


class Step(Expr):
    """``++`` or ``--`` before (`prefix`) or after a variable or map."""

    op: str
    target: Variable | Map
    prefix: bool


class Call(Expr):
    """``name(arguments)``."""

    name: str
    arguments: tuple[Expr, ...]


class Assign(Statement):
    """``target op value;`` where `op` is ``=`` or a compound such as ``+=``."""

    target: Variable | Map
    op: str
    value: Expr


class Evaluate(Statement):
    """An expression as a statement: a call, or ``@x++``."""

    value: Expr
    is_last: bool = False
    """It ends its block without a semicolon: it is the value of a block that is used as one."""


class If(Statement):
    """``if (condition) { then } else { otherwise }``."""

    condition: Expr
    then: tuple[Statement, ...]
    otherwise: tuple[Statement, ...]


class Let(Statement):
    """``let $name: type = value;``; `name` has the ``$``, type and value may be missing."""

    name: str
    type: TypeName | None
    value: Expr | None


class While(Statement):
    """``while (condition) { body }``."""

    condition: Expr
    body: tuple[Statement, ...]


class Range(Node):
    """``low..high`` of a for loop: `high` is not part of it."""

    low: Expr
    high: Expr


class For(Statement):
    """``for ($name : @map) { body }`` or ``for ($name : low..high) { body }``; `name` has the ``$``."""

    name: str
    over: Map | Range
    body: tuple[Statement, ...]


class Unroll(Statement):
    """``unroll (count) { body }``."""

    count: Expr
    body: tuple[Statement, ...]


class Block(Statement):
    """``{ body }``: variables that ``let`` declares inside are unknown after it."""

    body: tuple[Statement, ...]


class Break(Statement):
    """``break;``."""


class Continue(Statement):
    """``continue;``."""


class Return(Statement):
    """``return;``: ends this clause, not the others on the same probe. A value after it means nothing here."""

    value: Expr | None = None


class Setting(Node):
    """``key = value`` of ``config = { … }``; a value is a number or what is written (a word or a string)."""

    key: str
    value: int | str


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
    packed: bool = False
    aligned: int = 0
    """Bytes that it is aligned to at least."""


class Record(Node):
    """``struct name { … };`` or a union, of a script's own."""

    name: str
    members: tuple[Declarator, ...]
    is_union: bool = False
    packed: bool = False
    aligned: int = 0
    """Bytes that it is aligned to at least."""


class Enumeration(Node):
    """``enum name { A, B = 4 };``: the values are worked out."""

    name: str
    members: tuple[tuple[str, int], ...]


class Alias(Node):
    """``typedef type name;``."""

    name: str
    type: TypeName | Record


class MapDeclaration(Node):
    """``let @name = hash(100);``: kind and size of a map, as written; `name` has the ``@``."""

    name: str
    kind: str
    entries: int


Definition = Record | Enumeration | Alias | MapDeclaration


class Probe(Node):
    """One probe as written, e.g. ``tracepoint:sched:sched_wakeup*``."""

    text: str


class Clause(Node):
    """``probe, probe /predicate/ { body }``."""

    probes: tuple[Probe, ...]
    predicate: Expr | None
    body: tuple[Statement, ...]


class Macro(Node):
    """``macro name(value, $variable, @map) { body }``."""

    name: str
    parameters: tuple[str, ...]
    """As written: ``$name`` is a variable and ``@name`` a map of the caller's, ``name`` any value."""
    body: BlockValue


class Script(Frozen, kw_only=True):
    """A whole script."""

    clauses: tuple[Clause, ...]
    macros: tuple[Macro, ...] = ()
    settings: tuple[Setting, ...] = ()
    definitions: tuple[Definition, ...] = ()
    includes: tuple[str, ...] = ()
    """Headers that the script names, which are not read: the kernel's types come from its BTF."""
