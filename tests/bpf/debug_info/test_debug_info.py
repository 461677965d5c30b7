"""What debug information says of programs that gcc and g++ build; of separate files, and of damaged ones."""

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tracetop.bpf.debug_info.client import DebugInfo
from tracetop.bpf.debug_info.source_info import BinarySources
from tracetop.bpf.symbols.binaries import Binaries
from tracetop.errors import KernelError
from tracetop.model.ctype import CHAR, CKind, DebugFunction

C_SOURCE = """
struct node { int a; struct node *next; short s[3]; char name[16]; unsigned low : 3, high : 9; };
typedef struct node node_t;
enum mode { OFF = -1, ON = 7 };
__attribute__((noinline)) int walk(const node_t *n, enum mode m, unsigned char c, int *const *pp, void (*f)(int))
{ __asm__ volatile(""); return n->a + m + c + !!pp + !!f; }
int main(int argc, char **argv) { node_t n = {argc}; return walk(&n, ON, 3, 0, 0) + !argv; }
"""
CPP_SOURCE = """
#include <string>
namespace app {
struct Base { int base; };
struct Pool : Base { long n; static int count; __attribute__((noinline)) int add(int x, const int &y, std::string s); };
int Pool::add(int x, const int &y, std::string s) { __asm__ volatile(""); return n + x + y + s.size(); }
}
int main() { app::Pool p{}; return p.add(1, 2, "x"); }
"""
Build = Callable[..., str]


@pytest.fixture
def build(tmp_path: Path) -> Build:
    def compiled(source: str, *flags: str, compiler: str = "gcc", suffix: str = ".c") -> str:
        (tmp_path / f"prog{suffix}").write_text(source)
        subprocess.run([compiler, *flags, "-o", "prog", f"prog{suffix}"], cwd=tmp_path, check=True)
        return str(tmp_path / "prog")

    return compiled


def function(path: str, symbol: str) -> tuple[DebugFunction | None, BinarySources]:
    binaries = Binaries()
    sources = BinarySources(binaries)
    return sources.functions(path, (binaries.read(path).functions[symbol].offset,))[0], sources


@pytest.mark.parametrize(
    "flags",
    [("-g", "-O0"), ("-g", "-O2"), ("-gdwarf-4", "-O2"), ("-gdwarf-3",), ("-g", "-O1", "-no-pie"), ("-g", "-gz")],
)
def test_a_function_and_its_types(build: Build, flags: tuple[str, ...]) -> None:
    path = build(C_SOURCE, *flags)
    found, sources = function(path, "walk")
    assert found is not None
    parameters = found.function.parameters
    assert [each.name for each in parameters] == ["n", "m", "c", "pp", "f"]
    assert found.lines[:3] == ("const node_t* n", "enum mode m", "unsigned char c")
    assert [each.type.kind.value for each in parameters] == ["pointer", "enum", "int", "pointer", "pointer"]
    assert set(found.registers) == {-1} or found.registers == (5, 4, 1, 2, 8), "by the convention, or in registers"
    node = parameters[0].type.element
    assert node is not None
    assert node.alias == "node_t"
    struct = sources.struct(node.name)
    assert struct is not None
    assert [(field.name, field.offset) for field in struct.fields] == [
        ("a", 0),
        ("next", 8),
        ("s", 16),
        ("name", 22),
        ("low", 36),
        ("high", 36),
    ]
    assert [(field.bit_offset, field.bits) for field in struct.fields[-2:]] == [(16, 3), (19, 9)]
    assert (struct.fields[2].type.count, struct.fields[3].type.element) == (3, CHAR)
    assert sources.enum_names(parameters[1].type.name) == {-1: "OFF", 7: "ON"}
    assert sources.type(path, "struct node") is not None
    assert sources.type(path, "node_t") is not None
    assert sources.type(path, "struct nothing") is None
    assert sources.type_names(path, "struct") == ("node",)


def test_methods_references_and_bases_of_cpp(build: Build) -> None:
    path = build(CPP_SOURCE, "-g", "-O1", compiler="g++", suffix=".cc")
    found, sources = function(path, next(name for name in Binaries().read(path).functions if "Pool3add" in name))
    assert found is not None
    this, x, y, s = found.function.parameters
    assert (this.name, x.name, y.name, s.name) == ("this", "x", "y", "s")
    assert (y.type.kind, s.type.kind) == (CKind.POINTER, CKind.POINTER), "a string is passed by its address"
    pool = this.type.element
    assert pool is not None
    struct = sources.struct(pool.name)
    assert struct is not None
    assert [(field.name, field.offset) for field in struct.fields] == [("", 0), ("n", 8)]
    assert sources.type(path, "struct Pool") == sources.type(path, "struct app::Pool") == pool
    assert found.registers == (5, 4, 1, 2)


@pytest.mark.parametrize("folder", ["", ".debug"])
def test_a_separate_debug_file_is_found_by_its_link(build: Build, tmp_path: Path, folder: str) -> None:
    path = build(C_SOURCE, "-g", "-O1", "-Wl,--build-id=none")
    place = tmp_path / folder
    place.mkdir(exist_ok=True)
    for command in (
        f"objcopy --only-keep-debug prog {place}/prog.debug",
        "strip prog",
        f"objcopy --add-gnu-debuglink={place}/prog.debug prog",
    ):
        subprocess.run(command.split(), cwd=tmp_path, check=True)
    found, _ = function(path, "walk")  # its name is known by the separate file's symbols
    assert found is not None
    with (place / "prog.debug").open("ab") as file:
        file.write(b"another build")
    assert "walk" not in Binaries().read(path).functions


def test_lines_are_found_by_the_end_of_their_files_path(build: Build, tmp_path: Path) -> None:
    path = build(C_SOURCE, "-g", "-O1")
    start = Binaries().read(path).functions["walk"].offset
    for file in ("prog.c", f"{tmp_path.name}/prog.c"):
        assert BinarySources(Binaries()).line_offsets(path, file, 6) == (start,)
    assert BinarySources(Binaries()).line_offsets(path, "rog.c", 6) == ()


def test_a_program_without_debug_information_says_nothing(build: Build) -> None:
    path = build(C_SOURCE, "-O1")
    found, sources = function(path, "walk")
    assert (found, sources.type(path, "struct node"), sources.line_offsets(path, "prog.c", 6)) == (None, None, ())


def test_damaged_information_is_an_error(build: Build) -> None:
    path = build(C_SOURCE, "-g", "-O1")
    data = bytearray(Path(path).read_bytes())
    section = next(each for each in Binaries().read(path).elf.sections if each.name == ".debug_info")
    data[section.offset : section.offset + section.size] = b"\xff" * section.size
    Path(path).write_bytes(data)
    with pytest.raises(KernelError, match="debug information"):
        DebugInfo().type(path, "struct node")


def test_the_reader_has_no_rights(build: Build) -> None:
    info = DebugInfo()
    info.type(build(C_SOURCE, "-g"), "struct node")
    (reader,) = info._readers.values()
    assert reader is not None
    status = Path(f"/proc/{reader._process.pid}/status").read_text()
    assert [line.split()[1] for line in status.splitlines() if line.startswith(("CapPrm", "CapEff"))] == ["0" * 16] * 2
    os.kill(reader._process.pid, signal.SIGKILL)
    assert info.type_names(next(iter(info._readers)), "struct") == ("node",), "one that has ended is started again"
