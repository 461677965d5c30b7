"""What is known while a clause is checked: its hook, its variables, and what the script has said about each map.

Owns: how uses of one map agree (kind, keys, value) and what is said where they do not. `check` runs over the script
until nothing new is learnt, because a clause may read a map that a later one assigns.
"""

from dataclasses import dataclass, field, replace

from tracetop.errors import ScriptError
from tracetop.lang import syntax, typed
from tracetop.lang.probes import Hook
from tracetop.lang.source import Source
from tracetop.lang.suggest import did_you_mean
from tracetop.lang.types import UNKNOWN, Type, join
from tracetop.model.kernel import Kernel
from tracetop.model.program import LinearScale, ValueKind


@dataclass(frozen=True)
class MapUse:
    """What has been learnt of one map so far."""

    at: int
    keys: tuple[Type, ...]
    labels: tuple[str, ...]
    kind: ValueKind | None = None
    value: Type = UNKNOWN
    linear: LinearScale | None = None


@dataclass
class Learnt:
    """What one run over the script finds out; read by the next run."""

    maps: dict[str, MapUse] = field(default_factory=dict)
    variables: dict[tuple[int, str], Type] = field(default_factory=dict)
    """By clause (its number) and name."""
    asked: dict[str, int] = field(default_factory=dict)
    """Maps that clear() or zero() names, and where."""


@dataclass
class Scope:
    """One clause being checked. `known` is the last run's, `learnt` this run's."""

    source: Source
    kernel: Kernel
    hook: Hook
    clause: int
    known: Learnt
    learnt: Learnt

    def error(self, at: int, what: str, *, mend: str, why: str = "") -> ScriptError:
        """Return the error that points at offset `at`."""
        return self.source.error(at, what, mend=mend, why=why)

    def use_map(self, node: syntax.Map, keys: tuple[typed.Expr, ...]) -> typed.Slot:
        """Return the slot that `node` names, its keys joined with those of earlier uses."""
        types = tuple(key.type for key in keys)
        old = self.learnt.maps.get(node.name)
        if old is None:
            labels = tuple(_label(key) for key in node.keys)
            self.learnt.maps[node.name] = MapUse(node.at, types, labels)
            return typed.Slot(node.name, keys)
        if len(old.keys) != len(types):
            raise self.error(
                node.at,
                f"{node.name} has {_parts(len(types))} here and {_parts(len(old.keys))} on {self._place(old.at)}",
                mend="give a map the same keys everywhere, or two names",
            )
        joined = tuple(join(a, b) for a, b in zip(old.keys, types, strict=True))
        for i, type_ in enumerate(joined):
            if type_ is None:
                raise self.error(
                    node.keys[i].at,
                    f"part {i + 1} of {node.name}'s key is {_article(types[i])} here and "
                    f"{_article(old.keys[i])} on {self._place(old.at)}",
                    mend="give a map the same keys everywhere, or two names",
                )
        self.learnt.maps[node.name] = replace(old, keys=tuple(type_ for type_ in joined if type_))
        return typed.Slot(node.name, keys)

    def assign_map(self, node: syntax.Map, kind: ValueKind, value: Type, linear: LinearScale | None = None) -> None:
        """Learn that the map holds `kind` of `value`. ScriptError where it holds something else elsewhere."""
        old = self.learnt.maps[node.name]
        if old.kind is not None and (old.kind, old.linear) != (kind, linear):
            raise self.error(
                node.at,
                f"{node.name} is {_kind(kind)} here and {_kind(old.kind)} on {self._place(old.at)}",
                why="a map holds one kind of value" if old.kind != kind else "its lhist() must have the same arguments",
                mend="use another map for it",
            )
        joined = join(old.value, value)
        if joined is None:
            raise self.error(
                node.at,
                f"{node.name} holds {_article(value)} here and {_article(old.value)} on {self._place(old.at)}",
                mend="use another map for it",
            )
        self.learnt.maps[node.name] = replace(old, kind=kind, value=joined, linear=linear)

    def map_value(self, node: syntax.Map) -> Type:
        """Return the type of the map's value, UNKNOWN in the first run. ScriptError for an aggregation."""
        known = self.known.maps.get(node.name)
        if known is None or known.kind in (None, ValueKind.SCALAR, ValueKind.STRING):
            return known.value if known else UNKNOWN
        raise self.error(
            node.at,
            f"{node.name} is {_kind(known.kind)}, its value cannot be read in the script",
            why="each CPU keeps a part of it",
            mend="keep what you want to read in a map of plain integers",
        )

    def assign_variable(self, node: syntax.Variable, value: Type) -> None:
        """Learn that the variable holds `value`."""
        place = (self.clause, node.name)
        joined = join(self.learnt.variables.get(place, UNKNOWN), value)
        if joined is None:
            raise self.error(
                node.at,
                f"{node.name} holds {_article(value)} here and something else before",
                mend="use another variable for it",
            )
        self.learnt.variables[place] = joined

    def variable(self, node: syntax.Variable) -> typed.VarValue:
        """Return the variable's value. ScriptError where nothing was assigned before."""
        here = [name for clause, name in self.learnt.variables if clause == self.clause]
        if node.name not in here:
            raise self.error(
                node.at,
                f"{node.name} is read before anything is assigned to it",
                mend=did_you_mean(node.name, here, f"assign {node.name} first"),
            )
        place = (self.clause, node.name)
        return typed.VarValue(node.name[1:], self.known.variables.get(place, self.learnt.variables[place]))

    def _place(self, at: int) -> str:
        line, _column = self.source.line_and_column(at)
        return f"line {line}"


def undefined_map(source: Source, learnt: Learnt) -> ScriptError | None:
    """Return the error for a map that is only read or cleared, or None where every map is assigned somewhere."""
    assigned = [name for name, use in learnt.maps.items() if use.kind is not None]
    named = learnt.asked | {name: use.at for name, use in learnt.maps.items()}
    for name, at in named.items():
        if name not in assigned:
            return source.error(
                at, f"nothing is ever assigned to {name}", mend=did_you_mean(name, assigned, f"assign {name}")
            )
    return None


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


def _article(type_: Type) -> str:
    return "an integer" if type_.is_integer else "a string"


def _kind(kind: ValueKind | None) -> str:
    if kind in (None, ValueKind.SCALAR):
        return "a plain integer"
    return "a string" if kind is ValueKind.STRING else f"{'an' if kind is ValueKind.AVG else 'a'} {kind}()"
