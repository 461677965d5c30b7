"""The C of one clause while it is written: lines, temporaries, and what has been looked up already.

Owns: which temporaries hold what, and for how long. A value that stays the same while a clause runs (``tid``), and
the pointer to a map's slot, are fetched once and remembered until something could have changed them; what a branch
fetched is forgotten behind it.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tracetop.lang import typed
from tracetop.lang.builtins import BUILTINS
from tracetop.lang.plan import Plan, PlannedMap, PlannedProgram
from tracetop.lang.types import Type
from tracetop.lang.walk import nodes

Remembered = typed.Expr | typed.Slot | tuple[str, typed.Slot]
"""A value; the pointer to a slot; or, under the word ``key``, the key of a slot."""

_TEMPORARY = re.compile(r"[a-z_]+\d+")
"""A name that `Writer.name` makes; a script's variable has none and may change."""

_REGISTERS = 20
"""Temporaries of one statement that clang finds room for; more of them it may spill to the stack."""


@dataclass
class Writer:
    """Writes one clause of one program."""

    plan: Plan
    program: PlannedProgram
    lines: list[str] = field(default_factory=list)
    actions: list[tuple[str, str]] = field(default_factory=list)
    """Shared by all writers of a script: verb and map of every request to user space."""
    stack_bytes: int = 0
    """What the clause's strings and keys take of the BPF stack."""
    _depth: int = 1
    _temporaries: int = 0
    _of_statement: int = 0
    """Temporaries of the current statement."""
    _memory: dict[Remembered, str] = field(default_factory=dict)

    def line(self, text: str) -> None:
        """Write one line at the current depth."""
        self.lines.append("    " * self._depth + text)

    def name(self, stem: str) -> str:
        """Return a name that this clause has not used."""
        self._temporaries += 1
        return f"{stem}{self._temporaries}"

    def temporary(self, type_: Type, text: str, stem: str = "t") -> str:
        """Write a temporary that holds the integer `text` and return its name."""
        name = self.name(stem)
        self._of_statement += 1
        if self._of_statement > _REGISTERS:
            self.reserve(8)
        self.line(f"{c_integer(type_)} {name} = {text};")
        return name

    def begin_statement(self) -> None:
        """Say that a new statement begins: temporaries of the one before are done with."""
        self._of_statement = 0

    def held(self, type_: Type, text: str, stem: str) -> str:
        """Return text of the integer `text` that may be written more than once: a number, or a temporary's name."""
        is_number = text.lstrip("-").removesuffix("LL").removesuffix("U").isdecimal()
        return (
            text
            if is_number or (_TEMPORARY.fullmatch(text) and not text.startswith("var_"))
            else self.temporary(type_, text, stem)
        )

    def array(self, size: int) -> str:
        """Write a char array of NULs and return its name."""
        name = self.name("s")
        self.reserve(size)
        self.line(f"char {name}[{size}] = {{}};")
        return name

    def reserve(self, size: int) -> None:
        """Count `size` bytes of the BPF stack as taken."""
        self.stack_bytes += size

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """Write ``head { … }``; what is remembered inside is forgotten behind it."""
        if head == "else":
            self.lines.pop()
            head = "} else"
        self.line(f"{head} {{")
        self._depth += 1
        before = dict(self._memory)
        yield
        self._memory = {node: text for node, text in before.items() if self._memory.get(node) == text}
        self._depth -= 1
        self.line("}")

    @contextmanager
    def attempt(self) -> Iterator[list[str]]:
        """Give the lines that the body writes, instead of writing them; nothing is remembered of them."""
        lines, before, self.lines = self.lines, dict(self._memory), []
        captured = self.lines
        yield captured
        self.lines, self._memory = lines, before

    def recall(self, node: Remembered) -> str | None:
        """Return where the value of `node` is, or None where it must be fetched."""
        return self._memory.get(node)

    def remember(self, node: Remembered, name: str) -> str:
        """Remember that `name` holds the value of `node`, where it will not change by itself; return `name`."""
        if all(_is_constant(part) for part in nodes(node)):
            self._memory[node] = name
        return name

    def remember_key(self, slot: typed.Slot, name: str) -> str:
        """Remember that the variable `name` holds the slot's key; return `name`."""
        return self.remember(("key", slot), name)

    def forget_map(self, map_name: str) -> None:
        """Forget every pointer into a map: an entry was inserted or removed."""
        self._memory = {
            node: text
            for node, text in self._memory.items()
            if not (isinstance(node, typed.Slot) and node.map == map_name)
        }

    def forget_variable(self, name: str) -> None:
        """Forget all that depends on a variable: it was assigned."""
        self._memory = {
            node: text
            for node, text in self._memory.items()
            if not any(isinstance(part, typed.VarValue) and part.name == name for part in nodes(node))
        }

    def planned(self, slot: typed.Slot) -> PlannedMap:
        """Return the plan of a slot's map."""
        return self.plan.maps[slot.map]


def in_parentheses(text: str) -> str:
    """Return C text as the condition of an ``if``; one pair of parentheses is enough (clang warns of two)."""
    depth = 0
    for i, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth == 0:
            return text if i == len(text) - 1 and text[0] == "(" else f"({text})"
    return f"({text})"


def c_integer(type_: Type) -> str:
    """Return the C type that arithmetic on such a value is done in."""
    return "s64" if type_.signed else "u64"


def c_stored(type_: Type) -> str:
    """Return the C type of an integer of its natural width, as part of a key."""
    return f"{'s' if type_.signed else 'u'}{type_.size * 8}"


def _is_constant(part: object) -> bool:
    if isinstance(part, typed.BuiltinValue):
        return BUILTINS[part.name].constant
    if isinstance(part, typed.Binary | typed.Unary | typed.Convert | typed.Slot | typed.VarValue):
        return True
    return isinstance(part, typed.Const | typed.Text | typed.FieldValue | typed.RawArgument)
