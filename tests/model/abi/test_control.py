"""The control map: what Python matches is what the packed bytes match, and what users may write as a filter."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracetop.errors import UsageError
from tracetop.model.abi.control import CONTROL_BYTES, PARAMS, pack_control
from tracetop.model.filter import COMM_BYTES, Filter, parse_filter

PIDS = st.sampled_from([0, 1, 7, (1 << 22) - 1])
LETTERS = st.sampled_from([b"a", b"b", b" ", b"*", b"\xff", "é".encode()])
COMMS = st.lists(LETTERS, max_size=COMM_BYTES - 1).map(b"".join).filter(lambda comm: len(comm) < COMM_BYTES)


def kernel_admits(control: bytes, pid: int, comm: bytes) -> bool:
    """What the C that reads `struct tt_control` does: compare the process, and the name under the mask."""
    tgid, _, wanted, mask = struct.unpack_from("=II16s16s", control)
    have = comm.ljust(COMM_BYTES, b"\0")
    same = all((w ^ h) & m == 0 for w, h, m in zip(wanted, have, mask, strict=True))
    return tgid in (0, pid) and same


@given(PIDS, COMMS, st.booleans(), PIDS, COMMS)
def test_matches_says_what_the_packed_bytes_say(
    wanted_pid: int, wanted: bytes, prefix: bool, pid: int, comm: bytes
) -> None:
    filter_ = Filter(wanted_pid, wanted.decode(errors="surrogateescape") + ("*" if prefix else ""))
    text = comm.decode(errors="surrogateescape")
    assert filter_.matches(pid, text) == kernel_admits(pack_control(filter_), pid, comm)


@given(PIDS, COMMS, COMMS)
def test_a_name_matches_itself_alone_and_a_prefix_all_that_begin_so(pid: int, wanted: bytes, comm: bytes) -> None:
    name, other = wanted.decode(errors="surrogateescape"), comm.decode(errors="surrogateescape")
    if name and not name.endswith("*"):
        assert Filter(comm=name).matches(pid, other) == (wanted == comm)
    assert Filter(comm=name + "*").matches(pid, other) == comm.startswith(wanted)


def test_the_empty_filter_admits_everybody_and_is_false() -> None:
    assert not Filter()
    assert Filter(1, "")
    assert Filter(comm="a")
    assert Filter().matches(1, "anybody")


@given(st.lists(st.integers(-(1 << 63), (1 << 63) - 1), max_size=PARAMS))
def test_parameters_stand_behind_their_number(params: list[int]) -> None:
    control = pack_control(Filter(), tuple(params))
    assert len(control) == CONTROL_BYTES
    count, *found = struct.unpack_from("=4xI32x8q", control)
    assert (count, found) == (len(params), params + [0] * (PARAMS - len(params)))


def test_how_many_events_count_stands_behind_the_parameters() -> None:
    assert struct.unpack_from("=104xII", pack_control(Filter(), (), 64)) == (64, 0)
    assert struct.unpack_from("=104xII", pack_control(Filter())) == (1, 0)


def test_a_ninth_parameter_is_an_error() -> None:
    with pytest.raises(ValueError, match="9 parameters"):
        pack_control(Filter(), (1,) * 9)


@pytest.mark.parametrize(
    ("text", "filter_"),
    [
        ("", Filter()),
        ("  ", Filter()),
        ("812", Filter(812, "")),
        ("nginx", Filter(0, "nginx")),
        ("ngin*", Filter(0, "ngin*")),
        ("pid=812 comm=nginx", Filter(812, "nginx")),
        ("nginx 812", Filter(812, "nginx")),
        ("comm=812", Filter(0, "812")),
        ("a" * 15, Filter(0, "a" * 15)),
        ("a" * 15 + "*", Filter(0, "a" * 15 + "*")),
        ("comm=a=b", Filter(0, "a=b")),
    ],
)
def test_a_filter_as_users_write_it(text: str, filter_: Filter) -> None:
    assert parse_filter(text) == filter_


@pytest.mark.parametrize(
    "text",
    ["9" * 5000, "0", "pid=0", "pid=x", "pid=", "comm=", "*", "a" * 16, "1 2", "a b", "uid=5", "4194304", "a=b", "-5="],
)
def test_what_is_no_filter_is_refused_with_examples(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_filter(text)
    assert caught.value.diagnostic.why
    assert "nginx" in caught.value.diagnostic.hint
