"""Bytes that every call moves: as the kernel's own /proc/PID/io has them, and those that it does not count."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.kernel.batch import batch, go, waiting

pytestmark = pytest.mark.kernel
BYTES = 1000
"""By each way."""
SPLICES, SOCKET_CALLS = 2, 3
"""Ways that /proc/PID/io does not count: send, sendmsg and sendmmsg, and as many to receive; `mover` splices twice."""


def test_all_ways_are_counted(loads: Mapping[str, Path], tmp_path: Path) -> None:
    with (
        waiting(loads["mover"], str(tmp_path)) as load,
        batch("processes", "fileio", "-p", str(load.pid), "-i", "0.5") as running,
    ):
        running.tick()
        go(load)
        assert load.stdout
        said = iter(load.stdout.readline, "done\n")
        kernel = {name: int(value) for name, value in (line.split(": ") for line in said)}
        running.tick()
        tick = running.tick()
    (row,) = [row for row in tick["panes"]["processes"]["rows"] if row["pid"] == load.pid]
    files = {r["name"]: (r.get("read_total"), r.get("written_total")) for r in tick["panes"]["fileio"]["rows"]}
    assert files["mover-in"] == (6 * BYTES, BYTES)
    assert files["mover-out"] == (0, 5 * BYTES)
    assert files["UNIX-STREAM"] == (3 * BYTES, 3 * BYTES)
    assert files["UNIX"] == (BYTES, BYTES)
    in_files = sum(read for read, _ in files.values()), sum(written for _, written in files.values())
    assert row["write_bytes_total"] == in_files[1]
    # The line that it waited for: that read was under way before it was traced, so that its file is not known.
    assert row["read_bytes_total"] - in_files[0] in (0, 1)
    by_io = kernel["wchar"] + (SPLICES + SOCKET_CALLS) * BYTES
    assert by_io <= row["write_bytes_total"] <= by_io + 100, "and the lines that it prints"
