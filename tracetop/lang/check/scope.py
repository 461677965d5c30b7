"""What is known while a clause is checked: its hook, its variables, and what the script has said about each map.

Owns: how uses of one map agree (kind, keys, value) and what is said where they do not. `check` runs over the script
until nothing new is learnt, because a clause may read a map that a later one assigns.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

from tracetop.errors import ScriptError, did_you_mean
from tracetop.lang.check.learnt import Binding, Learnt, MapUse, Scale
from tracetop.lang.ctypes.type_table import KnownTypes
from tracetop.lang.options import Options, Settings
from tracetop.lang.source import Source
from tracetop.lang.tree import syntax, typed
from tracetop.lang.tree.hook import Hook
from tracetop.lang.tree.joining import join
from tracetop.lang.tree.types import INT64, UINT64, UNKNOWN, Form, Type, spoken, tuple_offsets
from tracetop.model.kernel import Kernel
from tracetop.model.value_kinds import ValueKind

_MAX_KEY_BYTES = 1 << 21
_OLD_KEY_BYTES = 512
"""The same, on a kernel that takes no long keys."""
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
            most = _MAX_KEY_BYTES if self.kernel.takes_long_keys else _OLD_KEY_BYTES
            if checked.type.form is Form.NONE or checked.type.size > most:
                raise self.error(
                    key.at,
                    f"{spoken(checked.type)} of {checked.type.size} bytes is not a key",
                    why="" if self.kernel.takes_long_keys else "this kernel takes keys of 512 bytes at most",
                    hint="use a part of it, as in str(POINTER, 200)",
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

    def declare(self, node: syntax.Variable, type_: Type, *, fixed: bool = False) -> str:
        """Learn that a variable of that name begins here, until its block ends; return its own name, without the ``$``.

        `fixed`: the script says of what type it is. ScriptError where the name stands for another already.
        """
        binding = self._binding(node.name)
        if binding is not None:
            raise self.error(
                node.at,
                f"{node.name} stands for another variable here already",
                why=f"that of {self._place(binding.at)} is known until its block ends",
                hint="use another name",
            )
        name = self._bind(node, declared=True)
        if fixed:
            self.learnt.declared[self.clause, f"${name}"] = type_
        self._widen(name, type_)
        return name

    def assign_variable(self, node: syntax.Variable, value: Type) -> str:
        """Learn that the variable holds `value`; return its own name, without the ``$``.

        A name that stands for nothing in the blocks around becomes a variable of the innermost of them.
        """
        binding = self._binding(node.name)
        name = binding.variable[1:] if binding else self._bind(node)
        if (self.clause, f"${name}") not in self.learnt.declared and not self._widen(name, value):
            held = self.learnt.variables[self.clause, f"${name}"]
            raise self.error(
                node.at,
                f"{node.name} holds {spoken(value)} here and {spoken(held)} before",
                hint="use another variable for it",
            )
        return name

    def declared(self, name: str) -> Type | None:
        """Return the type that the script declares a variable of (its own name) with, or None."""
        return self.learnt.declared.get((self.clause, f"${name}"))

    def variable(self, node: syntax.Variable) -> typed.VarValue:
        """Return the variable's value. ScriptError where nothing was assigned before."""
        binding = self._binding(node.name) or self._ended(node.name)
        if binding is None:
            raise self._unassigned(node)
        place = (self.clause, binding.variable)
        known = self.known.variables.get(place, UNKNOWN)
        return typed.VarValue(binding.variable[1:], self.learnt.variables[place] if known == UNKNOWN else known)

    def _unassigned(self, node: syntax.Variable) -> ScriptError:
        here = [name for clause, name in self.learnt.bindings if clause == self.clause]
        if node.name in here:
            return self.error(
                node.at,
                f"{node.name} is not known here",
                why="a variable is gone when the block ends in which it was assigned first",
                hint=f"write let {node.name}; before that block",
            )
        elsewhere = any(name == node.name for _clause, name in self.learnt.bindings)
        return self.error(
            node.at,
            f"{node.name} is read before anything is assigned to it",
            why="a variable is gone when its clause ends; only maps outlast it" if elsewhere else "",
            hint=f"use a map in both clauses: @{node.name[1:]}[tid]"
            if elsewhere
            else did_you_mean(node.name, here, f"assign {node.name} first, as in {node.name} = 0;"),
        )

    def _binding(self, name: str) -> Binding | None:
        """Return what the name stands for, or None where no block around has such a variable."""
        binding = self.learnt.bindings.get((self.clause, name))
        return binding if binding and binding.block in self.blocks else None

    def _ended(self, name: str) -> Binding | None:
        """Return the variable of a block that has ended; from the next run on the whole clause is where it is known."""
        binding = self.learnt.bindings.get((self.clause, name))
        if binding is None or binding.declared:
            return None
        self.learnt.outliving |= {(self.clause, name)}
        return binding

    def _bind(self, node: syntax.Variable, *, declared: bool = False) -> str:
        """Return a variable that the name stands for from here to the end of the block, without the ``$``.

        Where an unrolled loop comes by again, it is the one of the round before.
        """
        origins = self.learnt.origins.setdefault((self.clause, node.name), {})
        number = origins.setdefault(node.at, len(origins) + 1)
        variable = node.name if number == 1 else f"{node.name}~{number}"  # no script can write that name
        outlives = (self.clause, node.name) in self.known.outliving and not declared
        block = self.blocks[0] if outlives else self._block
        self.learnt.bindings[self.clause, node.name] = Binding(variable, block, node.at, declared)
        self.learnt.variables.setdefault((self.clause, variable), UNKNOWN)
        return variable[1:]

    def _widen(self, name: str, value: Type) -> bool:
        """Learn that a variable (its own name) holds `value` too; False where that does not go with what it held."""
        place = (self.clause, f"${name}")
        joined = join(self.learnt.variables[place], value)
        if joined is not None:
            self.learnt.variables[place] = joined
        return joined is not None

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
    return first.items if isinstance(first, syntax.Tuple) and len(first.items) > 1 and not first.names else node.keys


def _members(key: typed.Expr) -> tuple[typed.Expr, ...]:
    """Return the parts of a tuple that lies in a variable; of anything else itself."""
    held = isinstance(key, typed.VarValue | typed.Member | typed.MapValue) and key.type.form is Form.TUPLE
    if not held or len(key.type.parts) < 2 or key.type.names:
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
