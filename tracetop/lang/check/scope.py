"""What is known while a clause is checked: its hook, its variables, and what the script has said about each map.

Owns: how uses of one map agree (kind, keys, value) and what is said where they do not. `check` runs over the script
until nothing new is learnt, because a clause may read a map that a later one assigns.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from tracetop.errors import ScriptError, did_you_mean
from tracetop.lang.ctypes.type_table import KnownTypes
from tracetop.lang.options import Options, Settings
from tracetop.lang.source import Source
from tracetop.lang.tree import syntax, typed
from tracetop.lang.tree.hook import Hook
from tracetop.lang.tree.types import INT64, UINT64, UNKNOWN, Form, Type, join, spoken, tuple_offsets
from tracetop.model.kernel import Kernel
from tracetop.model.program import LinearScale, TimeSeries
from tracetop.model.value_kinds import ValueKind

_MAX_KEY_BYTES = 512
_MADE = re.compile(r"(?<=\w)(#\d+)+")
"""What is added to the name of a macro's own variable (`parse.macros`)."""


@dataclass(frozen=True)
class Function:
    """A function of the language, as it is explained; how it is checked, its kind says (`calls`)."""

    usage: str
    """How a call is written, e.g. ``str(POINTER, LENGTH)``."""
    about: str

    @property
    def name(self) -> str:
        """What a call begins with."""
        return self.usage.partition("(")[0]


@dataclass(frozen=True)
class MapUse:
    """What has been learnt of one map so far."""

    at: int
    keys: tuple[Type, ...]
    labels: tuple[str, ...]
    kind: ValueKind | None = None
    value: Type = UNKNOWN
    scale: "Scale" = None


Scale = LinearScale | TimeSeries | int | None
"""What two aggregations of one map must share beside the kind: of lhist, tseries and hist (its bits)."""


@dataclass(frozen=True)
class Binding:
    """The variable that a name stands for: its own name, and the block that it belongs to."""

    variable: str
    block: int


@dataclass
class Learnt:
    """What one run over the script finds out; read by the next run."""

    maps: dict[str, MapUse] = field(default_factory=dict)
    variables: dict[tuple[int, str], Type] = field(default_factory=dict)
    """By clause (its number) and name; of a name that stands for several variables, each has a name of its own."""
    bindings: dict[tuple[int, str], "Binding"] = field(default_factory=dict)
    """What each name of a clause stands for, where the run is."""
    blocks: int = 0
    """Blocks that were entered so far."""
    asked: dict[str, int] = field(default_factory=dict)
    """Maps that are named without being read or assigned (by clear(), zero(), print(), len() and for), and where."""

    def settled(self) -> "Learnt":
        """Return the same, where what nothing was learnt of is an integer: `@a = @a` says nothing of what it holds."""
        maps = {name: use if _is_known(use.value) else replace(use, value=INT64) for name, use in self.maps.items()}
        variables = {place: type_ if _is_known(type_) else INT64 for place, type_ in self.variables.items()}
        return Learnt(maps, variables, self.bindings, self.blocks, self.asked)


def _is_known(type_: Type) -> bool:
    return type_.form is not Form.UNKNOWN


