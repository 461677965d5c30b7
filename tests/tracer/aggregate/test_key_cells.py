"""From the kernel's bytes to cells: keys of each role, values of each kind, gauges, names of system calls."""

import os
import pwd
import struct

import numpy as np
import pytest

from tests.tracer.specs import Value, part, sample, spec, text_key
from tracetop.errors import UsageError
from tracetop.model.frame import Cell, ColumnKind
from tracetop.model.program import KeyPart, KeyRole, Layout, MapSpec, Unit
from tracetop.model.syscalls import NO_TABLE, OTHERS, TABLE, SyscallNames
from tracetop.model.value import Shape, ValueType
from tracetop.model.value_kinds import ValueKind
from tracetop.tracer.aggregate.aggregates import Gauge
from tracetop.tracer.aggregate.counters import as_keys
from tracetop.tracer.aggregate.key_cells import KeyCells, decode_text, key_columns
from tracetop.tracer.aggregate.value_columns import value_columns, value_numbers


def cell_of(cells: KeyCells, one: KeyPart, data: bytes) -> Cell:
    keys = as_keys(np.frombuffer(data, dtype=np.uint8).reshape(1, -1))
    ((cell,),) = cells.cells(spec("@", keys=(one,)), keys)
    return cell


@pytest.mark.parametrize(
    ("one", "data", "cell"),
    [
        (part(KeyRole.PID), struct.pack("=I", 4194304), 4194304),
        (part(KeyRole.TID), struct.pack("=I", 7), 7),
        (part(KeyRole.CPU), struct.pack("=I", 3), 3),
        (part(KeyRole.SYSCALL, size=8), struct.pack("=Q", 0), "read"),
        (part(KeyRole.SYSCALL, size=8, signed=True), struct.pack("=q", -1), "unknown (-1)"),
        (part(KeyRole.SYSCALL, size=4), struct.pack("=I", 1023), "syscall_511 (32-bit)"),
        (part(KeyRole.UID), struct.pack("=I", 0), "root"),
        (part(KeyRole.UID), struct.pack("=I", 3999999), "3999999"),
        (part(KeyRole.INTEGER, size=1, signed=True), b"\xff", -1),
        (part(KeyRole.INTEGER, size=1), b"\xff", 255),
        (part(KeyRole.INTEGER, size=2, signed=True), struct.pack("=h", -300), -300),
        (part(KeyRole.INTEGER, size=4, signed=True), struct.pack("=i", -70000), -70000),
        (part(KeyRole.INTEGER, size=8, signed=True), struct.pack("=q", -(1 << 63)), -(1 << 63)),
        (part(KeyRole.STRING, size=16), text_key(b"/etc/passwd"), "/etc/passwd"),
        (part(KeyRole.COMM, size=16), b"a" * 16, "a" * 16),
        (part(KeyRole.COMM, size=16), text_key(b"sh\0garbage"), "sh"),
        (part(KeyRole.COMM, size=16), bytes(16), ""),
        (part(KeyRole.COMM, size=16), text_key(b"\x1b[31m\xff\n[x]"), "\x1b[31m\udcff\n[x]"),
    ],
)
def test_a_key_part_of_each_role(cells: KeyCells, one: KeyPart, data: bytes, cell: Cell) -> None:
    assert cell_of(cells, one, data) == cell


def test_an_unsigned_8_byte_integer_keeps_its_value(cells: KeyCells) -> None:
    """Addresses of the kernel are above 2**63."""
    assert cell_of(cells, part(KeyRole.INTEGER, size=8), struct.pack("=Q", (1 << 64) - 4096)) == (1 << 64) - 4096


def test_parts_at_any_offset_stacks_left_out(cells: KeyCells) -> None:
    keys = (part(KeyRole.COMM, 0, 16), part(KeyRole.KSTACK, 16), part(KeyRole.INTEGER, 20, 2, label="port"))
    data = text_key(b"sh") + struct.pack("=iH", 12, 8080)
    assert cells.cells(spec("@", keys=keys), as_keys(np.frombuffer(data, dtype=np.uint8).reshape(1, -1))) == [
        ("sh", 8080)
    ]


