"""Which file a probe's path is: from where the user stands, by a link, deleted, below a process's own root."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from shutil import copy

import pytest

from tests.kernel.hooks.probed import ROUNDS, Probed

pytestmark = pytest.mark.kernel
RUN = (sys.executable, "-m", "tracetop", "run", "-q")
COUNT = "{ @[probe] = count(); }"


@pytest.fixture
def folder(tmp_path: Path, loads: Mapping[str, Path]) -> Path:
    """A folder with the program, a link to it and a folder below."""
    copy(loads["probed"], tmp_path / "probed")
    (tmp_path / "link").symlink_to("probed")
    (tmp_path / "below").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("below", "probe", "said"),
    [
        (".", "uprobe:./probed:tt_probed_add", "uprobe:./probed:tt_probed_add"),
        ("below", "uprobe:../probed:tt_probed_add", "uprobe:../probed:tt_probed_add"),
        (".", "uprobe:below/../probed:tt_probed_add", "uprobe:below/../probed:tt_probed_add"),
        (".", "uretprobe:./link:tt_probed_add", "uretprobe:./link:tt_probed_add"),
        (".", "uprobe:./prob*:tt_probed_add", "uprobe:./probed:tt_probed_add"),
        (".", "usdt:./probed:plain", "usdt:./probed:tt_probed:plain"),
        ("below", "usdt:../pro*:tt_*:plain", "usdt:../probed:tt_probed:plain"),
    ],
)
def test_a_relative_path_starts_where_the_user_stands(folder: Path, below: str, probe: str, said: str) -> None:
    # Not on the command alone: a shell starts the program.
    script = f"{probe} {COUNT}"
    run = subprocess.Popen([*RUN[:-1], "-e", script], cwd=folder / below, text=True, stdout=subprocess.PIPE, stderr=-1)
    assert run.stderr is not None
    assert run.stderr.readline() == "Attached 1 probe\n"
    subprocess.run([folder / "probed", "4"], input="\n", text=True, check=True, stdout=subprocess.DEVNULL)
    run.terminate()
    assert run.communicate(timeout=20)[0].strip() == f"@[{said}]: 4"


def test_a_command_may_be_relative_too(folder: Path) -> None:
    done = subprocess.run(
        [*RUN, "-e", "uprobe:./probed:main { @[str(*(uint64*)arg1)] = count(); }", "-c", "./probed 4"],
        cwd=folder,
        capture_output=True,
        check=False,
        text=True,
        input="",
    )
    assert "@[./probed]: 1" in done.stdout, done.stderr


def test_a_folder_that_is_gone_is_no_fault_of_other_probes(tmp_path: Path) -> None:
    command = (
        f"cd {tmp_path} && mkdir gone && cd gone && rmdir ../gone && exec {' '.join(RUN)} -e 'BEGIN {{ exit(7); }}'"
    )
    assert subprocess.run(["sh", "-c", command], check=False).returncode == 7


@pytest.fixture
def deleted(folder: Path) -> Iterator[Probed]:
    """A process whose program has been deleted."""
    one = Probed(folder / "probed")
    (folder / "probed").unlink()
    yield one
    one.end()


@pytest.fixture
def apart(folder: Path) -> Iterator[Probed]:
    """A process in a mount namespace of its own, where its program lies at /mnt."""
    entered = f"mount --bind {folder} /mnt && exec /mnt/probed {ROUNDS}"
    yield (one := Probed(folder / "probed", ("unshare", "-m", "sh", "-c", entered)))
    one.end()


def in_process(probed: Probed, script: str) -> str:
    """Run a script on the process of `-p` while it makes ROUNDS rounds; return what it printed."""
    run = subprocess.Popen(
        [*RUN[:-1], "-p", str(probed.pid), "-e", script], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert run.stderr is not None
    attached = run.stderr.readline()
    assert attached == "Attached 1 probe\n", attached + run.stderr.read()
    probed.run()
    run.terminate()
    return run.communicate(timeout=20)[0].strip()


@pytest.mark.parametrize("binary", ["", "/proc/PID/exe:"])
def test_a_deleted_program_is_found_through_its_process(deleted: Probed, binary: str) -> None:
    script = f"uprobe:{binary.replace('PID', str(deleted.pid))}tt_probed_add {{ @ = count(); }}"
    assert in_process(deleted, script) == f"@: {ROUNDS}"


@pytest.mark.parametrize("binary", ["/mnt/probed:", "/proc/PID/root/mnt/probed:", "/proc/PID/exe:", ""])
def test_a_path_is_the_processs_own_and_below_proc_everybodys(apart: Probed, binary: str) -> None:
    script = f"uprobe:{binary.replace('PID', str(apart.pid))}tt_probed_add {{ @ = count(); }}"
    assert not os.path.exists("/mnt/probed")  # noqa: PTH110
    assert in_process(apart, script) == f"@: {ROUNDS}"


def test_a_stack_in_another_mount_namespace_has_names(apart: Probed) -> None:
    assert "tt_probed_add+0" in in_process(apart, "uprobe:/mnt/probed:tt_probed_add { @[ustack(1)] = count(); }")
