"""What the whole script does to each of its maps, found out in one walk before anything is decided.

Owns: facts that a map's layout depends on. Pure.
"""

from dataclasses import dataclass, field

from tracetop.lang.tree import typed
from tracetop.lang.tree.walk import expressions
from tracetop.model.value import Shape


@dataclass
class MapFacts:
    """Names of maps, by what the script does to them."""

    deleted: set[str] = field(default_factory=set)
    """Entries are deleted."""
    measured: set[str] = field(default_factory=set)
    """It asks how many entries there are."""
    _asked: set[str] = field(default_factory=set)
    """It asks which keys there are: then a pointer that is NULL is more than nothing."""
    _counted: set[str] = field(default_factory=set)
    """A number is added, so that what is there may become zero."""
    _stored: dict[str, list[typed.Expr]] = field(default_factory=dict)
    """What is ever assigned."""

    def always_set(self, name: str) -> bool:
        """Say whether no value ever stored is zero, or a zero is as good as none, so that zero can mean absent."""
        stored = self._stored.get(name, [])
        if name in self._counted:
            return False
        is_pointer = name not in self._asked and all(value.type.shape is Shape.POINTER for value in stored)
        return is_pointer or all(map(_never_zero, stored))

    def add(self, node: object) -> None:
        """Take what a node says."""
        match node:
            case typed.Delete(slot=slot):
                self.deleted.add(slot.map)
            case typed.MapLength(map=name):
                self.measured.add(name)
            case typed.HasKey(slot=slot):
                self._asked.add(slot.map)
            case typed.ForMap(map=name):
                self._asked.add(name)
            case typed.Add(slot=slot) | typed.StepValue(target=typed.Slot() as slot):
                self._counted.add(slot.map)
            case typed.Store(slot=slot, value=value):
                self._stored.setdefault(slot.map, []).append(value)


def map_facts(script: typed.Script) -> MapFacts:
    """Return what the script does to its maps."""
    facts = MapFacts()
    for clause in script.clauses:
        for node in expressions(clause):
            facts.add(node)
    return facts


def _never_zero(value: typed.Expr) -> bool:
    return (isinstance(value, typed.BuiltinValue) and value.name == "nsecs") or (
        isinstance(value, typed.Const) and value.value != 0
    )
