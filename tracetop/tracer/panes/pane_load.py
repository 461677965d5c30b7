"""From a script's text to its hooks, a step at a time: what waits, waits beside the panes that run.

Owns: the order of the steps, and that nothing stays of one that fails or is given up. Refuses to own: what is in force
meanwhile (`pane`) and how hot is too hot (`cost_estimate`). Tracer.
"""

import time
from collections.abc import Callable, Generator
from contextlib import closing
from typing import NamedTuple

from tracetop.bpf import RunTimeStats, Trial
from tracetop.lang import compile_script
from tracetop.library import PaneScript
from tracetop.model.abi.control import SAMPLE_NONE
from tracetop.model.frame import Hot
from tracetop.tracer.panes.cost_estimate import estimate
from tracetop.tracer.panes.pane_content import Shown
from tracetop.tracer.panes.programs_content import ProgramsShown
from tracetop.tracer.panes.script_content import Machine, Running

COUNT_S = 0.2
"""For so long the hits of a script's hooks are counted before it is put to work."""


class Wait(NamedTuple):
    """What the next step waits for: a time on the monotonic clock, or that a descriptor can be read."""

    until_s: float
    fd: int = -1


class Outcome(NamedTuple):
    """A loaded script: on its hooks, or off them where it is `hot` and someone is to be asked first."""

    running: Shown
    hot: Hot | None


Loading = Generator[Wait, None, Outcome]
Control = Callable[[Shown, int], None]
"""Puts filter and parameters in force in a script, and that it counts one in so many events."""


def load(script: PaneScript, machine: Machine, control: Control, sample: int) -> Loading:
    """Compile, load and attach a script; yields what each next step waits for.

    `sample` 0: all events, but what tracetop does not ship is not attached where its hooks are very hot. Such scripts
    are also compiled in a process of their own first. TracetopError where it cannot run.
    """
    if not script.text:  # the one pane that runs no script
        shown = ProgramsShown(machine.kernel)
        control(shown, 1)
        shown.attach()
        return Outcome(shown, None)
    program = compile_script(script.text, script.name, machine.kernel)
    if not script.bundled:
        with closing(Trial(program)) as trial:
            while not trial.passed():
                yield Wait(trial.until_s, trial.fd)
    asks = not (sample or script.bundled)
    running = Running(program, machine)
    try:
        control(running, SAMPLE_NONE if asks else sample or 1)
        hot = (yield from _count(running)) if asks else None
        if hot is None:
            running.attach()
            if asks:
                control(running, 1)
    except BaseException:
        running.close()
        raise
    return Outcome(running, hot)


def _count(running: Running) -> Generator[Wait, None, Hot | None]:
    """Leave the script on its hooks for a moment, counting nothing but its runs; off them where it is hot.

    The script's own programs count: whatever hook there is, it is hit as it will be, and with no sample each ends
    after its first look-up. Where the kernel has no statistics of runs, the hooks are taken for cold.
    """
    running.rehearse()
    with RunTimeStats() as statistics:
        before, begun_s = running.stats(), time.monotonic()
        if statistics.on:
            yield Wait(begun_s + COUNT_S)
        hot = estimate(running.program, before, running.stats(), max(time.monotonic() - begun_s, 1e-3))
    if hot is not None:
        running.detach()
    return hot