@dataclass
class Scope:
    """One clause being checked. `known` is the last run's, `learnt` this run's."""

    source: Source
    kernel: Kernel
    types: KnownTypes
    options: Options
    settings: Settings
    hook: Hook
    clause: int
    known: Learnt
    learnt: Learnt
    check: "Callable[[syntax.Expr, Scope], typed.Expr]"
    """`expressions.check_expr`: what is looked up here may have to be checked there."""
    functions: Mapping[str, Function]
    """All functions of the language, by name."""
    in_loop: bool = False
    """A loop is around the statement that is checked."""
    blocks: tuple[int, ...] = ()
    """The blocks around it, the innermost last."""

    def error(self, at: int, what: str, *, hint: str, why: str = "") -> ScriptError:
        """Return the error that points at offset `at`."""
        return self.source.error(at, _MADE.sub("", what), hint=_MADE.sub("", hint), why=why)

    @contextmanager
    def used(self, macro: str, at: int) -> Iterator[None]:
        """Check a macro's block: what is wrong there is said with the place of the call. No `macro`: any block."""
        try:
            yield
        except ScriptError as error:
            if not macro:
                raise
            raise self.source.used(error, f"the macro {macro}", at) from None

    def check_keys(self, node: syntax.Map) -> tuple[typed.Expr, ...]:
        """Return the typed keys of a map reference; one tuple in brackets is as good as its parts."""
        nodes = _parts_of(node)
        keys = tuple(self.check(key, self) for key in nodes)
        if len(keys) == 1:
            keys = _members(keys[0])
            nodes *= len(keys)
        for key, checked in zip(nodes, keys, strict=True):
            if checked.type.form is Form.NONE or checked.type.size > _MAX_KEY_BYTES:
                raise self.error(
                    key.at, f"{spoken(checked.type)} of {checked.type.size} bytes is not a key", hint="use a part of it"
                )
        return keys

    def is_shared(self, name: str) -> bool:
        """Say whether all CPUs share the map's values, as far as is known by now."""
        known = self.known.maps.get(name)
        return known is None or known.kind is None or known.kind.facts.is_shared

    def use_map(self, node: syntax.Map, keys: tuple[typed.Expr, ...]) -> typed.Slot:
        """Return the slot that `node` names, its keys joined with those of earlier uses."""
        types = tuple(key.type for key in keys)
        old = self.learnt.maps.get(node.name)
        if old is None or old.keys == (UNKNOWN,):
            labels = tuple(_label(key) for key in _parts_of(node))
            labels *= len(types) // max(len(labels), 1)
            self.learnt.maps[node.name] = MapUse(node.at, types, labels)
            return typed.Slot(node.name, keys)
        if types == (UNKNOWN,):  # it may be a tuple
            return typed.Slot(node.name, keys)
        if len(old.keys) != len(types):
            raise self.error(
                node.at,
                f"{node.name} has {_parts(len(types))} here and {_parts(len(old.keys))} on {self._place(old.at)}",
                hint="give a map the same keys everywhere, or two names",
            )
        joined = tuple(join(a, b) for a, b in zip(old.keys, types, strict=True))
        for i, type_ in enumerate(joined):
            if type_ is None:
                raise self.error(
                    node.keys[i].at if i < len(node.keys) else node.at,
                    f"part {i + 1} of {node.name}'s key is {spoken(types[i])} here and "
                    f"{spoken(old.keys[i])} on {self._place(old.at)}",
                    hint="give a map the same keys everywhere, or two names",
                )
        self.learnt.maps[node.name] = replace(old, keys=tuple(type_ for type_ in joined if type_))
        return typed.Slot(node.name, keys)

    def assign_map(self, node: syntax.Map, kind: ValueKind, value: Type, scale: Scale = None) -> None:
        """Learn that the map holds `kind` of `value`. ScriptError where it holds something else elsewhere."""
        old = self.learnt.maps[node.name]
        if old.kind is not None and (old.kind, old.scale) != (kind, scale):
            raise self.error(
                node.at,
                f"{node.name} is {_kind(kind)} here and {_kind(old.kind)} on {self._place(old.at)}",
                why="a map holds one kind of value"
                if old.kind != kind
                else f"its {kind}() must have the same arguments",
                hint="use another map for it",
            )
        joined = join(old.value, value)
        if joined is None:
            raise self.error(
                node.at,
                f"{node.name} holds {spoken(value)} here and {spoken(old.value)} on {self._place(old.at)}",
                hint="use another map for it",
            )
        self.learnt.maps[node.name] = replace(old, kind=kind, value=joined, scale=scale)

    def map_value(self, node: syntax.Map) -> Type:
        """Return the type of the map's value, UNKNOWN in the first run. ScriptError for a distribution."""
        known = self.known.maps.get(node.name)
        if known is None or known.kind is None or self.is_shared(node.name):
            return known.value if known else UNKNOWN
        if known.kind is ValueKind.COUNT:
            return UINT64
        if known.kind.facts.has_one_value:
            return replace(INT64, unit=known.value.unit)
        raise self.error(
            node.at,
            f"{node.name} is {_kind(known.kind)}, which has no single value",
            hint="keep what you want to read in a map of its own, as count(), sum(), avg(), min() or max()",
        )

    def enter(self) -> "Scope":
        """Return the scope of a block within this one."""
        self.learnt.blocks += 1
        return replace(self, blocks=(*self.blocks, self.learnt.blocks))

    def assign_variable(self, node: syntax.Variable, value: Type, *, declares: bool = False) -> str:
        """Learn that the variable holds `value`; return its own name, without the ``$``.

        A name is a variable of its clause, and of a block of its own where another block, or a declaration
        (`declares`), gives it another type.
        """
        binding = self.learnt.bindings.setdefault((self.clause, node.name), Binding(node.name, self._block))
        held = self.learnt.variables.get((self.clause, binding.variable))
        joined = join(held or UNKNOWN, value)
        if joined is None and not declares and binding.block in self.blocks:
            raise self.error(
                node.at,
                f"{node.name} holds {spoken(value)} here and {spoken(held or UNKNOWN)} before",
                hint="use another variable for it",
            )
        if joined is None or (declares and held and UNKNOWN in (held, value)):
            binding, joined = self._another(node.name), value
        self.learnt.variables[self.clause, binding.variable] = joined
        return binding.variable[1:]

    def variable(self, node: syntax.Variable) -> typed.VarValue:
        """Return the variable's value. ScriptError where nothing was assigned before."""
        binding = self.learnt.bindings.get((self.clause, node.name))
        if binding is None:
            here = [name for clause, name in self.learnt.bindings if clause == self.clause]
            elsewhere = any(name == node.name for _clause, name in self.learnt.bindings)
            raise self.error(
                node.at,
                f"{node.name} is read before anything is assigned to it",
                why="a variable is gone when its clause ends; only maps outlast it" if elsewhere else "",
                hint=f"use a map in both clauses: @{node.name[1:]}[tid]"
                if elsewhere
                else did_you_mean(node.name, here, f"assign {node.name} first, as in {node.name} = 0;"),
            )
        place = (self.clause, binding.variable)
        return typed.VarValue(binding.variable[1:], self.known.variables.get(place, self.learnt.variables[place]))

    def _another(self, name: str) -> Binding:
        """Return a new variable that the name stands for from here on."""
        others = sum(clause == self.clause and each.startswith(f"{name}#") for clause, each in self.learnt.variables)
        binding = Binding(f"{name}#{others + 2}", self._block)  # no script can write that name
        self.learnt.bindings[self.clause, name] = binding
        return binding

    @property
    def _block(self) -> int:
        return self.blocks[-1] if self.blocks else 0

    def _place(self, at: int) -> str:
        line, _column = self.source.line_and_column(at)
        return f"line {line}"


