"""The kernel's types are read out of BTF as C means them: written-down BTF of vmlinux and of a module."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bpf.kernel.btf.btf_blob import Blob
from tracetop.bpf.kernel.btf import Btf
from tracetop.bpf.kernel.btf.raw import Kind
from tracetop.model.ctype import CField, CKind, CType

SIGNED, BOOL = 1, 4


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., Btf]:
    """Return the kernel whose BTF is these blobs, the modules' by name."""

    def load_blobs(vmlinux: Blob, **modules: Blob) -> Btf:
        for name, blob in {"vmlinux": vmlinux, **modules}.items():
            blob.write(tmp_path / name)
        btf = Btf.load(tmp_path)
        assert btf
        return btf

    return load_blobs


Load = Callable[..., Btf]


def field_types(btf: Btf, struct: str) -> dict[str, CType]:
    found = btf.struct(struct)
    assert found
    return {field.name: field.type for field in found.fields}


def fields(btf: Btf, struct: str) -> dict[str, CField]:
    found = btf.struct(struct)
    assert found
    return {field.name: field for field in found.fields}


def test_typedefs_and_qualifiers_are_taken_off_and_the_outermost_typedef_is_remembered(load: Load) -> None:
    blob = Blob()
    integer = blob.int_("int", 4, encoding=SIGNED)
    inner = blob.ref(Kind.TYPEDEF, integer, "__kernel_pid_t")
    outer = blob.ref(Kind.TYPEDEF, blob.ref(Kind.CONST, inner), "pid_t")
    blob.struct("s", 4, [("pid", blob.ref(Kind.VOLATILE, outer), 0)])
    found = field_types(load(blob), "s")["pid"]
    assert found == CType(kind=CKind.INT, size=4, signed=True, name="int", alias="pid_t")


def test_characters_bytes_and_booleans_are_told_apart(load: Load) -> None:
    """An array of char is text; one of unsigned char, which u8 is, is numbers."""
    blob = Blob()
    char, byte, signed = blob.int_("char", 1), blob.int_("unsigned char", 1), blob.int_("signed char", 1, encoding=1)
    flag = blob.int_("_Bool", 1, encoding=BOOL)
    members = [("comm", blob.array(char, 16), 0), ("name", blob.array(byte, 32), 128), ("s", signed, 384)]
    blob.struct("s", 50, [*members, ("b", flag, 392)])
    types = field_types(load(blob), "s")
    assert (types["comm"].kind, types["comm"].size, types["comm"].count) == (CKind.ARRAY, 16, 16)
    assert types["comm"].element == CType(kind=CKind.CHAR, size=1, name="char")
    assert types["name"].element == CType(kind=CKind.INT, size=1, name="unsigned char")
    assert types["s"] == CType(kind=CKind.INT, size=1, signed=True, name="signed char")
    assert types["b"] == CType(kind=CKind.BOOL, size=1, name="bool")


def test_a_pointer_into_a_process_is_marked(load: Load) -> None:
    blob = Blob()
    char = blob.int_("char", 1)
    tagged = blob.ref(Kind.TYPE_TAG, blob.ref(Kind.CONST, char), "user")
    other = blob.ref(Kind.TYPE_TAG, char, "rcu")
    members = [
        (name, blob.ref(Kind.PTR, to), at) for name, to, at in (("u", tagged, 0), ("k", char, 64), ("r", other, 128))
    ]
    blob.struct("s", 24, members)
    types = field_types(load(blob), "s")
    assert [types[name].user for name in "ukr"] == [True, False, False]
    assert types["u"].element == types["k"].element


def test_bit_fields_of_a_flagged_struct(load: Load) -> None:
    blob = Blob()
    word = blob.int_("unsigned int", 4)
    blob.struct("s", 12, [("whole", word, 0), ("a", word, 3 << 24 | 32), ("b", word, 9 << 24 | 43)], flag=True)
    found = fields(load(blob), "s")
    assert (found["whole"].offset, found["whole"].bits) == (0, 0)
    assert (found["a"].offset, found["a"].bit_offset, found["a"].bits) == (4, 0, 3)
    assert (found["b"].offset, found["b"].bit_offset, found["b"].bits) == (4, 11, 9)


