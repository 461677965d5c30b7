"""The parts of a map's key, and values that are not numbers, from the kernel's bytes to readable cells and columns.

Owns: decoding and naming. Pure but for the tables of names it is given. Runs in the tracer.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracetop.model.frame import Cell, Column, ColumnKind
from tracetop.model.program import KeyPart, KeyRole, MapSpec
from tracetop.model.syscalls import SyscallNames
from tracetop.model.value import Shape, ValueType
from tracetop.model.value_kinds import ValueKind
from tracetop.tracer.aggregate.counters import Keys, as_rows
from tracetop.tracer.aggregate.value_columns import cell_of
from tracetop.tracer.printing.decode import Decoder
from tracetop.tracer.printing.values import Datum

TEXT_ROLES = (KeyRole.COMM, KeyRole.STRING)
STACK_ROLES = (KeyRole.KSTACK, KeyRole.USTACK)
NO_STACK = "[no stack]"
USERNAME = ValueType(shape=Shape.USERNAME, size=4, signed=False)


def integers(spec: MapSpec, part: KeyPart, keys: Keys) -> NDArray[np.integer[Any]]:
    """Return one part of every key as integers, (n,)."""
    rows = as_rows(keys)
    if spec.layout.is_array:  # the kernel's key is the index, 4 bytes
        return np.ascontiguousarray(rows[:, :4]).view(np.uint32).reshape(-1)
    column = np.ascontiguousarray(rows[:, part.offset : part.offset + part.size])
    kind = f"{'i' if part.signed else 'u'}{part.size}"
    return column.view(kind).reshape(-1)


def decode_text(data: bytes, type_: ValueType) -> str:
    """Return a text that the kernel wrote, marked where it is cut; bytes that are not UTF-8 become lone surrogates."""
    text = data.split(b"\0", 1)[0]
    shown = text.decode(errors="surrogateescape")
    return shown + type_.text if type_.text and len(text) == type_.size else shown


def key_columns(parts: tuple[KeyPart, ...]) -> tuple[Column, ...]:
    """Return a column for each part, with distinct ids: the role where it says enough, else what the script wrote."""
    columns: list[Column] = []
    for part in parts:
        plain = part.role in (KeyRole.INTEGER, KeyRole.STRING)
        wanted = (part.label or "key") if plain else part.role.value
        taken = {column.id for column in columns}
        name = next(n for n in (wanted, part.label, *(f"{wanted}{i}" for i in range(2, 99))) if n and n not in taken)
        columns.append(Column(id=name, title=name, kind=ColumnKind.KEY, role=part.role))
    return tuple(columns)


class KeyCells:
    """Turns keys, and values that are not numbers, into cells a person can read."""

    def __init__(self, syscalls: SyscallNames, decoder: Decoder) -> None:
        self._syscalls = syscalls
        self._decoder = decoder

    def cells(self, spec: MapSpec, keys: Keys) -> list[tuple[Cell, ...]]:
        """Return the readable parts of every key, without its stacks."""
        parts = [part for part in spec.keys if part.role not in STACK_ROLES]
        return (
            list(zip(*[self._column(spec, part, keys) for part in parts], strict=True)) if parts else [()] * len(keys)
        )

    def whole_cells(self, spec: MapSpec, keys: Keys) -> list[tuple[Cell, ...]]:
        """Return the readable parts of every key, each stack as one line, the innermost function first."""
        columns = [
            self._stack_column(part, keys) if part.role in STACK_ROLES else self._column(spec, part, keys)
            for part in spec.keys
        ]
        return list(zip(*columns, strict=True))

    def _stack_column(self, part: KeyPart, keys: Keys) -> list[Cell]:
        read = self._decoder.reader(part.type)
        return [cell_of(read(key.tobytes(), part.offset)) or NO_STACK for key in as_rows(keys)]

    def _column(self, spec: MapSpec, part: KeyPart, keys: Keys) -> list[Cell]:
        if part.role in TEXT_ROLES and part.type.shape in (Shape.STRING, Shape.INTEGER):
            place = slice(part.offset, part.offset + part.size)
            return [decode_text(row[place].tobytes(), part.type) for row in as_rows(keys)]
        if part.role is KeyRole.UID:
            read = self._decoder.reader(USERNAME)
        elif part.type.shape is not Shape.INTEGER:
            read = self._decoder.reader(part.type)
        else:
            numbers: list[int] = integers(spec, part, keys).tolist()
            return [self._syscalls.name(number) for number in numbers] if part.role is KeyRole.SYSCALL else [*numbers]
        return [cell_of(read(key.tobytes(), part.offset)) for key in as_rows(keys)]

    def datum(self, spec: MapSpec) -> Callable[[NDArray[Any]], Datum]:
        """Return what decodes one row of a map's values."""
        read = self._decoder.reader(spec.value)
        return lambda row: read(row.tobytes(), 0)

    def value_cell(self, spec: MapSpec) -> Callable[[NDArray[Any]], Cell]:
        """Return what makes a cell of one row of a map's values, where those are shown as text."""
        if spec.kind is ValueKind.STRING:
            return lambda row: decode_text(row.tobytes(), spec.value)
        if spec.kind is ValueKind.SCALAR:
            number = self._decoder.number(spec.value)
            return lambda row: cell_of(number(int(row[0])))
        read = self._decoder.reader(spec.value)
        return lambda row: cell_of(read(row.tobytes(), 0))