def refuse_undefined(source: Source, learnt: Learnt) -> None:
    """Raise ScriptError for a map that is only read or cleared, and assigned nowhere."""
    assigned = [name for name, use in learnt.maps.items() if use.kind is not None]
    named = learnt.asked | {name: use.at for name, use in learnt.maps.items()}
    for name, at in named.items():
        if name not in assigned:
            raise source.error(
                at,
                f"nothing is ever assigned to {name}",
                hint=did_you_mean(name, assigned, f"assign {name}, as in {name}[pid] = count() or {name} = 1"),
            )


def _parts_of(node: syntax.Map) -> tuple[syntax.Expr, ...]:
    """Return the parts of a map's key; one tuple in brackets is as good as its parts."""
    first = node.keys[0] if len(node.keys) == 1 else None
    return first.items if isinstance(first, syntax.Tuple) and len(first.items) > 1 else node.keys


def _members(key: typed.Expr) -> tuple[typed.Expr, ...]:
    """Return the parts of a tuple that lies in a variable; of anything else itself."""
    if not isinstance(key, typed.VarValue | typed.Member) or key.type.form is not Form.TUPLE or len(key.type.parts) < 2:
        return (key,)
    offsets, _size = tuple_offsets(key.type.parts)
    return tuple(typed.Member(key, offset, part) for offset, part in zip(offsets, key.type.parts, strict=True))


def _label(node: syntax.Expr) -> str:
    """Return the heading of a key part: what the script calls it."""
    match node:
        case syntax.Name(name=name) | syntax.Access(field=name):
            return name
        case syntax.Variable(name=name) | syntax.Map(name=name):
            return name[1:]
        case syntax.Index(base=base) | syntax.Cast(operand=base):
            return _label(base)
        case syntax.Call(arguments=(first, *_)):
            return _label(first)
    return "key"


def _parts(count: int) -> str:
    return "no key" if count == 0 else "one key" if count == 1 else f"{count} keys"


def _kind(kind: ValueKind | None) -> str:
    if kind is None or kind is ValueKind.SCALAR:
        return "a plain integer"
    if kind.facts.is_shared:
        return f"a {kind}"
    return f"{'an' if kind is ValueKind.AVG else 'a'} {kind}()"
