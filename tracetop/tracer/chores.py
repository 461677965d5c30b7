"""What has to be done now and then while a script runs: slots freed, processes looked at while they live.

Owns: when, and which processes a script's maps speak of: addresses in them are to have names once they have ended.
Refuses to own: what is remembered of a process (`bpf.user_symbols`), which slots are empty (`kept`). Tracer.
"""

import time
from collections.abc import Callable, Iterator

import numpy as np

from tracetop.bpf.loaded_program import Loaded
from tracetop.bpf.maps.cpu_merge import Bytes, is_array
from tracetop.model.program import Format, MapSpec, PrintValue, Program
from tracetop.model.value import Shape, ValueType
from tracetop.tracer import kept

_PID_AT = {Shape.USTACK: 4, Shape.USYM: 8}
"""Where in a value of that shape the process's number is."""
_SLOTS_S = _MAPS_S = 2.0
_PROCESS_S = 0.1


class Chores:
    """The chores of one script."""

    def __init__(self, loaded: Loaded, remember: Callable[[int], None], *processes: int) -> None:
        """`processes`: those whose functions will need names, for whatever reason; 0 for none."""
        self._loaded = loaded
        self._remember = remember
        self._processes = [pid for pid in processes if pid]
        self._keyed = [(spec, at) for spec in loaded.program.maps if not is_array(spec.layout) for at in _places(spec)]
        self._due: list[tuple[float, float, Callable[[], None]]] = [(_SLOTS_S, 0.0, self._free_slots)]
        if takes_user_addresses(loaded.program):
            self._due += [(_PROCESS_S, 0.0, self._look_at_processes), (_MAPS_S, 0.0, self._look_at_maps)]
        self.every_s = min(each for each, _, _ in self._due)
        """How often `do` is to be called."""

    def do(self) -> None:
        """Do what is due."""
        now_s = time.monotonic()
        for i, (every_s, due_s, chore) in enumerate(self._due):
            if now_s >= due_s:
                chore()
                self._due[i] = (every_s, now_s + every_s, chore)

    def _free_slots(self) -> None:
        kept.free_empty(self._loaded)

    def _look_at_processes(self) -> None:
        for pid in self._processes:
            self._remember(pid)

    def _look_at_maps(self) -> None:
        for spec, at in self._keyed:
            for pid in _numbers(self._loaded.read(spec.name).keys, at):
                self._remember(pid)


def takes_user_addresses(program: Program) -> bool:
    """Say whether anything that the script prints has a name only in a process."""
    types = [part.type for spec in program.maps for part in spec.keys] + [spec.value for spec in program.maps]
    for action in program.actions:
        if isinstance(action, Format):
            types += [part.type for part in action.arguments]
        elif isinstance(action, PrintValue):
            types.append(action.value)
    return any(_mentions(type_) for type_ in types)


def _mentions(type_: ValueType) -> bool:
    return type_.shape in _PID_AT or any(_mentions(part.type) for part in type_.parts)


def _places(spec: MapSpec) -> Iterator[int]:
    for part in spec.keys:
        if part.type.shape in _PID_AT:
            yield part.offset + _PID_AT[part.type.shape]


def _numbers(keys: Bytes, at: int) -> list[int]:
    column = np.ascontiguousarray(keys[:, at : at + 4]).view(np.uint32)
    numbers: list[int] = np.unique(column).tolist()
    return numbers
