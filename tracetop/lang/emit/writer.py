"""The C of one clause while it is written: lines, temporaries, and what has been looked up already.

Owns: which temporaries hold what, and for how long. A value that stays the same while a clause runs (``tid``), and
the pointer to a map's slot, are fetched once and remembered until something could have changed them; what a branch
fetched is forgotten behind it.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tracetop.lang.plan.plan import Plan, PlannedMap, PlannedProgram
from tracetop.lang.tree import typed
from tracetop.lang.tree.types import Type
from tracetop.lang.tree.walk import nodes
from tracetop.lang.vocabulary.builtins import EMITTED
from tracetop.model.program import Action

Remembered = typed.Expr | typed.Slot | tuple[str, typed.Slot]
"""A value; the pointer to a slot; or, under the word ``key``, the key of a slot."""

_TEMPORARY = re.compile(r"[a-z_]+\d+")
"""A name that `Writer.name` makes; a script's variable has none and may change."""

_STACK_ARRAY = 64
_STACK_ARRAYS = 192
"""Bytes of one array, and of all of a clause, that are put on the stack; larger ones go to scratch memory."""
_INLINE_CLEAR = 512
_INLINE_COPY, _BYTEWISE_COPY = 256, 32
_ARRAY = re.compile(r"s\d+|var_\w+|at_?\d+")
"""What is known to be 8-aligned."""

_TYPES = frozenset({"s8", "s16", "s32", "s64"})

_REGISTERS = 20
"""Temporaries of one statement that clang finds room for; more of them it may spill to the stack."""


@dataclass
class Frame:
    """What a clause with loops shares with their callbacks, all of it in scratch memory."""

    ended: int
    """Where it is kept that a callback has ended the clause."""
    places: dict[str, int] = field(default_factory=dict)
    """Where each variable lies."""


