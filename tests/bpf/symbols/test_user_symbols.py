"""Addresses of processes get the names of what is mapped there, and no stranger's file is believed."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tracetop.bpf.symbols.perf_map import read_perf_map
from tracetop.bpf.symbols.process_maps import identity, parse_maps
from tracetop.bpf.symbols.symbol_table import demangle
from tracetop.bpf.symbols.user_symbols import UserSymbols

Start = Callable[[Path], subprocess.Popen[bytes]]


@pytest.fixture
def start() -> Iterator[Start]:
    started: list[subprocess.Popen[bytes]] = []

    def one(path: Path) -> subprocess.Popen[bytes]:
        started.append(subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE))
        assert started[-1].stdout is not None
        started[-1].stdout.readline()
        return started[-1]

    yield one
    for process in started:
        process.communicate()


def address_of(pid: int, path: Path, function: str) -> int:
    """Return where a function of a position-independent program is, by nm and /proc."""
    shown = subprocess.run(["nm", path], capture_output=True, text=True, check=True).stdout
    known = next(int(line.split()[0], 16) for line in shown.splitlines() if line.endswith(f" {function}"))
    lines = Path(f"/proc/{pid}/maps").read_text().splitlines()
    return known + int(next(line for line in lines if str(path) in line).partition("-")[0], 16)


def test_a_function_and_the_offset_into_it(loads: Mapping[str, Path], start: Start) -> None:
    process = start(loads["probed"])
    address = address_of(process.pid, loads["probed"], "tt_probed_add")
    symbols = UserSymbols()
    assert symbols.frame(process.pid, address + 3) == ("tt_probed_add", 3, str(loads["probed"]))
    assert symbols.frames(process.pid, [address, 0x10]) == [("tt_probed_add", 0, str(loads["probed"])), ("0x10", 0, "")]


def test_a_process_that_ended_is_remembered(loads: Mapping[str, Path], start: Start) -> None:
    process, symbols = start(loads["probed"]), UserSymbols()
    address = address_of(process.pid, loads["probed"], "tt_probed_add")
    symbols.remember(process.pid)
    process.communicate()
    assert symbols.frame(process.pid, address).name == "tt_probed_add"


def test_a_process_never_seen_has_addresses_only() -> None:
    assert UserSymbols().frame((1 << 22) - 1, 0x7F00DEADBEEF) == ("0x7f00deadbeef", 0, "")


def test_a_program_that_became_another_has_the_others_names(loads: Mapping[str, Path]) -> None:
    command = f"read _; exec {loads['probed']}"
    process = subprocess.Popen(["sh", "-c", command], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    symbols = UserSymbols()
    symbols.remember(process.pid)
    process.stdin.write(b"\n")
    process.stdin.flush()
    process.stdout.readline()
    address = address_of(process.pid, loads["probed"], "tt_probed_add")
    assert symbols.frame(process.pid, address).name == "tt_probed_add"
    process.communicate()


def test_code_of_the_kernels_own_library_has_names() -> None:
    maps = parse_maps(Path("/proc/self/maps").read_bytes())
    vdso = next(mapping for mapping in maps if mapping.path == "[vdso]")
    frames = UserSymbols().frames(os.getpid(), range(vdso.start, vdso.end, 64))
    assert any("gettime" in frame.name for frame in frames)
    assert {frame.module for frame in frames} == {"[vdso]"}


@pytest.fixture
def perf_map() -> Iterator[Path]:
    path = Path(f"/tmp/perf-{os.getpid()}.map")
    yield path
    path.unlink(missing_ok=True)


def test_a_perf_map_of_the_processs_own_user_is_read(perf_map: Path) -> None:
    perf_map.write_text("1000 20 LazyCompile:*add app.js:3\nnonsense\n2000 10 other\n")
    found = read_perf_map(os.getpid())
    assert found is not None
    assert found.find(0x101F) == ("LazyCompile:*add app.js:3", 0x1F)
    assert found.find(0x1020) is None
    assert read_perf_map(os.getpid(), found) is found, "unchanged, so not read again"


def test_a_perf_map_that_is_a_link_is_not_followed(perf_map: Path, tmp_path: Path) -> None:
    (tmp_path / "real").write_text("1000 20 secret\n")
    perf_map.symlink_to(tmp_path / "real")
    assert read_perf_map(os.getpid()) is None


@pytest.mark.kernel
def test_a_perf_map_of_another_user_is_not_read(perf_map: Path) -> None:
    perf_map.write_text("1000 20 planted\n")
    os.chown(perf_map, 65534, 65534)
    assert read_perf_map(os.getpid()) is None


def test_identity_changes_with_the_process() -> None:
    ours = identity(os.getpid())
    assert ours is not None
    assert ours == identity(os.getpid())
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        assert identity(child.pid) != ours
    assert identity(child.pid) is None


def test_the_executable_lines_of_a_process_map() -> None:
    text = (
        b"55d0-55d1 r--p 00000000 08:01 42                         /usr/bin/odd\n"
        b"55d1-55d3 r-xp 00001000 08:01 42                         /usr/bin/odd\\012name (deleted)\n"
        b"7ff0-7ff1 rwxp 00000000 00:00 0 \n"
        b"7ff2-7ff3 r-xp 00000000 00:00 0                          [vdso]\n"
    )
    file, anonymous, vdso = parse_maps(text)
    assert (file.start, file.end, file.offset, file.inode) == (0x55D1, 0x55D3, 0x1000, 42)
    assert file.path == "/usr/bin/odd\nname (deleted)"
    assert (anonymous.path, anonymous.is_file, vdso.path, vdso.is_file) == ("", False, "[vdso]", False)


@pytest.mark.parametrize(
    ("symbol", "spoken"),
    [("_ZN3app4Pool3addEi", "app::Pool::add(int)"), ("main", "main"), ("_Znonsense", "_Znonsense"), ("", "")],
)
def test_cpp_names(symbol: str, spoken: str) -> None:
    assert demangle(symbol) == spoken
