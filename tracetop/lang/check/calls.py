"""A call of a function: its arguments, taken one by one as the function wants them, and the kinds of functions.

Owns: the errors about a call's arguments, so that all functions speak alike. An argument is checked when it is asked
for, because some are words (``kstack(perf)``) that are not expressions. Which functions there are: `lang.functions`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tracetop.errors import ScriptError
from tracetop.lang.check.scope import Function, Scope
from tracetop.lang.tree import syntax, typed
from tracetop.lang.tree.types import Form, spoken
from tracetop.model.kinds import Family, ProbeKind

_ANY = 1 << 62
"""A bound so high that an error does not name it."""


@dataclass(frozen=True)
class Arguments:
    """One call being checked."""

    scope: Scope
    call: syntax.Call
    usage: str
    """How the call is written, e.g. ``str(POINTER, LENGTH)``."""

    def __len__(self) -> int:
        return len(self.call.arguments)

    def __bool__(self) -> bool:
        return True

    @property
    def name(self) -> str:
        """The function's."""
        return self.call.name

    def error(self, what: str, *, hint: str = "", why: str = "", at: int | None = None) -> ScriptError:
        """Return the error at the call, or at offset `at`; the caller raises it."""
        return self.scope.error(self.call.at if at is None else at, what, why=why, hint=hint or f"write {self.usage}")

    def count(self, least: int, most: int | None = None) -> None:
        """Raise ScriptError unless there are so many arguments; `most` None: as many as `least`."""
        top = least if most is None else most
        if not least <= len(self) <= top:
            wanted = f"{least}" if least == top else f"{least} to {top}"
            wanted = "no" if wanted == "0" else wanted
            plural = "argument" if wanted == "1" else "arguments"
            given = "here is 1" if len(self) == 1 else f"here are {len(self)}"
            raise self.error(f"{self.name}() takes {wanted} {plural}, {given}")

    def at(self, i: int) -> int:
        """Return where argument `i` stands."""
        return self.call.arguments[i].at

    def value(self, i: int) -> typed.Expr:
        """Return argument `i`, whatever it is. ScriptError for what has no value."""
        found = self.scope.check(self.call.arguments[i], self.scope)
        if found.type.form is Form.NONE:
            raise self.error("this has no value", at=self.at(i))
        return found

    def values(self, first: int = 0) -> tuple[typed.Expr, ...]:
        """Return all arguments from `first` on."""
        return tuple(self.value(i) for i in range(first, len(self)))

    def integer(self, i: int) -> typed.Expr:
        """Return argument `i`, an integer."""
        found = self.value(i)
        if not found.type.is_integer:
            raise self.error(f"{self.name}() takes an integer, this is {spoken(found.type)}", at=self.at(i))
        return found

    def pointer(self, i: int) -> typed.Expr:
        """Return argument `i` as something that holds an address."""
        found = self.value(i)
        if found.type.form is Form.STRING:
            raise self.error("this is a string already", hint=f"leave {self.name}() away", at=self.at(i))
        if not found.type.is_integer:
            raise self.error(f"{self.name}() takes a pointer, this is {spoken(found.type)}", at=self.at(i))
        return found

    def space(self, pointer: typed.Expr) -> bool | None:
        """Say whether a pointer points into the process (True) or the kernel (False); None where nothing tells."""
        if pointer.type.user is not None:
            return pointer.type.user
        hook = self.scope.hook
        if hook.kind is ProbeKind.TRACEPOINT:  # pointers in records of other tracepoints are the kernel's own
            return hook.category in ("syscalls", "raw_syscalls") if isinstance(pointer, typed.FieldValue) else None
        return True if hook.kind.facts.family is Family.USER else None

    def text(self, i: int) -> typed.Expr:
        """Return argument `i`, a string."""
        found = self.value(i)
        if found.type.form not in (Form.STRING, Form.UNKNOWN):
            hint = f"write {self.usage}; str() reads the string that a pointer points to"
            raise self.error(f"{self.name}() takes a string, this is {spoken(found.type)}", hint=hint, at=self.at(i))
        return found

    def literal(self, i: int) -> bytes:
        """Return argument `i`, a string that the script spells out."""
        node = self.call.arguments[i]
        if not isinstance(node, syntax.String):
            raise self.error(f"{self.name}() takes a string that is spelt out here", at=self.at(i))
        return node.value

    def constant(self, i: int, least: int, most: int) -> int:
        """Return argument `i`, a number that the script spells out, from `least` to `most`."""
        found = self.value(i)
        if not isinstance(found, typed.Const):
            raise self.error(
                f"argument {i + 1} of {self.name}() must be a number that is spelt out",
                hint=f"write a number from {least} to {most}" if most < _ANY else "write a number",
                at=self.at(i),
            )
        if not least <= found.value <= most:
            raise self.error(
                f"argument {i + 1} of {self.name}() cannot be {found.value}",
                hint=f"write a number from {least} to {most}",
                at=self.at(i),
            )
        return found.value

    def word(self, i: int) -> str | None:
        """Return argument `i` where it is a bare word, else None."""
        node = self.call.arguments[i] if i < len(self) else None
        return node.name if isinstance(node, syntax.Name) else None

    def map(self, i: int) -> syntax.Map | None:
        """Return argument `i` where it is a map, else None."""
        node = self.call.arguments[i] if i < len(self) else None
        return node if isinstance(node, syntax.Map) else None


@dataclass(frozen=True)
class ValueFunction(Function):
    """A part of an expression. Each kind of function decorates its check: ``@partial(ValueFunction, USAGE, ABOUT)``."""

    check: Callable[[Arguments], typed.Expr]


@dataclass(frozen=True)
class StatementFunction(Function):
    """A statement of its own."""

    check: Callable[[Arguments], typed.Statement]
    value: Callable[[Arguments], typed.Expr] | None = None
    """What it comes to where its value is used."""


@dataclass(frozen=True)
class Aggregation(Function):
    """What stands right of ``@map =``: the map is handed to its check, and the slot there."""

    check: Callable[[Arguments, syntax.Map, typed.Slot], typed.Aggregate]
