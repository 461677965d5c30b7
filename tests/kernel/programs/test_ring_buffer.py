"""The reader of the kernel's ring buffer: order, payloads, wrapping around, a full buffer, records thrown away."""

import mmap
import select

import pytest

from tests.kernel.conftest import LoadProgram
from tests.kernel.programs.handmade import SYSCALLS, by_key, count_map, probe, program
from tracetop.model.kinds import ProbeKind
from tracetop.model.program import Layout, Program

pytestmark = pytest.mark.kernel
ROUNDS = 10
EVENT_BYTES = 8 + 8 + 24
"""A record's header, the action's, and the payload."""


def sender(pages: int, body: str = "tt_events.ringbuf_output(&event, sizeof(event), 0)") -> Program:
    """Return a program whose BEGIN sends ROUNDS events, numbered on from run to run; failures are counted in @."""
    text = f"""
BPF_RINGBUF_OUTPUT(tt_events, {pages});
BPF_ARRAY(next, u64, 1);
BPF_PERCPU_ARRAY(failed, u64, 1);
struct event {{ u32 action, reserved; u64 number; char text[16]; }};
int begin(struct bpf_raw_tracepoint_args *ctx)
{{
    u32 zero = 0;
    u64 *number = next.lookup(&zero), *count = failed.lookup(&zero);
    for (u32 i = 0; number && count && i < {ROUNDS}; i++) {{
        struct event event = {{.action = i, .number = *number, .text = "a text"}};
        *number += 1;
        if ({body})
            *count += 1;
    }}
    return 0;
}}
"""
    counts = count_map("@", "failed", Layout.PERCPU_ARRAY, 1)
    return program(text, (counts,), (probe("begin", ProbeKind.BEGIN),))


def test_events_come_in_order_with_their_payloads(load: LoadProgram) -> None:
    loaded = load(sender(pages=1))
    loaded.run_begin()
    events = loaded.events()
    assert [action for action, _ in events] == list(range(ROUNDS))
    assert {payload[8:] for _, payload in events} == {b"a text".ljust(16, b"\0")}
    assert loaded.events() == []


def test_nothing_is_lost_or_torn_when_the_buffer_wraps_around(load: LoadProgram) -> None:
    """The buffer's one page is not a multiple of a record's length, so that records lie across its end."""
    loaded = load(sender(pages=1))
    numbers = []
    runs = 20 * mmap.PAGESIZE // (ROUNDS * EVENT_BYTES)
    for run in range(runs):
        loaded.run_begin()
        if run % 7 == 0:
            numbers += [int.from_bytes(payload[:8], "little") for _, payload in loaded.events()]
    numbers += [int.from_bytes(payload[:8], "little") for _, payload in loaded.events()]
    assert numbers == list(range(runs * ROUNDS))
    assert by_key(*loaded.read("@")) == {}


def test_a_full_buffer_refuses_events_and_keeps_those_it_has(load: LoadProgram) -> None:
    loaded = load(sender(pages=1))
    runs = 2 * mmap.PAGESIZE // (ROUNDS * EVENT_BYTES)
    for _ in range(runs):
        loaded.run_begin()
    kept = loaded.events()
    assert [int.from_bytes(payload[:8], "little") for _, payload in kept] == list(range(len(kept)))
    assert (mmap.PAGESIZE - EVENT_BYTES) // EVENT_BYTES <= len(kept) <= mmap.PAGESIZE // EVENT_BYTES
    assert by_key(*loaded.read("@")) == {0: runs * ROUNDS - len(kept)}
    loaded.run_begin()
    assert len(loaded.events()) == ROUNDS, "there is room again"


def test_a_record_that_its_program_throws_away_is_not_read(load: LoadProgram) -> None:
    discarding = """({ u32 *room = tt_events.ringbuf_reserve(sizeof(event));
        if (room) { room[0] = i;
            if (i & 1) tt_events.ringbuf_submit(room, 0); else tt_events.ringbuf_discard(room, 0); }
        !room; })"""
    loaded = load(sender(pages=1, body=discarding))
    loaded.run_begin()
    assert [action for action, _ in loaded.events()] == [1, 3, 5, 7, 9]


def test_the_descriptor_is_readable_while_there_are_events(load: LoadProgram) -> None:
    loaded = load(sender(pages=1))
    assert loaded.event_fd is not None
    assert not select.select([loaded.event_fd], [], [], 0)[0]
    loaded.run_begin()
    assert select.select([loaded.event_fd], [], [], 1)[0]
    loaded.events()
    assert not select.select([loaded.event_fd], [], [], 0)[0]


def test_a_program_that_sends_nothing_has_no_buffer(load: LoadProgram) -> None:
    loaded = load(SYSCALLS)
    assert loaded.event_fd is None
    assert loaded.events() == []