def test_the_key_of_an_array_is_its_index(cells: KeyCells) -> None:
    """Whatever the size of the key part: the kernel's key is 4 bytes."""
    array = MapSpec(
        name="@",
        c_name="at_",
        kind=ValueKind.COUNT,
        layout=Layout.PERCPU_ARRAY,
        keys=(part(KeyRole.SYSCALL, size=8),),
        key_size=4,
        value_size=8,
        max_entries=512,
    )
    assert cells.cells(array, as_keys(np.array([[1, 0, 0, 0]], dtype=np.uint8))) == [("write",)]


def test_a_user_is_named_as_the_system_names_him(cells: KeyCells) -> None:
    uid = os.getuid()
    assert cell_of(cells, part(KeyRole.UID), struct.pack("=I", uid)) == pwd.getpwuid(uid).pw_name


def test_key_columns_have_distinct_ids() -> None:
    roles = (KeyRole.PID, KeyRole.PID, KeyRole.INTEGER, KeyRole.INTEGER, KeyRole.STRING)
    labels = ("", "ppid", "dev", "dev", "")
    columns = key_columns(tuple(part(role, label=label) for role, label in zip(roles, labels, strict=True)))
    assert [column.id for column in columns] == ["pid", "ppid", "dev", "dev2", "key"]


TEXT = ValueType(shape=Shape.STRING, size=3)


def test_decode_text_ends_at_the_nul_and_keeps_bytes_that_are_no_utf8() -> None:
    assert decode_text(b"ab\0cd", TEXT) == "ab"
    assert decode_text(b"\xc3\xa9\xff", TEXT).encode(errors="surrogateescape") == b"\xc3\xa9\xff"


def test_a_text_that_fills_its_room_is_marked_as_cut_where_its_type_says_so() -> None:
    cut = ValueType(shape=Shape.STRING, size=3, text="..")
    assert [decode_text(data, cut) for data in (b"ab\0", b"abc")] == ["ab", "abc.."]
    assert decode_text(b"abc", TEXT) == "abc"


NEW, TOTAL, LAST = (np.array([row], dtype=np.int64) for row in ([10, 2], [100, 5], [900, 50]))


@pytest.mark.parametrize(
    ("kind", "numbers"),
    [
        (ValueKind.COUNT, {"per_s": 5.0, "total": 100}),
        (ValueKind.SUM, {"per_s": 5.0, "total": 100}),
        (ValueKind.AVG, {"per_s": 1.0, "avg": 5.0}),
        (ValueKind.STATS, {"per_s": 1.0, "count": 5, "avg": 5.0, "total": 100}),
        (ValueKind.MIN, {"min": 900}),
        (ValueKind.MAX, {"max": 900}),
        (ValueKind.SCALAR, {"scalar": 900}),
    ],
)
def test_the_columns_of_each_kind_of_value(kind: ValueKind, numbers: dict[str, float]) -> None:
    """Two seconds in which 2 events brought 10; 5 events and 100 since the reset; 900 in the kernel."""
    one = spec("@", kind)
    found = [float(column[0]) for column in value_numbers(one, NEW, TOTAL, LAST, 2.0)]
    assert dict(zip([column.id for column in value_columns(one)], found, strict=True)) == numbers


def test_named_maps_name_their_columns_and_units_follow_the_value() -> None:
    one = MapSpec(
        name="@io",
        c_name="at_io",
        kind=ValueKind.STATS,
        layout=Layout.HASH,
        key_size=4,
        value_size=16,
        max_entries=1,
        unit=Unit.BYTES,
    )
    assert [(column.id, column.unit) for column in value_columns(one)] == [
        ("io_per_s", Unit.NONE),
        ("io_count", Unit.NONE),
        ("io_avg", Unit.BYTES),
        ("io_total", Unit.BYTES),
    ]
    assert value_columns(spec("@s", ValueKind.STRING))[0].kind is ColumnKind.TEXT


