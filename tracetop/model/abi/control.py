"""The control map: filter and parameters that every program reads first, one write to change.

Owns: the binary layout, once as C and once for Python, side by side. A pure module; the tracer writes the bytes.
"""

import struct

import msgspec

from tracetop.errors import UsageError

COMM_BYTES = 16
"""TASK_COMM_LEN: 15 bytes of name and a NUL."""
PARAMS = 8
"""Positional parameters ``$1`` to ``$8`` that a program can read live."""

CONTROL_C = """
struct tt_control {
    u32 tgid;          /* 0: any process */
    u32 param_count;   /* $# */
    u64 comm[2];       /* the wanted bytes under the mask */
    u64 comm_mask[2];  /* both 0: any name */
    s64 param[8];      /* $1 .. $8; 0 where not given */
    u32 sample;        /* 1 in so many events counts; 0, 1: all */
    u32 reserved;
};
"""
_CONTROL = struct.Struct(f"=II{COMM_BYTES}s{COMM_BYTES}s{PARAMS}qII")
_SAMPLE = struct.Struct("=II")
CONTROL_BYTES = _CONTROL.size
SAMPLE_NONE = (1 << 32) - 1
"""As good as no event: with it hooks are counted before their programs are put to work."""


class Filter(msgspec.Struct, frozen=True):
    """Whose events count. Both parts must match; the empty filter matches every process."""

    pid: int = 0
    """A process (tgid); 0 for any."""
    comm: str = ""
    """A task name, at most 15 bytes, exact; or a prefix with a ``*`` behind it; empty for any."""

    def __bool__(self) -> bool:
        return bool(self.pid or self.comm)

    def matches(self, pid: int, comm: str) -> bool:
        """Say of one process what the kernel would: used where user space must agree with the kernel."""
        if self.pid not in (0, pid):
            return False
        if not self.comm:
            return True
        wanted, have = _task_name(self.comm.removesuffix("*")), _task_name(comm)
        return have.startswith(wanted) if self.comm.endswith("*") else have == wanted


def parse_filter(text: str) -> Filter:
    """Return the filter a user wrote: ``812``, ``nginx``, ``ngin*``, ``pid=812 comm=nginx``; empty: all.

    Raises UsageError where a part is neither a process number nor a task name of at most 15 bytes.
    """
    pid, comm = 0, ""
    for word in text.split():
        name, equals, value = word.partition("=")
        if not equals:
            name, value = ("pid" if word.isdecimal() else "comm"), word
        if name == "pid" and value.isdecimal() and len(value) < 8 and 0 < int(value) < 1 << 22 and not pid:
            pid = int(value)
        elif (
            name == "comm"
            and 0 < len(value.removesuffix("*").encode(errors="surrogateescape")) < COMM_BYTES
            and not comm
        ):
            comm = value
        else:
            twice = (name == "pid" and pid) or (name == "comm" and comm)
            raise UsageError(
                f"not a filter: {word}",
                why=f"there is a {name} before it already, and one process has one {name}"
                if twice
                else "a filter is a process number, a task name of at most 15 bytes, or a prefix with * behind it",
                hint="write for example 812, nginx, ngin*, or pid=812 comm=nginx",
            )
    return Filter(pid=pid, comm=comm)


def pack_control(filter_: Filter, params: tuple[int, ...] = (), sample: int = 1) -> bytes:
    """Return the control map's value, `CONTROL_BYTES` long; `sample`: 1 in so many events counts.

    ValueError for more than `PARAMS` parameters.
    """
    if len(params) > PARAMS:
        raise ValueError(f"{len(params)} parameters, at most {PARAMS}")
    comm, mask = _comm_bytes(filter_.comm)
    return _CONTROL.pack(filter_.pid, len(params), comm, mask, *params, *[0] * (PARAMS - len(params)), sample, 0)


def silenced(control: bytes) -> bytes:
    """Return the control map's value with which no event counts, all else as it is."""
    return control[: -_SAMPLE.size] + _SAMPLE.pack(SAMPLE_NONE, 0)


def _task_name(name: str) -> bytes:
    """Return a name as the kernel cuts it."""
    return name.encode(errors="surrogateescape")[: COMM_BYTES - 1]


def _comm_bytes(comm: str) -> tuple[bytes, bytes]:
    """Return the wanted bytes and their mask: an exact name's mask covers its NUL, a prefix's does not."""
    prefix = comm.endswith("*")
    wanted = _task_name(comm.removesuffix("*"))
    significant = 0 if not comm else len(wanted) if prefix else len(wanted) + 1
    return wanted.ljust(COMM_BYTES, b"\0"), (b"\xff" * significant).ljust(COMM_BYTES, b"\0")
