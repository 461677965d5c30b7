"""What the checker learns of maps: kinds, what keys mean, units; from all uses, whatever their order."""

from collections.abc import Callable

import pytest

from tracetop.errors import Diagnostic
from tracetop.model.program import KeyRole, LinearScale, MapSpec, Program, Unit
from tracetop.model.value_kinds import ValueKind

Build = Callable[[str], Program]
ENTER = "tracepoint:raw_syscalls:sys_enter"
EXIT = "tracepoint:raw_syscalls:sys_exit"


def one_map(program: Program, name: str = "@") -> MapSpec:
    return next(spec for spec in program.maps if spec.name == name)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("count()", ValueKind.COUNT),
        ("sum(pid)", ValueKind.SUM),
        ("avg(pid)", ValueKind.AVG),
        ("min(pid)", ValueKind.MIN),
        ("max(pid)", ValueKind.MAX),
        ("stats(pid)", ValueKind.STATS),
        ("hist(pid)", ValueKind.HIST),
        ("lhist(pid, 0, 10, 2)", ValueKind.LHIST),
        ("pid", ValueKind.SCALAR),
        ("comm", ValueKind.STRING),
    ],
)
def test_what_is_assigned_decides_the_kind(build: Build, value: str, kind: ValueKind) -> None:
    assert one_map(build(f"BEGIN {{ @ = {value}; }}")).kind is kind


@pytest.mark.parametrize(
    ("key", "role", "label"),
    [
        ("pid", KeyRole.PID, "pid"),
        ("tid", KeyRole.TID, "tid"),
        ("comm", KeyRole.COMM, "comm"),
        ("uid", KeyRole.UID, "uid"),
        ("cpu", KeyRole.CPU, "cpu"),
        ("kstack", KeyRole.KSTACK, "kstack"),
        ("args->id", KeyRole.SYSCALL, "id"),
        ("(uint32)args.id", KeyRole.SYSCALL, "id"),
        ("str(args.args[0])", KeyRole.STRING, "args"),
        ('"text"', KeyRole.STRING, "key"),
        ("pid / 2", KeyRole.INTEGER, "key"),
    ],
)
def test_a_key_keeps_what_its_expression_means(build: Build, key: str, role: KeyRole, label: str) -> None:
    (part,) = one_map(build(f"{ENTER} {{ @[{key}, 1] = count(); }}")).keys[:1]
    assert (part.role, part.label) == (role, label)


def test_a_role_travels_through_variables(build: Build) -> None:
    (part,) = one_map(build(f"{ENTER} {{ $id = args.id; $who = pid; @[$id] = count(); @who[$who] = count(); }}")).keys
    assert (part.role, part.label) == (KeyRole.SYSCALL, "id")


def test_pids_of_the_scheduler_are_threads(build: Build) -> None:
    program = build("tracepoint:sched:sched_switch { @[args.next_pid] = count(); }")
    assert one_map(program).keys[0].role is KeyRole.TID


@pytest.mark.parametrize(
    ("expression", "unit"),
    [
        ("nsecs - @start[tid]", Unit.NS),
        ("(nsecs - @start[tid]) / 1000", Unit.US),
        ("(nsecs - @start[tid]) / 1000000", Unit.MS),
        ("(nsecs - @start[tid]) / 1000 / 1000", Unit.MS),
        ("(nsecs - @start[tid]) / 1e9", Unit.S),
        ("(nsecs - @start[tid]) / 7", Unit.NONE),
        ("(nsecs - @start[tid]) + 5", Unit.NS),
        ("@start[tid] ? nsecs - @start[tid] : 0", Unit.NS),
        ("(uint64)(nsecs - @start[tid])", Unit.NS),
        ("args.ret", Unit.NONE),
        ("nsecs", Unit.NONE),
    ],
)
def test_differences_of_times_are_durations(build: Build, expression: str, unit: Unit) -> None:
    program = build(f"{EXIT} {{ @ = hist({expression}); }} {ENTER} {{ @start[tid] = nsecs; }}")
    assert one_map(program).unit is unit


def test_a_zero_that_is_stored_does_not_hide_that_a_map_holds_times(build: Build) -> None:
    program = build(f"BEGIN {{ @t = 0; }} {ENTER} {{ @t = nsecs; }} {EXIT} {{ @ = max(nsecs - @t); }}")
    assert one_map(program).unit is Unit.NS


def test_a_unit_travels_through_maps_and_variables(build: Build) -> None:
    text = (
        f"{ENTER} {{ $now = nsecs; @then = $now; }} {EXIT} {{ $took = nsecs - @then; @took = $took; @ = sum(@took); }}"
    )
    program = build(text)
    assert one_map(program).unit is Unit.NS
    assert one_map(program, "@took").unit is Unit.NS


def test_fields_that_count_bytes_say_so(build: Build) -> None:
    program = build("tracepoint:kmem:kmalloc { @ = sum(args.bytes_alloc); @n = count(); }")
    assert one_map(program).unit is Unit.BYTES
    assert one_map(program, "@n").unit is Unit.NONE