@dataclass
class Writer:
    """Writes one clause of one program."""

    plan: Plan
    program: PlannedProgram
    variables: tuple[tuple[str, Type], ...] = ()
    """Of the clause: names without the ``$``."""
    lines: list[str] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)
    """Shared by all writers of a script: every request to user space."""
    stack_bytes: int = 0
    """What the clause's strings and keys take of the BPF stack."""
    context: str = ""
    """The C type of what `ctx` points to."""
    frame: Frame | None = None
    """Of a clause with loops; nothing of it but numbers lies on the stack."""
    is_callback: bool = False
    """This is the body of a loop."""
    callbacks: list[str] = field(default_factory=list)
    """Shared by all writers of a script: the functions of all loops, by their index in ``Program.callbacks``."""
    apart_stack_bytes: int = 0
    """What blocks of their own take of it, one after the other."""
    callback_stack_bytes: int = 0
    """What the deepest of the callbacks takes of the BPF stack, which it shares with the clause."""
    scratch_bytes: int = 0
    """What of the clause lies in the program's scratch memory, since it does not fit on the stack."""
    _depth: int = 1
    _temporaries: int = 0
    _of_statement: int = 0
    """Temporaries of the current statement."""
    _memory: dict[Remembered, str] = field(default_factory=dict)

    def line(self, text: str) -> None:
        """Write one line at the current depth."""
        self.lines.append("    " * self._depth + text)

    def name(self, stem: str) -> str:
        """Return a name that this clause has not used, and that is no type's: ``s`` and 64 would hide ``s64``."""
        self._temporaries += 1
        name = f"{stem}{self._temporaries}"
        return self.name(stem) if name in _TYPES else name

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

    def array(self, size: int, stem: str = "s") -> str:
        """Write an array of zeros, 8-aligned, on the stack or in scratch memory, and return its name, a ``char *``."""
        name, size = self.name(stem), -(-size // 8) * 8
        if not self.frame and size <= _STACK_ARRAY and self.stack_bytes + size <= _STACK_ARRAYS:
            self.reserve(size)
            self.line(f"char {name}[{size}] __attribute__((aligned(8))) = {{}};")
            return name
        self.line(f"char *{name} = scratch + {self.take_scratch(size)};")
        self.clear(name, size)
        return name

    def clear(self, place: str, size: int) -> None:
        """Write zeros over `size` bytes, a multiple of 8, at the 8-aligned `place`."""
        if size <= _INLINE_CLEAR:
            self.line(f"__builtin_memset(__builtin_assume_aligned({place}, 8), 0, {size});")
        else:  # clang would call memset(); a read that fails fills its target with zeros
            self.line(f"bpf_probe_read_kernel({place}, {size}, 0);")

    def move(self, place: str, source: str, size: int) -> None:
        """Write a copy between two places of our own memory.

        Clang copies byte by byte where it does not know how a place is aligned, and calls memcpy() where that is long.
        """
        aligned = _ARRAY.fullmatch(place) and _ARRAY.fullmatch(source)
        if size <= (_INLINE_COPY if aligned else _BYTEWISE_COPY):
            self.line(f"__builtin_memcpy({place}, {source}, {size});")
        else:
            self.line(f"bpf_probe_read_kernel({place}, {size}, {source});")

    def lvalue(self, c_type: str, size: int, stem: str) -> str:
        """Write a struct of zeros, on the stack or in scratch memory, and return C text that stands for it."""
        size = -(-size // 8) * 8
        if not self.frame and size <= _STACK_ARRAYS // 2 and self.stack_bytes + size <= _STACK_ARRAYS:
            name = self.name(stem)
            self.reserve(size)
            self.line(f"{c_type} {name} __attribute__((aligned(8))) = {{}};")
            return name
        name = self.name(stem)
        self.line(f"{c_type} *{name} = ({c_type} *)(scratch + {self.take_scratch(size)});")
        self.clear(name, size)
        return f"(*{name})"

    def number(self, c_type: str, stem: str, text: str) -> str:
        """Write an integer in memory, for a helper to read or to fill, and return C text that stands for it."""
        name = self.name(stem)
        if self.frame:
            self.line(f"{c_type} *{name} = ({c_type} *)(scratch + {self.take_scratch(8)});")
            self.line(f"*{name} = {text};")
            return f"(*{name})"
        self.reserve(8)
        self.line(f"{c_type} {name} = {text};")
        return name

    def take_scratch(self, size: int) -> int:
        """Return where in the scratch memory there are `size` bytes, a multiple of 8."""
        self.scratch_bytes += size
        return self.scratch_bytes - size

    def variable(self, name: str) -> str:
        """Return C text that stands for a variable that is a number."""
        return f"(*var_{name})" if self.frame else f"var_{name}"

    def inside(self) -> "Writer":
        """Return the writer of a loop's body: a function of its own, which begins with nothing fetched."""
        return Writer(
            self.plan,
            self.program,
            self.variables,
            actions=self.actions,
            context=self.context,
            frame=self.frame,
            is_callback=True,
            callbacks=self.callbacks,
            scratch_bytes=self.scratch_bytes,
        )

    def return_from(self, inside: "Writer", context_bytes: int) -> None:
        """Count what a loop's body takes of stack and scratch memory, its context on the stack included."""
        self.scratch_bytes = inside.scratch_bytes
        taken = inside.stack_bytes + inside.apart_stack_bytes + inside.callback_stack_bytes + context_bytes
        self.callback_stack_bytes = max(self.callback_stack_bytes, taken)

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
    def apart(self) -> Iterator[None]:
        """Write a block of its own, whose part of the stack the next such block has again."""
        before = self.stack_bytes
        with self.block(""):
            yield
        self.apart_stack_bytes = max(self.apart_stack_bytes, self.stack_bytes - before)
        self.stack_bytes = before

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

    def forget_all(self) -> None:
        """Forget everything: a loop ran."""
        self._memory = {}

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


_CONSTANT = (
    typed.Const,
    typed.Text,
    typed.HookName,
    typed.HookNumber,
    typed.FieldValue,
    typed.Argument,
    typed.Result,
    typed.StackArgument,
    typed.Register,
    typed.Deref,
    typed.Member,
    typed.Element,
    typed.Binary,
    typed.Unary,
    typed.Convert,
    typed.Named,
    typed.Slot,
    typed.VarValue,
    typed.Stack,
    typed.StringAt,
)
"""Nodes whose value stays the same while one clause runs, if their parts do; memory of others is taken to stay."""


def _is_constant(part: object) -> bool:
    if isinstance(part, typed.BuiltinValue):
        return EMITTED[part.name].constant
    return isinstance(part, _CONSTANT)
