"""Files of a process with a root of its own are opened below that root, whatever links its owner planted."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from shutil import copy

import pytest

from tracetop.bpf.symbols.binaries import Binaries
from tracetop.bpf.sys.safe_open import opened, rooted
from tracetop.errors import KernelError

pytestmark = pytest.mark.kernel
WAITS = "import os, sys; os.chroot(sys.argv[1]); os.chdir('/'); print(flush=True); input()"


@pytest.fixture
def confined(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """A process that sees `tmp_path` as its root."""
    command = [sys.executable, "-c", WAITS, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process.pid, tmp_path
        process.communicate(b"\n")


def test_its_own_program_is_found(confined: tuple[int, Path], loads: Mapping[str, Path]) -> None:
    pid, root = confined
    (root / "opt").mkdir()
    copy(loads["probed"], root / "opt" / "prog")
    path = Binaries().find("/opt/prog", pid)
    assert path == f"/proc/{pid}/root/opt/prog"
    assert "tt_probed_add" in Binaries().read(path).functions


def test_a_link_within_the_root_is_followed_there(confined: tuple[int, Path], loads: Mapping[str, Path]) -> None:
    pid, root = confined
    copy(loads["probed"], root / "real")
    (root / "link").symlink_to("/real")
    assert "tt_probed_add" in Binaries().read(rooted("/link", pid)).functions


@pytest.mark.parametrize("target", ["/etc/passwd", "../../../../../../etc/passwd", "/proc/self/root/etc/passwd"])
def test_a_link_that_leads_out_is_not_followed(confined: tuple[int, Path], target: str) -> None:
    pid, root = confined
    (root / "prog").symlink_to(target)
    assert Binaries().find("/prog", pid) is None
    with pytest.raises(KernelError):
        Binaries().read(f"/proc/{pid}/root/prog")


def test_the_machines_own_programs_are_not_taken_for_the_confined_ones(confined: tuple[int, Path]) -> None:
    assert Binaries().find("/usr/bin/env", confined[0]) is None
    assert Binaries().find("/usr/bin/env", os.getpid()) == "/usr/bin/env"


def test_where_links_are_not_wanted_none_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("x")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(OSError, match="symbolic links"), opened(str(tmp_path / "link"), follow=False):
        pass