def test_a_packed_bit_field_over_two_units_is_read_from_its_first_byte(load: Load) -> None:
    blob = Blob()
    word = blob.int_("unsigned int", 4)
    blob.struct("s", 5, [("a", word, 17 << 24 | 0), ("b", word, 20 << 24 | 17)], flag=True)
    found = fields(load(blob), "s")["b"]
    assert (found.offset, found.bit_offset, found.bits) == (2, 1, 20)


def test_bit_fields_as_older_tools_write_them_are_in_the_integer(load: Load) -> None:
    blob = Blob()
    three = blob.int_("unsigned int", 4, bits=3)
    shifted = blob.int_("unsigned int", 4, bits=2, shift=3)
    blob.struct("s", 8, [("a", three, 32), ("b", shifted, 32)])
    found = fields(load(blob), "s")
    assert (found["a"].offset, found["a"].bit_offset, found["a"].bits) == (4, 0, 3)
    assert (found["b"].offset, found["b"].bit_offset, found["b"].bits) == (4, 3, 2)


def test_an_anonymous_member_is_found_by_a_name_that_no_script_can_write(load: Load) -> None:
    blob, module = anonymous_member(Blob()), None
    module = anonymous_member(Blob(blob), outer="of_module")
    btf = load(blob, some=module)
    for outer in ("outer", "of_module"):
        member = fields(btf, outer)[""].type
        assert not member.name.isidentifier()
        found = btf.struct(member.name)
        assert found
        assert found.is_union
        assert [each.name for each in found.fields] == ["x"]
    assert btf.field_offset("outer", "x") == (8, 4)
    assert btf.struct("anonymous#9999") is None


def anonymous_member(blob: Blob, outer: str = "outer") -> Blob:
    integer = blob.int_("int", 4, encoding=SIGNED)
    blob.struct(outer, 16, [("first", integer, 0), ("", blob.struct("", 4, [("x", integer, 0)], union=True), 64)])
    return blob


def test_enumerators_by_name_and_by_value(load: Load) -> None:
    blob = Blob()
    blob.int_("int", 4, encoding=SIGNED)
    blob.enum("state", {"FIRST": 0, "SECOND": 1, "ALSO_SECOND": 1})
    blob.enum("error", {"NONE": 0, "LESS": -2}, signed=True)
    blob.enum("wide", {"HUGE": 1 << 40, "MOST": (1 << 64) - 1}, size=8)
    blob.enum("", {"NAMELESS": 7})
    btf = load(blob)
    assert btf.enum_names("state") == {0: "FIRST", 1: "SECOND"}
    assert btf.enum_names("no_such") == {}
    assert [constant(btf, name)[0] for name in ("ALSO_SECOND", "LESS", "HUGE", "MOST", "NAMELESS")] == [
        *(1, -2, 1 << 40),
        *((1 << 64) - 1, 7),
    ]
    assert constant(btf, "LESS")[1] == CType(kind=CKind.ENUM, size=4, signed=True, name="error")
    assert btf.enum_names(constant(btf, "NAMELESS")[1].name) == {7: "NAMELESS"}
    assert btf.enumerator("state") is None


def constant(btf: Btf, name: str) -> tuple[int, CType]:
    found = btf.enumerator(name)
    assert found
    return found