def test_a_map_may_be_read_before_the_clause_that_assigns_it(build: Build) -> None:
    program = build(f"{EXIT} /@s[tid]/ {{ @ = count(); }} {ENTER} {{ @s[tid] = 1; }}")
    assert one_map(program, "@s").kind is ValueKind.SCALAR


def test_a_key_is_as_wide_as_the_widest_of_its_uses(build: Build) -> None:
    program = build('BEGIN { @n[pid] = 1; @n[nsecs] = 2; @s["ab"] = 1; @s["longer than eight"] = 1; }')
    assert one_map(program, "@n").keys[0].size == 8
    assert one_map(program, "@s").keys[0].size == 24


def test_a_linear_scale_is_kept(build: Build) -> None:
    assert one_map(build("BEGIN { @ = lhist(pid, -10, 100, 5); }")).linear == LinearScale(-10, 100, 5)


@pytest.mark.parametrize(
    "body",
    [
        'if (1) { $x = 1; } if (2) { $x = "a"; }',
        '{ let $x = 1; } { let $x = "a"; print($x); }',
        '@m["k"] = 1; for ($x : 0..2) { print($x); } for ($x : @m) { print($x.0); }',
        "if (1) { $x = 1; } else { $x = 2; } print($x);",
    ],
)
def test_a_name_may_be_another_variable_in_another_block(build: Callable[[str], Program], body: str) -> None:
    assert build(f"BEGIN {{ {body} }}").c_text


@pytest.mark.parametrize(
    "body",
    [
        'let $x = 1; let $x = "a";',
        "$x = 1; { let $x = 2; }",
        "$x = 1; for ($x : 0..2) { print($x); }",
        "$x = 1; @m[1] = 1; for ($x : @m) { print($x); }",
    ],
)
def test_a_name_that_stands_for_a_variable_is_not_declared_again(
    refuse: Callable[[str], Diagnostic], body: str
) -> None:
    assert refuse(f"BEGIN {{ {body} }}").what == "$x stands for another variable here already"


@pytest.mark.parametrize("body", ["{ let $x = 1; } print($x);", "for ($x : 0..2) { print($x); } print($x);"])
def test_what_a_block_declares_ends_with_it(refuse: Callable[[str], Diagnostic], body: str) -> None:
    assert refuse(f"BEGIN {{ {body} }}").what == "$x is not known here"


@pytest.mark.parametrize(
    ("value", "type_"),
    [
        ("300", "uint8"),
        ("-1", "uint64"),
        ("70000", "int16"),
        ("18446744073709551615", "int64"),
        ('"abcd"', "string[4]"),
    ],
)
def test_what_does_not_fit_into_a_declared_variable_is_refused(
    refuse: Callable[[str], Diagnostic], value: str, type_: str
) -> None:
    assert "does not fit into $x" in refuse(f"BEGIN {{ let $x: {type_} = {value}; }}").what


@pytest.mark.parametrize(
    ("body", "size", "signed"),
    [
        ("$x = 1;", 1, True),
        ("$x = -129;", 2, True),
        ("$x = 1; $x = (uint64)2;", 8, False),
        ("$x = 200; $x = (uint8)3;", 2, False),
        ("$x = (int8)1; $x = (uint8)1;", 2, True),
        ("$x = (int32)1; $x = (uint32)1;", 8, True),
        ("$x = (int32)1; $x = (uint8)1;", 4, True),
        ("$x = (uint64)1; $x = -1;", 8, True),
        ("$x = (uint16)1; $x++;", 8, False),
        ("$x = (uint64)1; $x--;", 8, True),
        ("$x = 1; $x = $x + 1;", 8, True),
        ("$x = (uint8)1; $x = $x * 3;", 8, False),
        ("$x = pid; $x = $x - 1;", 8, True),
        ("let $x: uint16 = 5; $x++;", 2, False),
        ("$x = pid == 1 ? 200 : (uint8)1;", 2, False),
    ],
)
def test_a_variable_is_as_wide_as_what_is_assigned_to_it(build: Build, body: str, size: int, signed: bool) -> None:
    held = one_map(build(f"BEGIN {{ {body} @[$x] = count(); }}")).keys[0].type
    assert (held.size, held.signed) == (size, signed)


def test_a_block_within_has_the_variable_of_the_one_around_it(refuse: Callable[[str], Diagnostic]) -> None:
    assert "$x holds a string here and an integer before" in refuse('BEGIN { $x = 1; if (1) { $x = "a"; } }').what


def test_a_width_goes_along_a_chain_of_maps_that_are_read_before_they_are_assigned(build: Build) -> None:
    chain = " ".join(f"@m{i} = @m{i + 1};" for i in range(30))
    program = build(f"{ENTER} {{ {chain} @k[@m0] = 1; @m30 = (uint16)1; }}")
    held = one_map(program, "@k").keys[0].type
    assert (held.size, held.signed) == (2, False)