def gauge_cells(gauge: Gauge, *values: Value) -> tuple[Cell, ...]:
    gauge.update(sample(dict(enumerate(values)), gauge.spec), 2.0)
    return gauge.number().cells


@pytest.mark.parametrize(
    ("kind", "value", "cells_then"),
    [
        (ValueKind.COUNT, 10, (5.0, 10)),
        (ValueKind.SUM, -10, (-5.0, -10)),
        (ValueKind.AVG, (9, 2), (1.0, 4.5)),
        (ValueKind.STATS, (9, 2), (1.0, 2, 4.5, 9)),
        (ValueKind.MIN, (-3, 1), (-3,)),
        (ValueKind.MAX, (3, 1), (3,)),
        (ValueKind.SCALAR, 42, (42,)),
        (ValueKind.STRING, b"hi\x1b", ("hi\x1b",)),
    ],
)
def test_a_gauge_of_each_kind(cells: KeyCells, kind: ValueKind, value: Value, cells_then: tuple[Cell, ...]) -> None:
    gauge = Gauge(spec("@", kind, ()), cells)
    assert gauge.number().cells == (None,) * len(cells_then)
    assert gauge_cells(gauge, value) == cells_then


def test_a_gauge_whose_map_was_cleared_is_empty_again(cells: KeyCells) -> None:
    """Not the last number for ever; and it counts from zero when it comes back."""
    gauge = Gauge(spec("@", ValueKind.COUNT, ()), cells)
    gauge_cells(gauge, 10)
    assert gauge_cells(gauge) == (None, None)
    assert gauge_cells(gauge, 4) == (2.0, 4)


def test_a_gauge_counts_from_its_reset(cells: KeyCells) -> None:
    gauge = Gauge(spec("@", ValueKind.COUNT, ()), cells)
    gauge_cells(gauge, 10)
    gauge.reset()
    assert gauge.number().cells == (None, None)
    assert gauge_cells(gauge, 16) == (3.0, 6)


def test_system_calls_have_names_both_ways() -> None:
    names = SyscallNames("x86_64")
    assert (names.name(0), names.name(39), names.name(257)) == ("read", "getpid", "openat")
    assert (names.number("openat"), names.number("257"), names.number("511")) == (257, 257, 511)
    assert names.name(500) == "syscall_500", "newer than the table"
    assert names.name(9999) == "unknown (9999)"
    arm = SyscallNames("aarch64")
    assert (arm.name(63), arm.number("openat")) == ("read", 56)


def test_calls_of_32_bit_programs_are_of_their_own_table() -> None:
    names = SyscallNames("x86_64")
    assert (names.name(TABLE + 5), names.name(TABLE + 511)) == ("open (32-bit)", "syscall_511 (32-bit)")
    assert names.number("open (32-bit)") == TABLE + 5
    assert SyscallNames("aarch64").name(TABLE + 5) == "syscall_5 (32-bit)"


@pytest.mark.parametrize("number", [-5, 600, 1 << 20])
def test_a_number_of_no_table_says_so(number: int) -> None:
    """As a map's key it may be the unsigned form of a negative one, or moved out of the other table's way."""
    names = SyscallNames("x86_64")
    held = number + NO_TABLE if number == 600 else number % (1 << 32)
    assert names.name(held) == f"unknown ({number})"
    assert names.name(OTHERS) == "unknown (others)"


def test_an_architecture_without_a_table_still_has_numbers() -> None:
    names = SyscallNames("pdp11")
    assert (names.name(4), names.number("4")) == ("syscall_4", 4)


def test_an_unknown_system_call_suggests_the_nearest() -> None:
    with pytest.raises(UsageError) as caught:
        SyscallNames("x86_64").number("opennat")
    assert "openat" in caught.value.diagnostic.hint
    with pytest.raises(UsageError) as caught:
        SyscallNames("x86_64").number("-1")
    assert caught.value.diagnostic.hint
