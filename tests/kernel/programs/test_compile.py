"""A compile is not steered by where or as whom it runs, and leaves the process as it was."""

import ctypes
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kernel.conftest import LoadProgram
from tests.kernel.programs.handmade import SYSCALLS, probe, program
from tracetop.bpf import Loaded
from tracetop.model.kinds import ProbeKind

pytestmark = pytest.mark.kernel

ROOT = Path(__file__).parents[3]
PR_GET_SECUREBITS = 27


def run(code: str, *, expect: int = 0) -> subprocess.CompletedProcess[str]:
    head = "from tests.kernel.programs.handmade import *\nfrom tracetop.bpf.loaded_program import Loaded\n"
    done = subprocess.run([sys.executable, "-c", head + code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == expect, done.stderr
    return done


def test_headers_in_the_working_directory_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("linux/types.h", "linux/compiler.h", "asm/page.h", "uapi/linux/bpf.h"):
        planted = tmp_path / name
        planted.parent.mkdir(parents=True, exist_ok=True)
        planted.write_text("#error planted\n")
    monkeypatch.chdir(tmp_path)
    Loaded.load(SYSCALLS).close()


def test_a_working_directory_that_is_gone_does_no_harm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    Loaded.load(SYSCALLS).close()
    os.chdir(ROOT)


def test_directory_user_and_environment_are_as_before(load: LoadProgram) -> None:
    def state() -> tuple[object, ...]:
        capabilities = Path("/proc/self/status").read_text().partition("CapEff:")[2].split()[0]
        bits = ctypes.CDLL(None).prctl(PR_GET_SECUREBITS, 0, 0, 0, 0)
        return Path.cwd(), os.getresuid(), os.getresgid(), capabilities, bits, "BCC_KERNEL_SOURCE" in os.environ

    load(SYSCALLS)
    before = state()
    load(SYSCALLS)
    assert state() == before


def test_no_child_inherits_a_descriptor_of_a_program(load: LoadProgram) -> None:
    """A child that held one would keep the program in the kernel after the tracer's end."""
    before = {int(entry.name) for entry in Path("/proc/self/fd").iterdir()}
    sends = "BPF_RINGBUF_OUTPUT(tt_events, 8);\nint on_sample(void *ctx) { return 0; }\n"
    load(program(sends, (), (probe("on_sample", ProbeKind.PROFILE, event="", period=49),))).attach()
    load(SYSCALLS).attach()
    opened = {int(entry.name) for entry in Path("/proc/self/fd").iterdir()} - before
    still_open = [descriptor for descriptor in opened if Path(f"/proc/self/fd/{descriptor}").exists()]
    assert len(still_open) > 5
    assert not [descriptor for descriptor in still_open if os.get_inheritable(descriptor)]


def test_a_compile_that_hangs_ends_the_process_and_says_where() -> None:
    code = (
        "from tracetop.bpf.load import compile\n"
        "compile.COMPILE_LIMIT_S = 1\n"
        "doubling = '#define X0 x x\\n' + ''.join(f'#define X{n} X{n - 1} X{n - 1}\\n' for n in range(1, 40))\n"
        "Loaded.load(program(doubling + 'int f(void *ctx) { X39; return 0; }', (), (probe('f'),)))\n"
    )
    said = run(code, expect=1).stderr
    assert said.startswith("Timeout (0:00:01)!")
    assert "compile_program" in said


def test_without_capabilities_a_load_says_that_it_is_not_permitted() -> None:
    code = (
        "import ctypes\nfrom tracetop.errors import PrivilegeError\n"
        "version_3, none = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()\n"
        "assert ctypes.CDLL(None).capset(version_3, none) == 0\n"
        "try: Loaded.load(SYSCALLS)\n"
        "except PrivilegeError as error: print(error.diagnostic.text())\n"
    )
    said = run(code).stdout
    assert "not permitted to create the maps of handmade" in said
    assert "Operation not permitted" in said
