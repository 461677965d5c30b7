"""The maps of one script in the kernel: what it counted, what it sent, what it lost, and what it is told.

Owns: each table of the C text by its name, and what its bytes are. Refuses to own: the programs that write there
(`loaded_program`) and system calls (`kernel_map`, `ring_buffer`). libbcc closes the descriptors. The tracer's one
thread.
"""

import struct
from collections.abc import Iterable
from typing import Any

import numpy as np

from tracetop.bpf.load.bcc import load_bcc
from tracetop.bpf.maps.cpu_merge import Bytes, Ints, MapSample, merge
from tracetop.bpf.maps.kernel_map import KernelMap
from tracetop.bpf.maps.ring_buffer import RingBuffer
from tracetop.bpf.objects.stats import map_sizes
from tracetop.errors import TracetopError
from tracetop.model.abi.control import CONTROL, CONTROL_BYTES
from tracetop.model.abi.event_slots import DROPS, EVENTS, PRESENT, DropSlots
from tracetop.model.program import EVENT_HEADER_BYTES, Layout, MapSpec, Program

_U32 = struct.Struct("=I")
_ADDRESS = struct.Struct("=Q")


class Tables:
    """The maps of one compiled program; `open` before anything else, `close` frees them and libbcc's memory."""

    def __init__(self, program: Program, module: Any) -> None:
        self.program = program
        self._module = module
        self._slots = DropSlots(len(program.maps))
        self._specs = {spec.name: spec for spec in program.maps}
        self._maps: dict[str, KernelMap] = {}
        self._others: dict[str, KernelMap] = {}
        self._control: KernelMap | None = None
        self._drops: KernelMap | None = None
        self._present: KernelMap | None = None
        self._stack_maps: dict[str, KernelMap] = {}
        self._ring: RingBuffer | None = None

    def open(self) -> None:
        """Find the maps that the compile has made. TracetopError where one is not what the program says."""
        self._maps = {spec.name: _open_map(spec, _descriptor(self._module, spec.c_name)) for spec in self.program.maps}
        for spec in self.program.maps:
            others = _open_table(self._module, spec.others_name, Layout.PERCPU_HASH) if spec.others else None
            if others:
                self._others[spec.name] = others
        self._control = _open_table(self._module, CONTROL, Layout.ARRAY)
        self._drops = _open_table(self._module, DROPS, Layout.PERCPU_ARRAY)
        self._present = _open_table(self._module, PRESENT, Layout.ARRAY)
        names = {self.program.stack_map, *self.program.stack_maps} - {""}
        tables = {name: _open_table(self._module, name, Layout.HASH) for name in names}
        self._stack_maps = {name: table for name, table in tables.items() if table}
        events = _descriptor(self._module, EVENTS)
        if events >= 0:
            self._ring = RingBuffer(events, map_sizes(events)[2])

    def close(self) -> None:
        """Free the maps, unless a program holds them, and libbcc's memory."""
        if self._ring is not None:
            self._ring.close()
            self._ring = None
        self._module.cleanup()

    def set_control(self, value: bytes) -> None:
        """Put `model.abi.control.pack_control`'s bytes in force, with one map write."""
        if len(value) != CONTROL_BYTES:
            raise ValueError(f"{len(value)} bytes of control, not {CONTROL_BYTES}")
        if self._control is not None:
            self._control.update(bytes(4), value)

    def read(self, map_name: str) -> MapSample:
        """Return the rows of the map of that name (``@start``), all CPUs merged; KeyError where there is none.

        A map without a key that all CPUs share has no row until it is written, and after `clear`.
        """
        spec = self._specs[map_name]
        keys, values = self._maps[map_name].read()
        if map_name in self._others:
            more, its_values = self._others[map_name].read()
            keys, values = np.concatenate([keys, more]), np.concatenate([values, its_values])
        if spec.layout is Layout.ARRAY and not values.any() and self._present is not None:
            written = self._present.lookup(_U32.pack(spec.drop_slot)) or b""
            keys, values = (keys, values) if any(written) else (keys[:0], values[:0])
        return merge(spec, keys, values)

    def drops(self) -> dict[str, int]:
        """Return failed updates by map name, since the program was loaded."""
        by_slot = _by_slot(self._drops)
        return {spec.name: by_slot[spec.drop_slot] for spec in self.program.maps} if by_slot else {}

    def lost_events(self) -> int:
        """Return how many events found no room in the buffer, since the program was loaded."""
        return dropped(self._drops, self._slots.events)

    def missed(self) -> int:
        """Return how many runs ended at once, another being under way on their CPU, since the program was loaded."""
        return dropped(self._drops, self._slots.missed)

    def unread(self) -> int:
        """Return how many strings of processes could not be read, since the program was loaded."""
        return dropped(self._drops, self._slots.unread)

    def lost_exits(self) -> int:
        """Return how often the script called ``exit`` while the buffer had no room to say so."""
        return dropped(self._drops, self._slots.exits)

    @property
    def event_fd(self) -> int | None:
        """A descriptor that is readable while `events` has something to give; None for a script that sends nothing."""
        return self._ring.descriptor if self._ring else None

    def events(self) -> list[tuple[int, bytes]]:
        """Return what programs sent since the last call, in order: the number of an action, and its payload.

        At most one buffer full, so that a storm leaves time for other things.
        """
        records = self._ring.read() if self._ring else []
        return [(_U32.unpack_from(record)[0], record[EVENT_HEADER_BYTES:]) for record in records]

    def clear(self, map_name: str) -> None:
        """Delete every key of a map; an array's values become zero."""
        self._maps[map_name].clear()
        if map_name in self._others:
            self._others[map_name].clear()
        if self._present is not None:
            self._present.update(_U32.pack(self._specs[map_name].drop_slot), bytes(8))

    def zero(self, map_name: str) -> None:
        """Write zero to every value of a map; keys stay."""
        self._maps[map_name].zero()
        if map_name in self._others:
            self._others[map_name].zero()

    def delete_keys(self, map_name: str, keys: Bytes) -> int:
        """Delete these keys, uint8 (rows, key_size), of a hash map; return how many were there."""
        return self._maps[map_name].delete(keys)

    def lookup(self, map_name: str, key: bytes) -> Ints | Bytes | None:
        """Return the value of one key of the kernel's, all CPUs merged, as a row of `read` has it; None for no such."""
        spec = self._specs[map_name]
        raw = self._maps[map_name].lookup(key)
        if raw is None and map_name in self._others:
            raw = self._others[map_name].lookup(key)
        if raw is None:
            return None
        _, values = merge(spec, *(np.frombuffer(part, np.uint8).reshape(1, -1) for part in (key, raw)))
        return values[0] if len(values) else None

    def stack(self, stack_id: int, map_name: str = "") -> tuple[int, ...]:
        """Return a stack's addresses, innermost first; empty for a negative id (a loss) or one that is gone.

        `map_name` is a stack map's C name, empty for the program's `stack_map`.
        """
        stacks = self._stack_maps.get(map_name or self.program.stack_map)
        if stacks is None or stack_id < 0:
            return ()
        raw = stacks.lookup(_U32.pack(stack_id)) or b""
        return tuple(address for (address,) in _ADDRESS.iter_unpack(raw) if address)

    def delete_stacks(self, stack_ids: Iterable[int], map_name: str = "") -> None:
        """Free the slots of these stacks."""
        keys = np.array(sorted(stack_ids), dtype=np.uint32).view(np.uint8).reshape(-1, _U32.size)
        stacks = self._stack_maps.get(map_name or self.program.stack_map)
        if stacks is not None:
            stacks.delete(keys)


