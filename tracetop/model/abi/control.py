"""The control map: filter and parameters that every program reads first, one write to change.

Owns: the binary layout, once as C and once for Python, side by side. A pure module; the tracer writes the bytes.
"""

import struct

from tracetop.model.filter import COMM_BYTES, Filter, task_name

PARAMS = 8
"""Positional parameters ``$1`` to ``$8`` that a program can read live."""

CONTROL = "tt_control"
"""The map's name, and that of its value's struct."""
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


def _comm_bytes(comm: str) -> tuple[bytes, bytes]:
    """Return the wanted bytes and their mask: an exact name's mask covers its NUL, a prefix's does not."""
    prefix = comm.endswith("*")
    wanted = task_name(comm.removesuffix("*"))
    significant = 0 if not comm else len(wanted) if prefix else len(wanted) + 1
    return wanted.ljust(COMM_BYTES, b"\0"), (b"\xff" * significant).ljust(COMM_BYTES, b"\0")
