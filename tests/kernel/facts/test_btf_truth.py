"""The running kernel's structs, as read out of BTF, against a C compiler that is given libbpf's declarations."""

import ctypes
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tracetop.bpf.kernel.btf.lookup import VMLINUX, Btf
from tracetop.bpf.kernel.btf.raw import Kind, RawBtf
from tracetop.model.ctype import CField, CKind

pytestmark = pytest.mark.kernel
STRUCTS = ("task_struct", "mm_struct", "file", "dentry", "inode", "sock", "sk_buff", "request", "bio", "pt_regs")
EVERY = 30
"""Of all the kernel's structs one in so many is compared besides."""
PRINT = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)
HEAD = """
#include <stdio.h>
#include <string.h>
#define SIZE(type, bytes) if (sizeof(type) != bytes) puts(#type);
#define OFFSET(type, field, bytes) if (__builtin_offsetof(type, field) != bytes) puts(#type "." #field);
#define BITS(type, field, unit, bytes, mask) { \\
    static union { type all; unsigned char raw[sizeof(type) + 8]; } value; unit found; \\
    memset(&value, 0, sizeof value); value.all.field = -1; memcpy(&found, value.raw + bytes, sizeof found); \\
    if (found != (unit)mask) puts(#type "." #field); }
int main(void) {
"""
UNITS = {1: "unsigned char", 2: "unsigned short", 4: "unsigned int", 8: "unsigned long"}


def declarations(names: list[str]) -> str:
    """Return the C text of structs and all that they need, as libbpf writes it for headers of programs."""
    library = ctypes.CDLL("libbpf.so.1")
    library.btf__parse.restype = library.btf_dump__new.restype = ctypes.c_void_p
    btf = ctypes.c_void_p(library.btf__parse(bytes(VMLINUX), None))
    pieces: list[bytes] = []
    buffer = ctypes.create_string_buffer(1 << 16)

    def keep(_context: object, format_: bytes, arguments: int) -> None:
        ctypes.CDLL(None).vsnprintf(buffer, len(buffer), format_, ctypes.c_void_p(arguments))
        pieces.append(buffer.value)

    printer = PRINT(keep)
    dump = ctypes.c_void_p(library.btf_dump__new(btf, printer, None, None))
    for name in names:
        number = library.btf__find_by_name_kind(btf, name.encode(), Kind.STRUCT)
        assert library.btf_dump__dump_type(dump, number) == 0
    library.btf_dump__free(dump)
    library.btf__free(btf)
    return b"".join(pieces).decode()


def members(btf: Btf, struct: str, offset: int = 0) -> Iterator[tuple[int, CField]]:
    """Yield the named members with their offsets, those of anonymous ones too."""
    found = btf.struct(struct)
    assert found
    for field in found.fields:
        if field.name:
            yield offset + field.offset, field
        elif field.type.kind in (CKind.STRUCT, CKind.UNION):
            yield from members(btf, field.type.name, offset + field.offset)


def checks(btf: Btf, struct: str) -> Iterator[str]:
    found = btf.struct(struct)
    assert found
    yield f"SIZE(struct {struct}, {found.size})"
    for offset, field in members(btf, struct):
        if field.bits:
            mask = ((1 << field.bits) - 1) << field.bit_offset
            if field.type.kind is CKind.BOOL:
                assert field.bits == 1
            yield f"BITS(struct {struct}, {field.name}, {UNITS[field.type.size]}, {offset}, {mask:#x}ul)"
        else:
            yield f"OFFSET(struct {struct}, {field.name}, {offset})"


def test_hundreds_of_structs_are_laid_out_as_a_compiler_lays_them_out(tmp_path: Path) -> None:
    btf, raw = Btf.load(), RawBtf.load(VMLINUX)
    assert btf
    assert raw
    all_names = [name for name in raw.names(Kind.STRUCT) if name]
    once = sorted(name for name in set(all_names) if all_names.count(name) == 1)
    names = sorted({*STRUCTS, *once[::EVERY]})
    assert len(names) > 200
    body = "\n".join(check for name in names for check in checks(btf, name))
    source, program = tmp_path / "layout.c", tmp_path / "layout"
    source.write_text(f"{declarations(names)}\n{HEAD}{body}\nreturn 0; }}\n")
    subprocess.run(["gcc", "-w", "-O0", "-std=gnu11", "-o", program, source], check=True)
    differing = subprocess.run([program], check=True, capture_output=True, text=True).stdout
    assert differing == ""
