"""Numbers of processes that are used again: what the one before has counted is put aside before the new one counts.

Owns: the clause that does so, for a pane whose header says ``//! ended: @name``: the map that a clause fills with the
names of processes as they end. A birth is the kernel's own event, so it is exact however soon a number comes back, and
it costs nothing while processes run. Refuses to own: what becomes of what was put aside (`tracer.aggregate`).
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from tracetop.lang.resolve.expand import Expansion, Wanted, expand
from tracetop.lang.source import Source
from tracetop.lang.tree import syntax
from tracetop.lang.tree.walk import nodes
from tracetop.model.kernel import Kernel
from tracetop.model.program import ENDED_MAP

_BORN = "tracepoint:task:task_newtask"
_CLONE_THREAD = 0x10000
"""Of clone_flags: the number is that of a thread of a process that is there."""
_ADDITIVE = frozenset({"count", "sum"})


class Ended(NamedTuple):
    """The script with the clause added."""

    expansion: Expansion
    maps: tuple[str, ...] = ()
    """The maps whose numbers stand in ENDED_MAP's values, after the name, in this order; empty where there are none."""


def keep_ended(source: Source, expansion: Expansion, names: str, kernel: Kernel) -> Ended:
    """Return the clauses with the one that puts aside; `names` is the map of the header.

    Where the kernel cannot tell what other CPUs have counted there is none, and a note. Programs read other CPUs'
    values since Linux commit 07343110b293 ("bpf: add bpf_map_lookup_percpu_elem for percpu map"), in v5.19.
    """
    stores = list(_stores(expansion))
    naming = next((clause for clause, name, _ in stores if name == names), None)
    counted = tuple(dict.fromkeys(name for _, name, written in stores if written in _ADDITIVE))
    if naming is None or not counted:
        return Ended(expansion)
    if kernel.constant("BPF_FUNC_map_lookup_percpu_elem") is None:
        note = (
            "a number that is used again goes on with the counts of the process before it; Linux 5.19 tells them apart"
        )
        return Ended(replace(expansion, notes=(*expansion.notes, note)))
    script = syntax.Script(clauses=(_Writing(naming.at).clause(names, counted),))
    added = expand(source, script, kernel, Wanted(frozenset({_BORN}), "warn"))
    both = Expansion(expansion.clauses + added.clauses, expansion.notes + added.notes)
    return Ended(both, counted if added.clauses else ())


def _stores(expansion: Expansion) -> Iterator[tuple[syntax.Clause, str, str]]:
    """Yield what clauses write to maps by process: the clause, the map, and the function or word that is written."""
    for hooked in expansion.clauses:
        for node in nodes(hooked.clause.body):
            if isinstance(node, syntax.Assign) and isinstance(node.target, syntax.Map) and node.op == "=":
                keys = node.target.keys
                if len(keys) == 1 and isinstance(keys[0], syntax.Name) and keys[0].name == "pid":
                    written = node.value.name if isinstance(node.value, syntax.Call | syntax.Name) else ""
                    yield hooked.clause, node.target.name, written


class _Writing(NamedTuple):
    """Writes nodes that all stand at one place of the script: that of the clause that fills the map of names."""

    at: int

    def clause(self, names: str, counted: tuple[str, ...]) -> syntax.Clause:
        """Return the clause: of a new process whose number is among `names`."""
        maps = (names, *counted)
        is_thread = self.binary("&", self.field("clone_flags"), syntax.Integer(at=self.at, value=_CLONE_THREAD))
        is_process = syntax.Unary(at=self.at, op="!", operand=is_thread)
        map_and_key = (syntax.Map(at=self.at, name=names, keys=()), self.pid())
        is_again = syntax.Call(at=self.at, name="has_key", arguments=map_and_key)
        when = syntax.Name(at=self.at, name="nsecs")
        put_aside = syntax.Assign(
            at=self.at,
            target=syntax.Map(at=self.at, name=ENDED_MAP, keys=(self.pid(), when)),
            op="=",
            value=syntax.Tuple(at=self.at, items=tuple(map(self.of_process, maps))),
        )
        return syntax.Clause(
            at=self.at,
            probes=(syntax.Probe(at=self.at, text=_BORN),),
            predicate=self.binary("&&", is_process, is_again),
            body=(put_aside, *map(self.deletion, maps)),
        )

    def binary(self, op: str, left: syntax.Expr, right: syntax.Expr) -> syntax.Expr:
        return syntax.Binary(at=self.at, op=op, left=left, right=right)

    def field(self, name: str) -> syntax.Expr:
        return syntax.Access(at=self.at, base=syntax.Name(at=self.at, name="args"), field=name)

    def pid(self) -> syntax.Expr:
        """Return the new process's number, as wide as ``pid`` is: the record's has a sign."""
        return syntax.Cast(at=self.at, to=syntax.TypeName(at=self.at, name="uint32"), operand=self.field("pid"))

    def of_process(self, name: str) -> syntax.Expr:
        return syntax.Map(at=self.at, name=name, keys=(self.pid(),))

    def deletion(self, name: str) -> syntax.Statement:
        call = syntax.Call(at=self.at, name="delete", arguments=(self.of_process(name),))
        return syntax.Evaluate(at=self.at, value=call)
