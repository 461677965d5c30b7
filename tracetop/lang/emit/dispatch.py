"""The functions of the emitter that have one implementation for each kind of node.

Owns: the points that the modules here register with, so that they can call one another without importing one another.
"""

from dataclasses import dataclass
from enum import Enum
from functools import singledispatch

from tracetop.lang.emit.writer import Writer, c_stored
from tracetop.lang.tree import typed
from tracetop.lang.tree.types import Type


class Space(Enum):
    """Whose memory an address is of."""

    LOCAL = "local"
    """The program's own: read without a helper."""
    KERNEL = "kernel"
    USER = "user"
    ANY = "any"
    """Only the address itself tells."""

    @staticmethod
    def of(user: bool | None) -> "Space":
        """Return the space of what a type says is the process's, or not."""
        return Space.ANY if user is None else Space.USER if user else Space.KERNEL


@singledispatch
def value(node: typed.Expr, _out: Writer) -> str:
    """Return C text of an integer, of type s64 or u64 as its type's sign says.

    What must happen in order, or only once, is written into the `Writer` before.
    """
    raise AssertionError(f"no C for {node}")


@singledispatch
def fill(node: typed.Expr, _place: str, _out: Writer) -> None:
    """Write what lies in memory into `place`, a ``char *`` to ``node.type.size`` bytes of zeros."""
    raise AssertionError(f"no C for {node}")


@dataclass(frozen=True)
class Where:
    """A place in memory: C text of its address, and whose memory it is."""

    address: str
    space: Space


@singledispatch
def address(node: typed.Expr, out: Writer) -> Where:
    """Return where the value of a node lies; what lies nowhere yet is put into memory of our own."""
    return Where(text(node, out), Space.LOCAL)


@singledispatch
def statement(node: typed.Statement, _out: Writer) -> None:
    """Write the C of a statement."""
    raise AssertionError(f"no C for {node}")


def text(node: typed.Expr, out: Writer) -> str:
    """Return the name of an array that holds what `node` is, ``node.type.size`` bytes; text is padded with NULs."""
    known = held_text(node, out)
    if known and not (out.keeps_order and isinstance(node, typed.VarValue)):
        return known
    name = out.array(node.type.size)
    if known:
        out.move(name, known, node.type.size)
        return name
    fill(node, name, out)
    return out.remember(node, name)


def held_text(node: typed.Expr, out: Writer) -> str | None:
    """Return the array that holds the value already, or None."""
    return out.c_names[node.name] if isinstance(node, typed.VarValue) else out.recall(node)


def held(node: typed.Expr, type_: Type, stem: str, out: Writer) -> str:
    """Return text of the integer `node` that may be written more than once: a number, or a temporary's name."""
    while isinstance(node, typed.Named):
        node = node.operand
    written = value(node, out)
    if isinstance(node, typed.Const) or written in out.names:
        return written
    return out.temporary(type_, written, stem)


def put(node: typed.Expr, place: str, out: Writer) -> None:
    """Write any value into memory of ours at `place`, a ``char *`` that is aligned for its type."""
    if node.type.is_scalar:
        written = value(node, out)
        out.line(f"*({c_stored(node.type)} *)({place}) = {written};")
        return
    held = held_text(node, out)
    if held:
        out.move(place, held, node.type.size)
    else:
        fill(node, place, out)
