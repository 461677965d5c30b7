"""How hot a script would run, from how often its hooks are hit: asked before it is put to work on all of them.

Owns: the estimate and what counts as hot. Refuses to own: how the hits are counted (`pane_load`) and what the user
answers (`pane`). Pure. Tracer.
"""

from collections.abc import Sequence

from tracetop.bpf import ProgStats
from tracetop.model.frame import Hot
from tracetop.model.program import Program

HOT_PERCENT = 5.0
"""Of one core."""
HOT_PER_S = 200_000
_INSTRUCTION_NS = 0.5
_STACK_NS = 1500
"""A stack's walk and its place in the stack map."""


def estimate(program: Program, before: Sequence[ProgStats], after: Sequence[ProgStats], elapsed_s: float) -> Hot | None:
    """Return what the script would cost, None where that is not much.

    `before` and `after` are its programs' counters at the ends of a moment in which they were on their hooks and
    counted nothing (SAMPLE_NONE), so their time is what one costs that does nothing. To that comes half a nanosecond
    for each of its instructions, which are map look-ups for the most part, and the way to the program and back; of one
    that is on hooks of several kinds, the mean of their ways.
    """
    around_ns: dict[str, list[int]] = {}
    for probe in program.probes:
        around_ns.setdefault(probe.function, []).append(probe.kind.facts.hit_ns)
    events_per_s = percent = 0.0
    for old, new in zip(before, after, strict=True):
        hits = new.run_cnt - old.run_cnt
        if hits:
            idle_ns = (new.run_time_ns - old.run_time_ns) / hits
            body_ns = new.instructions * _INSTRUCTION_NS + (_STACK_NS if program.stack_maps else 0)
            ways_ns = around_ns[new.function]
            hit_ns = idle_ns + body_ns + sum(ways_ns) / len(ways_ns)
            events_per_s += hits / elapsed_s
            percent += hits / elapsed_s * hit_ns / 1e7
    if percent < HOT_PERCENT and events_per_s < HOT_PER_S:
        return None
    return Hot(round(events_per_s), round(percent, 1))
