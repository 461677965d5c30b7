"""What tests of printing share: a machine of known names, and short ways to write layouts and maps down."""

from collections.abc import Sequence

import numpy as np

from tracetop.bpf import MapSample
from tracetop.model.program import KeyPart, KeyRole, Layout, MapSpec
from tracetop.model.value import INTEGER, ValuePart, ValueType
from tracetop.model.value_kinds import ValueKind
from tracetop.tracer.printing.decode import Clean, Decoder, raw_text, spelt_text
from tracetop.tracer.printing.machine_names import MachineNames


class WrittenNames(MachineNames):
    """A machine that a test wrote down."""

    def __init__(self) -> None:
        pass

    def kernel_symbol(self, address: int) -> str:
        return f"kernel_{address:x}"

    def user_symbol(self, pid: int, address: int) -> str:
        return f"user_{pid}_{address:x}"

    def kernel_frames(self, addresses: Sequence[int], mode: str) -> tuple[str, ...]:
        return tuple(f"\t{address:x} k+0" if mode == "perf" else f"kernel_{address:x}+1" for address in addresses)

    def user_frames(self, pid: int, addresses: Sequence[int], mode: str) -> tuple[str, ...]:
        return tuple(f"user_{pid}_{address:x}+1" for address in addresses)

    def watch(self) -> None:
        pass

    def remember(self, pid: int) -> None:
        pass

    def user(self, uid: int) -> str:
        return {0: "root"}.get(uid, str(uid))

    def cgroup_path(self, cgroup_id: int, hierarchy: str = "") -> str:
        return f"unified:/{cgroup_id}"

    def wall_ns(self, boot_ns: int) -> int:
        return boot_ns

    def wall_clock(self, boot_ns: int, format_: str) -> str:
        return f"{format_}@{boot_ns}"


STACKS = {("stacks", 7): (0x10, 0x20, 0x30)}


def decoder(own: Clean = raw_text) -> Decoder:
    return Decoder(WrittenNames(), lambda map_, id_: STACKS.get((map_, id_), ()), spelt_text, own)


def parts(*types: ValueType) -> tuple[ValuePart, ...]:
    """Return the parts of these types, one right after the other, each on a multiple of its size up to 8."""
    laid, at = [], 0
    for type_ in types:
        step = type_.size if type_.size in (1, 2, 4, 8) else 8
        at = -(-at // step) * step
        laid.append(ValuePart(offset=at, type=type_))
        at += type_.size
    return tuple(laid)


def keyed(kind: ValueKind, *keys: ValueType, **rest: object) -> MapSpec:
    """Return a hash map of that kind, its keys laid out by `parts`."""
    laid = parts(*keys)
    size = max((part.offset + part.type.size for part in laid), default=4)
    fields = {
        "name": "@m",
        "c_name": "m",
        "kind": kind,
        "layout": Layout.PERCPU_HASH if keys else Layout.PERCPU_ARRAY,
        "keys": tuple(
            KeyPart(role=KeyRole.INTEGER, offset=part.offset, size=part.type.size, type=part.type) for part in laid
        ),
        "key_size": size,
        "value_size": 8,
        "max_entries": 1024,
    }
    return MapSpec(**(fields | rest))  # type: ignore[arg-type]


def sample(keys: Sequence[bytes], values: Sequence[Sequence[int]]) -> MapSample:
    """Return the rows of a map."""
    rows = np.frombuffer(b"".join(keys), np.uint8).reshape(len(keys), -1)
    return MapSample(rows, np.array(values, np.int64).reshape(len(keys), -1))


__all__ = ["INTEGER", "STACKS", "WrittenNames", "decoder", "keyed", "parts", "sample"]