def test_a_struct_that_vmlinux_only_declares_is_whole_in_a_module(load: Load) -> None:
    vmlinux = Blob()
    integer = vmlinux.int_("int", 4, encoding=SIGNED)
    vmlinux.struct("user", 8, [("p", vmlinux.ref(Kind.PTR, vmlinux.forward("opaque")), 0)])
    vmlinux.forward("nowhere", union=True)
    module = Blob(vmlinux)
    module.struct("opaque", 4, [("x", integer, 0)])
    module.enum("e", {"OF_MODULE": 3})
    btf = load(vmlinux, some=module)
    pointed = field_types(btf, "user")["p"].element
    assert pointed == CType(kind=CKind.STRUCT, name="opaque")
    assert fields(btf, "opaque")["x"].type.kind is CKind.INT
    assert btf.named_type("struct opaque") == CType(kind=CKind.STRUCT, size=4, name="opaque")
    assert btf.named_type("union nowhere") == CType(kind=CKind.UNION, name="nowhere")
    assert btf.enumerator("OF_MODULE") is None
    assert btf.module_enumerator("OF_MODULE") == (3, CType(kind=CKind.ENUM, size=4, name="e"))


def test_functions_of_the_kernel_and_of_a_module(load: Load) -> None:
    vmlinux = Blob()
    integer = vmlinux.int_("int", 4, encoding=SIGNED)
    variadic = vmlinux.prototype(0, [("format", vmlinux.ref(Kind.PTR, integer)), ("", 0)])
    vmlinux.ref(Kind.FUNC, variadic, "_printk")
    module = Blob(vmlinux)
    module.ref(Kind.FUNC, module.prototype(integer, [("a", integer)]), "open_it")
    btf = load(vmlinux, some=module)
    printk, opened = btf.function("_printk"), btf.function("open_it", "some")
    assert printk
    assert opened
    assert ([each.name for each in printk.parameters], printk.returns.kind) == (["format"], CKind.VOID)
    assert (opened.module, opened.returns.kind) == ("some", CKind.INT)
    assert btf.function("open_it") == opened
    assert btf.function("open_it", "vmlinux") is None
    assert btf.function("_printk", "some") is None
    assert sorted(btf.function_names()) == ["_printk", "open_it"]


@pytest.mark.parametrize(("function", "names"), [("__traceiter_it", ["p", "n"]), ("__bpf_trace_other", ["", ""])])
def test_a_raw_tracepoint_has_its_parameters_and_their_names_where_they_are_known(
    load: Load, function: str, names: list[str]
) -> None:
    blob = Blob()
    integer, data = blob.int_("int", 4, encoding=SIGNED), blob.ref(Kind.PTR, 0)
    nameless = blob.prototype(0, [("", data), ("", data), ("", integer)])
    blob.ref(Kind.TYPEDEF, blob.ref(Kind.PTR, nameless), "btf_trace_it")
    blob.ref(Kind.FUNC, blob.prototype(integer, [("__data", data), ("p", data), ("n", integer)]), function)
    btf = load(blob)
    found = btf.raw_tracepoint("it")
    assert found
    assert [each.name for each in found.parameters] == names
    assert [each.type.kind for each in found.parameters] == [CKind.POINTER, CKind.INT]
    assert btf.raw_tracepoint_arity("it") == 2
    assert btf.raw_tracepoint("other") is None


@pytest.mark.parametrize(
    ("name", "size", "signed"),
    [
        ("unsigned long", 8, False),
        ("long int unsigned", 8, False),
        ("unsigned", 4, False),
        ("signed char", 1, True),
        ("short", 2, True),
        ("long long", 8, True),
    ],
)
def test_the_integers_of_c_need_no_btf(load: Load, name: str, size: int, signed: bool) -> None:
    found = load(Blob()).named_type(name)
    assert found
    assert (found.kind, found.size, found.signed) == (CKind.INT, size, signed)


@pytest.mark.parametrize("name", ["", "unsigned float", "char char", "struct", "struct s *", "no_such_t", "long short"])
def test_what_is_no_type_is_none(load: Load, name: str) -> None:
    assert load(Blob()).named_type(name) is None


@pytest.mark.parametrize("content", [b"", b"not BTF at all", b"\x9f\xeb\x01\0" + b"\xff" * 40])
def test_damaged_btf_is_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "vmlinux").write_bytes(content)
    assert Btf.load(tmp_path) is None


def test_no_btf_is_none(tmp_path: Path) -> None:
    assert Btf.load(tmp_path) is None
