"""Map specifications and samples, written the short way."""

import struct
from collections.abc import Mapping, Sequence

import numpy as np

from tracetop.bpf import MapSample
from tracetop.model.program import KeyPart, KeyRole, Layout, MapSpec
from tracetop.model.value_kinds import ValueKind

FIELDS = {ValueKind.AVG: 2, ValueKind.STATS: 2, ValueKind.MIN: 2, ValueKind.MAX: 2}
TEXT_BYTES = 16


def part(role: KeyRole, offset: int = 0, size: int = 4, *, signed: bool = False, label: str = "") -> KeyPart:
    return KeyPart(role, offset, size, signed=signed, label=label)


PID = part(KeyRole.PID)
INTEGER = part(KeyRole.INTEGER, label="n")


def spec(
    name: str = "@",
    kind: ValueKind = ValueKind.COUNT,
    keys: tuple[KeyPart, ...] = (INTEGER,),
    *,
    key_size: int | None = None,
    max_entries: int = 1024,
    scratch: bool = False,
    kept_slots: bool = False,
) -> MapSpec:
    end = max((one.offset + one.size for one in keys), default=4)
    return MapSpec(
        name=name,
        c_name=f"at_{name[1:]}",
        kind=kind,
        layout=Layout.HASH if keys else Layout.ARRAY,
        keys=keys,
        key_size=key_size or end,
        value_size=TEXT_BYTES if kind is ValueKind.STRING else 8 * FIELDS.get(kind, 1),
        max_entries=max_entries,
        scratch=scratch,
        kept_slots=kept_slots,
    )


def number_key(number: int) -> bytes:
    return struct.pack("=I", number)


def text_key(text: bytes, size: int = TEXT_BYTES) -> bytes:
    return text[: size - 1].ljust(size, b"\0")


Value = int | Sequence[int] | bytes


def sample(rows: Mapping[int | bytes, Value] | Mapping[int, Value] | Mapping[bytes, Value], of: MapSpec) -> MapSample:
    """Return a sample of these rows, as `cpu_merge.merge` makes it; integer keys stand for 4 bytes."""
    keys = [number_key(key) if isinstance(key, int) else key for key in rows]
    key_rows = np.frombuffer(b"".join(keys), dtype=np.uint8).reshape(-1, of.key_size).copy()
    values = list(rows.values())
    if of.kind is ValueKind.STRING:
        texts = b"".join(value.ljust(TEXT_BYTES, b"\0") for value in values if isinstance(value, bytes))
        return MapSample(key_rows, np.frombuffer(texts, dtype=np.uint8).reshape(-1, TEXT_BYTES).copy())
    fields = FIELDS.get(of.kind, 1)
    return MapSample(key_rows, np.array(values, dtype=np.int64).reshape(-1, fields))
