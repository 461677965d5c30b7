"""Typed statements, clauses and the whole script."""

from tracetop.lang.tree.hook import Hook
from tracetop.lang.tree.node import Frozen
from tracetop.lang.tree.typed.expressions import Expr, Slot
from tracetop.lang.tree.types import Type
from tracetop.model.kernel import Field
from tracetop.model.program import Action, LinearScale, TimeSeries
from tracetop.model.value_kinds import ValueKind


class Statement(Frozen):
    """A statement."""


class SetVariable(Statement):
    """``$name = value``."""

    name: str
    value: Expr


class ClearVariable(Statement):
    """``let $name``: zero, or an empty string."""

    name: str


class Store(Statement):
    """``@name[keys] = value``."""

    slot: Slot
    value: Expr


class Add(Statement):
    """``@name[keys] += value``: atomic, for maps that all CPUs share."""

    slot: Slot
    value: Expr
    op: str = "+"
    """What is done with the value: ``+``, ``|``, ``&`` or ``^``."""


class Aggregate(Statement):
    """``@name[keys] = kind(value)``."""

    slot: Slot
    kind: ValueKind
    value: Expr | None
    """None for count()."""
    linear: LinearScale | None = None
    bits: int = 0
    """Of a hist: each power of two in ``2 ** bits`` parts."""
    series: TimeSeries | None = None


class Delete(Statement):
    """``delete(@name[keys])``."""

    slot: Slot


class Send(Statement):
    """Work for user space: the action, and what its payload holds. `Action.arguments` and the like are laid out so."""

    action: Action
    payload: tuple[Expr, ...] = ()
    dropped: str = ""
    """The map under whose drops a full buffer counts; empty: the output's own."""


class Evaluate(Statement):
    """An expression for what it does (``$x++``)."""

    value: Expr


class If(Statement):
    """``if (condition) { then } else { otherwise }``."""

    condition: Expr
    then: tuple[Statement, ...]
    otherwise: tuple[Statement, ...]


class While(Statement):
    """``while (condition) { body }``."""

    condition: Expr
    body: tuple[Statement, ...]


class ForRange(Statement):
    """``for ($name : low..high) { body }``."""

    name: str
    low: Expr
    high: Expr
    body: tuple[Statement, ...]


class Unrolled(Statement):
    """A loop over a range, round after round, for a kernel without a helper for loops."""

    rounds: tuple[tuple[Statement, ...], ...]


class ForMap(Statement):
    """``for ($name : @map) { body }``; `entry` is the type of the variable: a tuple of key and value."""

    name: str
    map: str
    entry: Type
    body: tuple[Statement, ...]


class Break(Statement):
    """``break``."""


class Continue(Statement):
    """``continue``."""


class Return(Statement):
    """``return``."""


class Block(Statement):
    """``{ body }``."""

    body: tuple[Statement, ...]


class Rounds(Statement):
    """The rounds of an unrolled loop, one after the other."""

    rounds: tuple[Block, ...]


Loop = While | ForRange | ForMap


class Subject(Frozen):
    """The process whose event a clause counts, for the live filter: the current one, none, or that of a pid field."""

    filtered: bool = True
    pid_field: Field | None = None
    """None for the current task."""


class Clause(Frozen):
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


class MapType(Frozen):
    """What the whole script says about one map."""

    name: str
    kind: ValueKind
    keys: tuple[Type, ...]
    labels: tuple[str, ...]
    """What the script calls each part of the key."""
    value: Type
    linear: LinearScale | None = None
    bits: int = 0
    series: TimeSeries | None = None
    entries: int = 0
    """As the script declares it; 0 where it does not."""
    evicts: bool = False
    """Declared so that old entries make room for new ones."""


class Script(Frozen):
    """A checked script."""

    clauses: tuple[Clause, ...]
    maps: tuple[MapType, ...]
    """In the order that the script first names them."""
