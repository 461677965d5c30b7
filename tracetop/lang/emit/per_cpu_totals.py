"""C of what the values of all CPUs come to: an aggregation that the script itself reads.

Owns: joining the parts, and how C names a map where BCC's own methods do not serve.
"""

from dataclasses import dataclass

from tracetop.lang.emit.dispatch import value
from tracetop.lang.emit.maps import key
from tracetop.lang.emit.writer import Writer
from tracetop.lang.plan.plan import PlannedMap
from tracetop.lang.tree import typed
from tracetop.model.abi.relocations import MarkerKind, marker
from tracetop.model.value_kinds import Merge, ValueKind

_JOINS = {
    (Merge.SUM, 1): "{total} += *part;",
    (Merge.SUM, 2): "{total} += part->total; {count} += part->count;",
    (Merge.LEAST, 2): "if (part->set && (!{count} || part->value < {total})) {{ {total} = part->value; {count} = 1; }}",
    (Merge.MOST, 2): "if (part->set && (!{count} || part->value > {total})) {{ {total} = part->value; {count} = 1; }}",
}
"""By how CPUs are merged, and the fields of a value: how one CPU's value joins those of the others."""


@dataclass(frozen=True)
class Total:
    """What the CPUs' values come to: names of the variables that hold it, and C text of the value itself."""

    value: str
    count: str
    text: str


@value.register
def _total(node: typed.Total, out: Writer) -> str:
    return sum_up(out.planned(node.slot), f"&{key(node.slot, out)}", out).text


def sum_up(planned: PlannedMap, key_pointer: str, out: Writer) -> Total:
    """Write what the CPUs' values of a key come to; zero where there is no such key."""
    kind = planned.spec.kind
    facts = kind.facts
    join = _JOINS[facts.merge, facts.fields]
    table = pointer_to(MarkerKind.MAP, list(out.plan.maps).index(planned.spec.name), out)
    total, count = out.name("total"), out.name("count")
    out.reserve(16)
    out.line(f"s64 {total} = 0;")
    out.line(f"u64 {count} = 0;")
    with out.block("for (u32 cpu = 0; cpu < TT_CPUS; cpu++)"):
        out.line(f"{facts.c_type} *part = tt_of_cpu({table}, {key_pointer}, cpu);")
        with out.block("if (part)"):
            out.line(join.format(total=total, count=count))
    text = f"tt_divide({total}, {count})" if kind is ValueKind.AVG else total
    return Total(total, count, text)


def pointer_to(kind: MarkerKind, index: int, out: Writer) -> str:
    """Write a pointer to a callback or map, which the loader puts in, and return its name."""
    name = out.name(kind.name.lower())
    out.line(f'void *{name}; asm volatile("%0 = {marker(kind, index)} ll" : "=r"({name}));')
    return name
