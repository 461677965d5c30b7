"""Programs and libraries are read as nm, readelf and the dynamic linker read them; damaged ones are refused."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracetop.bpf.symbols.binaries import Binaries
from tracetop.bpf.symbols.elf import Elf
from tracetop.bpf.symbols.ld_cache import find_library, matches_library
from tracetop.bpf.symbols.usdt_notes import usdt_probes
from tracetop.errors import KernelError

SOURCES = Path(__file__).parents[2] / "load"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One program, linked in several ways."""
    folder = tmp_path_factory.mktemp("elf")
    built = {name: folder / name for name in ("pie", "fixed", "stripped", "exported")}
    for name, options in {"pie": [], "fixed": ["-no-pie"], "stripped": ["-s"], "exported": ["-s", "-rdynamic"]}.items():
        subprocess.run(["gcc", "-O2", *options, "-o", built[name], SOURCES / "probed.c"], check=True)
    return built


def nm(path: Path, *options: str) -> dict[str, int]:
    lines = subprocess.run(["nm", *options, path], capture_output=True, text=True, check=True).stdout.splitlines()
    return {
        name: int(address, 16)
        for address, kind, name in (line.split() for line in lines if line[0] != " ")
        if kind in "tTwW"
    }


@pytest.mark.parametrize("name", ["pie", "fixed"])
def test_functions_are_where_nm_says(built: dict[str, Path], name: str) -> None:
    binary = Binaries().read(str(built[name]))
    addresses = {symbol: address for symbol, address, _ in binary.symbols.names()}
    known = nm(built[name])
    for function in ("main", "tt_probed_add", "tt_probed_gate"):
        assert addresses[function] == known[function]
        assert binary.functions[function].offset == binary.elf.file_offset(known[function])
        assert binary.symbols.find(known[function] + 1) == (function, 1)
    assert binary.elf.is_pie is (name == "pie")


def test_the_code_at_a_functions_offset_is_the_functions(built: dict[str, Path]) -> None:
    add = Binaries().read(str(built["fixed"])).functions["tt_probed_add"]
    code = built["fixed"].read_bytes()[add.offset : add.offset + add.size]
    shown = subprocess.run(
        ["objdump", "-d", "--disassemble=tt_probed_add", built["fixed"]], capture_output=True, text=True, check=True
    ).stdout
    listed = "".join(re.findall(r"^ +[0-9a-f]+:\t([0-9a-f ]+)\t", shown, re.MULTILINE)).replace(" ", "")
    assert listed.startswith(code.hex())


def test_a_stripped_program_has_what_it_exports(built: dict[str, Path]) -> None:
    assert "tt_probed_add" not in Binaries().read(str(built["stripped"])).functions
    assert "tt_probed_add" in Binaries().read(str(built["exported"])).functions


@pytest.mark.parametrize("name", ["pie", "fixed", "stripped"])
def test_static_probes_are_where_readelf_says(built: dict[str, Path], name: str) -> None:
    with built[name].open("rb") as file:
        elf = Elf.open(file.fileno(), name)
        probes = {probe.name: probe for probe in usdt_probes(elf)}
    shown = subprocess.run(["readelf", "-n", built[name]], capture_output=True, text=True, check=True).stdout
    known = re.findall(r"Name: (\w+)\n +Location: (\w+), Base: \w+, Semaphore: (\w+)\n +Arguments: (.*)", shown)
    assert {probe for probe, *_ in known} == {"plain", "gated"}
    for probe, location, semaphore, arguments in known:
        assert probes[probe].offset == elf.file_offset(int(location, 16))
        assert probes[probe].semaphore == (elf.file_offset(int(semaphore, 16)) if int(semaphore, 16) else 0)
        assert " ".join(probes[probe].arguments) == arguments.strip()
        assert probes[probe].provider == "tt_probed"


@settings(max_examples=200)
@given(data=st.data())
def test_a_damaged_file_is_refused_or_read_but_never_fatal(loads: Mapping[str, Path], data: st.DataObject) -> None:
    whole = loads["probed"].read_bytes()
    cut = data.draw(st.integers(0, len(whole)))
    text = bytearray(whole[:cut])
    for _ in range(data.draw(st.integers(0, 8))):
        at = data.draw(st.integers(0, 4096) | st.integers(max(0, cut - 4096), cut))
        if at < cut:
            text[at] = data.draw(st.integers(0, 255))
    with suppress(KernelError):
        elf = Elf.of(bytes(text), "damaged")
        assert all(isinstance(name, str) for name, _, _ in elf.symbols.names())
        assert all(probe.offset <= cut for probe in usdt_probes(elf))


@pytest.mark.parametrize(
    ("text", "why"), [(b"#!/bin/sh\n", "not an ELF file"), (b"\x7fELF\x01\x01" + bytes(64), "64 bits")]
)
def test_what_is_no_program_is_refused(tmp_path: Path, text: bytes, why: str) -> None:
    (tmp_path / "x").write_bytes(text)
    with pytest.raises(KernelError) as caught:
        Binaries().read(str(tmp_path / "x"))
    assert why in caught.value.diagnostic.why


def test_a_pipe_with_a_programs_name_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "libpipe.so")
    assert Binaries().find(str(tmp_path / "libpipe.so")) is None


def test_a_changed_file_is_read_anew(built: dict[str, Path], tmp_path: Path) -> None:
    path, binaries = tmp_path / "prog", Binaries()
    shutil.copy(built["stripped"], path)
    assert "tt_probed_add" not in binaries.read(str(path)).functions
    path.unlink()
    shutil.copy(built["pie"], path)
    assert "tt_probed_add" in binaries.read(str(path)).functions


def test_the_linkers_cache_is_read_as_ldconfig_prints_it() -> None:
    shown = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True, check=True).stdout
    paths = {
        line.split(" (")[0].strip(): line.split(" => ")[1] for line in reversed(shown.splitlines()[1:]) if "=>" in line
    }
    assert find_library("libc.so.6") == paths["libc.so.6"]
    assert find_library("c") == find_library("libc") == paths["libc.so.6"]
    assert find_library("no-such-library") is None


@pytest.mark.parametrize(
    ("wanted", "file", "same"),
    [
        ("c", "libc.so.6", True),
        ("libc", "libc.so.6", True),
        ("libc.so", "libc.so.6", True),
        ("libc.so.6", "libc.so.6", True),
        ("libc", "libc-2.31.so", True),
        ("c", "libcap.so.2", False),
        ("libssl.so.3", "libssl.so.1.1", False),
        ("libstdc++", "libstdc++.so.6", True),
        ("m", "libmemusage.so", False),
    ],
)
def test_which_files_a_librarys_name_means(wanted: str, file: str, same: bool) -> None:
    assert matches_library(wanted, file) is same


def test_programs_are_found_by_name_and_by_path(built: dict[str, Path]) -> None:
    binaries = Binaries(str(built["pie"].parent))
    assert binaries.find("gcc") == "/usr/bin/gcc"
    assert binaries.find("./pie") == str(built["pie"])
    assert binaries.find("no-such-program-at-all") is None
    assert binaries.matching(str(built["pie"].parent / "p*")) == (str(built["pie"]),)
    assert binaries.matching("./p*") == ("./pie",)