def _descriptor(module: Any, table: str) -> int:
    descriptor: int = load_bcc().lib.bpf_table_fd(module.module, table.encode())
    return descriptor


def _open_table(module: Any, name: str, layout: Layout) -> KernelMap | None:
    """Open one of the tables that are not a map of the script, or None where the C text has none."""
    descriptor = _descriptor(module, name)
    if descriptor < 0:
        return None
    key_size, value_size, max_entries = map_sizes(descriptor)
    return KernelMap(descriptor, layout, key_size=key_size, value_size=value_size, max_entries=max_entries)


def dropped(drops: KernelMap | None, slot: int) -> int:
    """Return what was dropped of one slot; not every script has every slot."""
    return sum(_by_slot(drops)[slot : slot + 1])


def _by_slot(drops: KernelMap | None) -> list[int]:
    """Return what was dropped by slot, see `DropSlots`."""
    if drops is None:
        return []
    counts: list[int] = drops.read()[1].view(np.uint64).sum(axis=1).tolist()
    return counts


def _open_map(spec: MapSpec, descriptor: int) -> KernelMap:
    """Open a script's map. TracetopError where the C text and the spec disagree: reads would be garbage."""
    sizes = map_sizes(descriptor) if descriptor >= 0 else None
    if sizes != (spec.key_size, spec.value_size, spec.max_entries):
        raise TracetopError(
            f"the compiler describes map {spec.name} wrongly",
            why=f"the kernel has {sizes}, expected {(spec.key_size, spec.value_size, spec.max_entries)}",
            hint="report it",
        )
    return KernelMap(
        descriptor,
        spec.layout,
        key_size=spec.key_size,
        value_size=spec.value_size,
        max_entries=spec.max_entries,
    )
