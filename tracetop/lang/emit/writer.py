"""The C of one clause while it is written: lines, temporaries, and what has been looked up already.

Owns: which temporaries hold what, and for how long. A value that stays the same while a clause runs (``tid``), and
the pointer to a map's slot, are fetched once and remembered until something could have changed them; what a branch
fetched is forgotten after it.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tracetop.lang.emit.prelude import DROP, Helper, Unit
from tracetop.lang.plan.plan import PlannedMap, PlannedProgram
from tracetop.lang.tree import typed
from tracetop.lang.tree.types import Type
from tracetop.lang.tree.walk import nodes
from tracetop.lang.vocabulary.builtins import EMITTED

Remembered = typed.Expr | typed.Slot | tuple[str, typed.Slot]
"""A value; the pointer to a slot; or, under the word ``key``, the key of a slot."""

_NO_WORD = re.compile(r"\W.*", re.ASCII)
_STACK_ARRAY = 64
_STACK_ARRAYS = 192
"""Bytes of one array, and of all of a clause, that are put on the stack; larger ones go to scratch memory."""
_INLINE_CLEAR = 1024
_INLINE_COPY, _BYTEWISE_COPY = 256, 32
_TYPES = frozenset({"s8", "s16", "s32", "s64"})

_REGISTERS = 20
"""Temporaries of one statement that clang finds room for; more of them it may spill to the stack."""


@dataclass
class Memory:
    """What has been fetched in a clause, and where it is held."""

    held: dict[Remembered, str] = field(default_factory=dict)
    _fresh: set[Remembered] = field(default_factory=set)
    """What was remembered in the innermost block."""
    _of_map: dict[str, set[Remembered]] = field(default_factory=dict)
    _of_variable: dict[str, set[Remembered]] = field(default_factory=dict)
    """What is to be forgotten once an entry of a map comes or goes, or a variable is assigned."""

    def add(self, node: Remembered, name: str) -> None:
        """Remember that `name` holds the value of `node`, if that does not change by itself."""
        parts = list(nodes(node))
        if not all(map(_is_constant, parts)):
            return
        self.held[node] = name
        self._fresh.add(node)
        for part in parts:
            if isinstance(part, typed.VarValue):
                self._of_variable.setdefault(part.name, set()).add(node)
        if isinstance(node, typed.Slot):
            self._of_map.setdefault(node.map, set()).add(node)

    @contextmanager
    def block(self) -> Iterator[None]:
        """Forget at the end what was remembered within: it may not have run."""
        outer, self._fresh = self._fresh, set()
        yield
        self._forget(self._fresh)
        self._fresh = outer

    def forget_map(self, name: str) -> None:
        """Forget every pointer into a map: an entry was inserted or removed."""
        self._forget(self._of_map.pop(name, ()))

    def forget_variable(self, name: str) -> None:
        """Forget all that depends on a variable: it was assigned."""
        self._forget(self._of_variable.pop(name, ()))

    def _forget(self, forgotten: Iterable[Remembered]) -> None:
        for node in forgotten:
            self.held.pop(node, None)


@dataclass
class Frame:
    """What a clause with loops shares with their callbacks, all of it in scratch memory."""

    ended: int
    """Where it is kept that a callback has ended the clause."""
    places: dict[str, int] = field(default_factory=dict)
    """Where each variable lies."""


class Variables:
    """The variables of a clause, by their own names: names without the ``$``, each once."""

    def __init__(self, types: dict[str, Type]) -> None:
        """Name them: by their numbers, and for a reader by what of the script's name C can spell.

        Those of one name and type share a place: where one begins the others are gone.
        """
        places: dict[tuple[str, Type], str] = {}
        self.types = types
        self.c_names: dict[str, str] = {}
        for i, (name, type_) in enumerate(types.items()):
            stem = name.partition("~")[0]
            self.c_names[name] = places.setdefault((stem, type_), f"v{i}_{_NO_WORD.sub('', stem)}")
        self.places = {self.c_names[name]: type_ for name, type_ in types.items()}
        """By the names in C, each once."""


@dataclass
class Writer:
    """Writes one clause of one program."""

    unit: Unit
    program: PlannedProgram
    variables: "Variables" = field(default_factory=lambda: Variables({}))
    """Of the clause."""
    record_fields: set[str] = field(default_factory=set)
    """Shared by all writers of a program: the fields of the tracepoint's record that it reads."""
    lines: list[str] = field(default_factory=list)
    stack_bytes: int = 0
    """What the clause's strings and keys take of the BPF stack."""
    frame: Frame | None = None
    """Of a clause with loops; nothing of it but numbers lies on the stack."""
    leaving: tuple[str, str] | None = None
    """Within an unrolled loop the labels after a round and after the last."""
    is_callback: bool = False
    """This is the body of a loop."""
    apart_stack_bytes: int = 0
    """What blocks of their own take of it, one after the other."""
    callback_stack_bytes: int = 0
    """What the deepest of the callbacks takes of the BPF stack, which it shares with the clause."""
    scratch_bytes: int = 0
    """What of the clause lies in the program's scratch memory, since it does not fit on the stack."""
    aliased: bool = False
    """The clause takes addresses of its variables or maps: what an address leads to may be changed by an assignment."""
    scratch_taken: int = 0
    """What of that is taken where the writer is."""
    names: set[str] = field(default_factory=set)
    """What was named in the clause by `name`: it does not change, as a script's variable may."""
    keeps_order: bool = False
    """The statement changes variables while it works out a value: what was read of them before is to be kept."""
    memory: Memory = field(default_factory=Memory)
    _depth: int = 1
    _temporaries: int = 0
    _of_statement: int = 0
    """Temporaries of the current statement."""
    _aligned: set[str] = field(default_factory=set)
    """Names of pointers and arrays that are known to be 8-aligned."""

    def __post_init__(self) -> None:
        """Know that variables lie at multiples of 8."""
        self._aligned.update(self.variables.places)

    @property
    def c_names(self) -> dict[str, str]:
        """The C names of variables, by their own."""
        return self.variables.c_names

    def need(self, helper: Helper) -> str:
        """Ask for a helper to be in the C; return its name."""
        return self.unit.need(helper)

    def drop(self, slot: int) -> str:
        """Return the statement that counts something as lost."""
        return f"{self.need(DROP)}({slot});"

    def record_field(self, name: str) -> str:
        """Return C text of a field of the tracepoint's record."""
        self.record_fields.add(name)
        return f"ctx->f_{name}"

    def line(self, text: str) -> None:
        """Write one line at the current depth."""
        self.lines.append("    " * self._depth + text)

    def when(self, condition: str, text: str) -> None:
        """Write an ``if`` with one statement."""
        self.line(f"if ({condition})")
        self.line(f"    {text}")

    def name(self, stem: str, *, aligned: bool = False) -> str:
        """Return a name that this clause has not used, and that is not a type's: ``s`` and 64 would hide ``s64``.

        `aligned`: what it stands for lies at a multiple of 8.
        """
        self._temporaries += 1
        name = f"{stem}{self._temporaries}"
        if name in _TYPES:
            return self.name(stem, aligned=aligned)
        self.names.add(name)
        if aligned:
            self._aligned.add(name)
        return name

    def temporary(self, type_: Type, text: str, stem: str = "t") -> str:
        """Write a temporary that holds the integer `text` and return its name."""
        name = self.name(stem)
        self._of_statement += 1
        if self._of_statement > _REGISTERS:
            self.stack_bytes += 8
        self.line(f"{c_integer(type_)} {name} = {text};")
        return name

    @contextmanager
    def statement(self, *, keeps_order: bool) -> Iterator[None]:
        """Write a statement: temporaries of the one before are done with. `keeps_order` as the member."""
        outer = self._of_statement, self.keeps_order
        self._of_statement, self.keeps_order = 0, keeps_order
        yield
        self._of_statement, self.keeps_order = outer

    def array(self, size: int, stem: str = "s") -> str:
        """Write an array of zeros, 8-aligned, on the stack or in scratch memory, and return its name, a ``char *``."""
        name, size = self.name(stem, aligned=True), -(-size // 8) * 8
        if not self.frame and size <= _STACK_ARRAY and self.stack_bytes + size <= _STACK_ARRAYS:
            self.stack_bytes += size
            self.line(f"char {name}[{size}] __attribute__((aligned(8))) = {{}};")
            return name
        self.line(f"char *{name} = scratch + {self.take_scratch(size)};")
        self.clear(name, size)
        return name

    def clear(self, place: str, size: int) -> None:
        """Write zeros over `size` bytes, a multiple of 8, at the 8-aligned `place`."""
        if size <= _INLINE_CLEAR:
            # With zeros side by side it would be joined, and so become a call of memset().
            barrier = ["barrier();"] if size > _INLINE_CLEAR // 2 else []
            for line in (*barrier, f"__builtin_memset(__builtin_assume_aligned({place}, 8), 0, {size});", *barrier):
                self.line(line)
        else:  # clang would call memset(); a read that fails fills its target with zeros
            self.line(f"bpf_probe_read_kernel({place}, {size}, 0);")

    def move(self, place: str, source: str, size: int) -> None:
        """Write a copy between two places of our own memory.

        Clang copies byte by byte where it does not know how a place is aligned, and calls memcpy() where that is long.
        """
        aligned = {place, source} <= self._aligned
        if size <= (_INLINE_COPY if aligned else _BYTEWISE_COPY):
            self.line(f"__builtin_memcpy({place}, {source}, {size});")
        else:
            self.line(f"bpf_probe_read_kernel({place}, {size}, {source});")

    def lvalue(self, c_type: str, size: int, stem: str) -> str:
        """Write a struct of zeros, on the stack or in scratch memory, and return C text that stands for it."""
        name, size = self.name(stem), -(-size // 8) * 8
        if not self.frame and size <= _STACK_ARRAYS // 2 and self.stack_bytes + size <= _STACK_ARRAYS:
            self.stack_bytes += size
            self.line(f"{c_type} {name} __attribute__((aligned(8))) = {{}};")
            return name
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
        self.stack_bytes += 8
        self.line(f"{c_type} {name} = {text};")
        return name

    def take_scratch(self, size: int) -> int:
        """Return where in the scratch memory there are `size` bytes, a multiple of 8."""
        at = self.scratch_taken
        self.scratch_taken += size
        self.scratch_bytes = max(self.scratch_bytes, self.scratch_taken)
        return at

    def variable(self, name: str) -> str:
        """Return C text that stands for a variable that is a number."""
        return f"(*{self.c_names[name]})" if self.frame else self.c_names[name]

    def inside(self) -> "Writer":
        """Return the writer of a loop's body: a function of its own, which begins with nothing fetched."""
        return Writer(
            self.unit,
            self.program,
            self.variables,
            self.record_fields,
            frame=self.frame,
            aliased=self.aliased,
            is_callback=True,
            scratch_bytes=self.scratch_bytes,
            scratch_taken=self.scratch_taken,
        )

    def return_from(self, inside: "Writer", context_bytes: int) -> None:
        """Count what a loop's body takes of stack and scratch memory, its context on the stack included."""
        self.scratch_bytes, self.scratch_taken = inside.scratch_bytes, inside.scratch_taken
        taken = inside.stack_bytes + inside.apart_stack_bytes + inside.callback_stack_bytes + context_bytes
        self.callback_stack_bytes = max(self.callback_stack_bytes, taken)

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """Write ``head { … }``; what is remembered inside is forgotten after it."""
        if head == "else":
            self.lines.pop()
            head = "} else"
        self.line(f"{head} {{")
        self._depth += 1
        with self.memory.block():
            yield
        self._depth -= 1
        self.line("}")

    @contextmanager
    def apart(self) -> Iterator[None]:
        """Write a block of its own, whose part of the stack and of the scratch memory the next such block has again."""
        stack, scratch = self.stack_bytes, self.scratch_taken
        with self.block(""):
            yield
        self.apart_stack_bytes = max(self.apart_stack_bytes, self.stack_bytes - stack)
        self.stack_bytes, self.scratch_taken = stack, scratch

    @contextmanager
    def attempt(self) -> Iterator[list[str]]:
        """Give the lines that the body writes, instead of writing them; nothing is remembered of them."""
        lines, self.lines = self.lines, []
        with self.memory.block():
            yield self.lines
        self.lines = lines

    def recall(self, node: Remembered) -> str | None:
        """Return where the value of `node` is, or None where it must be fetched."""
        return self.memory.held.get(node)

    def remember(self, node: Remembered, name: str) -> str:
        """Remember that `name` holds the value of `node`, where it will not change by itself; return `name`."""
        if not (self.aliased and any(isinstance(part, typed.Deref) for part in nodes(node))):
            self.memory.add(node, name)
        return name

    def planned(self, slot: typed.Slot) -> PlannedMap:
        """Return the plan of a slot's map."""
        return self.unit.plan.maps[slot.map]


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
    typed.Parameter,
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
)
"""Nodes whose value stays the same while one clause runs, if their parts do; memory of others is taken to stay."""


def _is_constant(part: object) -> bool:
    if isinstance(part, typed.BuiltinValue):
        return EMITTED[part.name].constant
    if isinstance(part, typed.MemoryCall):
        return part.constant
    return isinstance(part, _CONSTANT)
