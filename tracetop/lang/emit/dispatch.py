"""The functions of the emitter that have one implementation for each kind of node.

Owns: the points that the modules here register with, so that they can call one another without importing one another.
"""

from dataclasses import dataclass, replace
from enum import Enum
from functools import singledispatch

from tracetop.lang.emit.writer import Writer, c_stored
from tracetop.lang.tree import typed
from tracetop.lang.tree.types import Form, Type, tuple_offsets


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
    valid: str = ""
    """C condition of there being such a place; where it is false, what lies there is zero. Empty: there is."""

    def moved(self, offset: str | int) -> "Where":
        """Return the place so many bytes further, in C text or a number."""
        return replace(self, address=f"{self.address} + {offset}") if offset else self


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


def put(node: typed.Expr, place: str, out: Writer, type_: Type | None = None) -> None:
    """Write any value into memory of ours at `place`, a ``char *`` to zeros that is aligned for its type.

    `type_`: that of what lies there, which holds all that the value's own does; None for its own.
    """
    type_ = type_ or node.type
    if type_.is_scalar:
        written = value(node, out)
        out.line(f"*({c_stored(type_)} *)({place}) = {written};")
        return
    held = held_text(node, out)
    if type_.form is Form.TUPLE and not same_layout(node.type, type_):
        _widen(node, held, place, type_, out)
    elif held:
        out.move(place, held, node.type.size)
    else:
        fill(node, place, out)


def same_layout(a: Type, b: Type) -> bool:
    """Say whether the bytes of a value of one type are those of the same value of the other."""
    if a.form is not Form.TUPLE or b.form is not Form.TUPLE:
        return a.form is b.form and a.size == b.size
    return a.names == b.names and all(same_layout(x, y) for x, y in zip(a.parts, b.parts, strict=True))


def _widen(node: typed.Expr, held: str | None, place: str, to: Type, out: Writer) -> None:
    """Write a tuple into a place that is laid out otherwise, part by part."""
    order = [node.type.names.index(name) for name in to.names] or range(len(to.parts))
    if isinstance(node, typed.Tuple):
        parts: list[typed.Expr] = [node.parts[i] for i in order]
    else:
        source = held or text(node, out)
        offsets, _size = tuple_offsets(node.type.parts)
        parts = [typed.Local(f"{source} + {offsets[i]}", node.type.parts[i]) for i in order]
    for part, offset, type_ in zip(parts, tuple_offsets(to.parts)[0], to.parts, strict=True):
        put(part, f"({place} + {offset})" if offset else place, out, type_)
