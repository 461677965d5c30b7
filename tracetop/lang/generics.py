"""The functions of the emitter that have one implementation for each kind of node.

Owns: the points that the `emit_*` modules register with, so that they can call one another without importing one
another.
"""

from functools import singledispatch

from tracetop.lang import typed
from tracetop.lang.writer import Writer


@singledispatch
def value(node: typed.Expr, _out: Writer) -> str:
    """Return C text of an integer, of type s64 or u64 as its type's sign says.

    What must happen in order, or only once, is written into the `Writer` before.
    """
    raise AssertionError(f"no C for {node}")


@singledispatch
def fill(node: typed.Expr, _place: str, _out: Writer) -> None:
    """Write a string into the char array `place`, which is all NULs and has room for ``node.type.size`` bytes."""
    raise AssertionError(f"no C for {node}")


@singledispatch
def statement(node: typed.Statement, _out: Writer) -> None:
    """Write the C of a statement."""
    raise AssertionError(f"no C for {node}")


def text(node: typed.Expr, out: Writer) -> str:
    """Return the name of a char array that holds a string of ``node.type.size`` bytes, padded with NULs."""
    known = held_text(node, out)
    if known:
        return known
    name = out.array(node.type.size)
    fill(node, name, out)
    return out.remember(node, name)


def held_text(node: typed.Expr, out: Writer) -> str | None:
    """Return the char array that holds a string already, or None."""
    return f"var_{node.name}" if isinstance(node, typed.VarValue) else out.recall(node)
