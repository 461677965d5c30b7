"""A script's own types lie in memory as the C compiler lays them out."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.lang.fake_kernel import FakeKernel
from tracetop.errors import ScriptError
from tracetop.lang.ctypes.definitions import define
from tracetop.lang.ctypes.type_table import Definitions, KnownTypes, plain_type
from tracetop.lang.parse.parser import parse
from tracetop.lang.source import Source
from tracetop.lang.tree import syntax
from tracetop.model.ctype import CHAR, CKind, CStruct, CType


def defined(text: str) -> Definitions:
    source = Source("t", f"{text}\nBEGIN {{ }}")
    return define(source, parse(source).definitions, FakeKernel())


def struct(text: str) -> CStruct:
    found = defined(text).structs.get("s")
    assert found is not None
    return found


INTEGERS = [
    "char",
    "signed char",
    "unsigned char",
    "short",
    "unsigned short",
    "int",
    "unsigned",
    "long",
    "unsigned long",
]
PLAIN = st.sampled_from([*INTEGERS, "long long", "void *", "char **", "_Bool", "double", "enum e", "two_t"])
FIELD = st.tuples(st.sampled_from(INTEGERS), st.integers(0, 64))


@st.composite
def members(draw: st.DrawFn, depth: int = 2) -> str:
    """Members of a struct as C text, each with a name of its own."""
    lines = []
    for _ in range(draw(st.integers(1, 6))):
        kind = draw(st.sampled_from(["plain", "plain", "array", "bits", "bits", "bits", "nested", "callback"]))
        name = "%"  # numbered by `numbered`, since anonymous members' members are the outer struct's
        if kind == "plain":
            lines.append(f"{draw(PLAIN)} {name};")
        elif kind == "array":
            lines.append(f"{draw(PLAIN)} {name}[{draw(st.integers(0, 3))}][2];")
        elif kind == "callback":
            lines.append(f"int (*{name})(int, char *);")
        elif kind == "bits":
            type_, bits = draw(FIELD)
            most = 8 if "char" in type_ else 16 if "short" in type_ else 57 if "long" in type_ else 32
            bits %= most + 1
            lines.append(f"{type_} {name if bits else ''} : {bits};")
        elif depth:
            word = draw(st.sampled_from(["struct", "union"]))
            inner = draw(members(depth - 1))
            lines.append(f"{word} {{ {inner} }} {draw(st.sampled_from(['', name, f'{name}[2]']))};")
    return " ".join(lines)


def numbered(text: str) -> str:
    """Return the members with a name of its own in place of each %."""
    first, *rest = text.split("%")
    return first + "".join(f"m{number}{part}" for number, part in enumerate(rest))


RECORDS = st.tuples(
    st.sampled_from(["struct", "union"]), members().map(numbered), st.sampled_from(["", " __attribute__((packed))"])
)
HEAD = "enum e { E0, E1 }; typedef struct { short a; char b; } two_t;"


@dataclass(frozen=True)
class Placed:
    """A member that a C program can name, in bits from the struct's start."""

    path: str
    offset: int
    width: int
    is_bits: bool

    @property
    def mask(self) -> int:
        return ((1 << self.width) - 1) << self.offset


def placed(types: Definitions, record: CStruct, path: str = "", base: int = 0) -> list[Placed]:
    """Return the places of all plain members, those of inner structs under their path."""
    result = []
    for member in record.fields:
        name = ".".join(part for part in (path, member.name) if part)
        inner = types.structs.get(member.type.name) if member.type.kind in (CKind.STRUCT, CKind.UNION) else None
        offset = base + 8 * member.offset + member.bit_offset
        if inner is not None and member.type.name != "(two_t)":
            result += placed(types, inner, name, offset)
        else:
            result.append(Placed(name, offset, member.bits or 8 * member.type.size, bool(member.bits)))
    return result


def c_program(records: list[tuple[str, str]], places: list[list[Placed]]) -> str:
    """Return a program that prints each struct's size, then for each member the struct's bytes where that is all ones.

    `records` are the C type and its definition.
    """
    lines = [f"#include <stdio.h>\n#include <string.h>\n{HEAD}", *(text for _, text in records), "int main(void) {"]
    for (type_, _text), members_ in zip(records, places, strict=True):
        lines.append(f'printf("%zx\\n", sizeof({type_}));')
        for place in members_:
            fill = f"v.{place.path} = -1;" if place.is_bits else f"memset(&v.{place.path}, 255, sizeof v.{place.path});"
            show = 'for (i = sizeof v; i--;) printf("%02x", ((unsigned char *)&v)[i]); puts("");'
            lines.append(f'{{ {type_} v; size_t i; memset(&v, 0, sizeof v); {fill} printf("0"); {show} }}')
    return "\n".join([*lines, "return 0; }"])


@settings(
    max_examples=12,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(RECORDS, min_size=5, max_size=20))
def test_members_lie_where_the_c_compiler_puts_them(tmp_path: Path, drawn: list[tuple[str, str, str]]) -> None:
    """Every member of random structs with arrays, bit-fields, inner structs and unions, packed or not."""
    records = [
        (f"{word} s{number}", f"{word} s{number} {{ {inside} }}{packed};")
        for number, (word, inside, packed) in enumerate(drawn)
    ]
    types = defined("\n".join([HEAD, *(text for _, text in records)]))
    structs = [types.structs[f"s{number}"] for number in range(len(records))]
    places = [placed(types, record) for record in structs]
    source = tmp_path / "layout.c"
    source.write_text(c_program(records, places))
    subprocess.run(["cc", "-w", "-o", tmp_path / "layout", source], check=True)
    said = subprocess.run([tmp_path / "layout"], check=True, capture_output=True, text=True).stdout.split()
    ours = []
    for (_, text), record, members_ in zip(records, structs, places, strict=True):
        ours += [(text, hex(record.size)), *((f"{place.path} in {text}", hex(place.mask)) for place in members_)]
    wrong = [
        (text, mine, theirs)
        for (text, mine), theirs in zip(ours, said, strict=True)
        if int(mine, 16) != int(theirs, 16)
    ]
    assert not wrong


def test_a_bit_field_as_wide_as_its_type_is_placed_where_it_is_whole() -> None:
    a, b = struct("struct s { char a : 3; unsigned long b : 64; };").fields
    assert (a.offset, a.bit_offset, a.bits) == (0, 0, 3)
    assert (b.offset, b.bit_offset, b.bits) == (8, 0, 64)


def test_on_aarch64_a_bit_field_without_a_name_aligns_the_struct() -> None:
    kernel = FakeKernel()
    kernel.arch = "aarch64"
    source = Source("t", "struct s { char a; int : 3; }; BEGIN { }")
    there = define(source, parse(source).definitions, kernel).structs.get("s")
    assert there is not None
    assert (there.size, struct("struct s { char a; int : 3; };").size) == (4, 2)


def test_a_struct_points_to_itself_and_to_later_ones_whose_sizes_are_known() -> None:
    first, second, third = struct(
        "struct s { struct s *a; struct b *b; struct nobody *c; }; struct b { int x[5]; };"
    ).fields
    assert [field.type.element and field.type.element.size for field in (first, second, third)] == [24, 20, 0]


def test_a_definition_may_hold_types_of_the_kernel() -> None:
    kernel_type, spelt = struct("struct s { pid_t a; __be64 b; };").fields
    assert (kernel_type.type.size, kernel_type.type.alias) == (4, "pid_t")
    assert (spelt.type.size, spelt.type.signed, spelt.offset) == (8, False, 8)


def test_enumerators_count_on_and_are_constants_of_later_definitions() -> None:
    types = defined("enum e { A, B = 1 << 3, C, D = -C };")
    assert types.enums.get("e") == {0: "A", 8: "B", 9: "C", -9: "D"}
    assert types.constants.get("C") == (9, CType(kind=CKind.ENUM, size=4, signed=True, name="e"))
    wide = defined("enum { X = 3 }; struct s { char a[X * 2 + 1]; };").structs.get("s")
    assert wide is not None
    assert wide.size == 7


def test_an_enum_is_as_wide_as_its_values() -> None:
    types = defined("enum a { A = 0xffffffff }; enum b { B = 1s << 4 }; typedef enum { N } c_t;")
    found = [types.types.get(name) for name in ("enum a", "enum b", "c_t")]
    assert [(type_.size, type_.signed) for type_ in found if type_] == [(4, False), (8, False), (4, False)]
    assert types.enums.get("(c_t)") == {0: "N"}


def test_an_inner_struct_is_known_everywhere_and_an_anonymous_one_to_no_script() -> None:
    types = defined("struct s { struct inner { int a; } x; struct { int b; }; enum { Q = 7 } q; };")
    inner = types.structs.get("inner")
    assert inner is not None
    assert [field.name for field in inner.fields] == ["a"]
    named, anonymous, _q = struct(
        "struct s { struct inner { int a; } x; struct { int b; }; enum { Q = 7 } q; };"
    ).fields
    assert named.type.name == "inner"
    assert anonymous.name == ""
    assert not anonymous.type.name.isidentifier()
    value, enum = types.constants["Q"]
    assert (value, enum.kind, enum.size, enum.signed) == (7, CKind.ENUM, 4, False)
    assert types.enums[enum.name] == {7: "Q"}
    assert not enum.name.isidentifier()


@pytest.mark.parametrize(
    ("text", "what", "hint"),
    [
        ("struct s { struct s x; };", "struct s is not known here", "define it above"),
        ("struct s { thing_t x; };", "thing_t is not known here", "define it above"),
        ("typedef int thingy_t; struct s { thing_t x; };", "thing_t is not known here", "did you mean thingy_t?"),
        ("struct s { int a : 40; };", "a cannot have 40 bits", "1 to 32"),
        ("struct s { int a : 0; };", "a cannot have 0 bits", "1 to 32"),
        ("struct s { void *a : 4; };", "a bit-field is an integer", "unsigned int a : 4"),
        ("struct s { int a; int a; };", "two members a", "its own name"),
        ("struct s { char x[-1]; };", "cannot be -1", "from 0 to"),
        ("struct s { char x[pid]; };", "must be a constant", "enumerators"),
        ("struct s { int x; }; struct s { int y; };", "defined twice", "remove one"),
        ("enum a { X }; enum b { X };", "X is defined twice", "its own name"),
        ("enum a { X = pid };", "the value of X must be a constant", "1 << 3"),
        ("enum a { X = 1 / 0 };", "the value of X must be a constant", "1 << 3"),
        ("struct s { int x; } __attribute__((mode(DI)));", "attribute mode(DI) is not supported", "fill the gap"),
        ("struct s { int x __attribute__((aligned(3))); };", "attribute aligned(3) is not supported", "fill the gap"),
        ("struct s { char a : 1; long b : 64; } __packed;", "spread over nine bytes", "narrower"),
    ],
)
def test_a_definition_that_makes_no_sense_is_pointed_at(text: str, what: str, hint: str) -> None:
    with pytest.raises(ScriptError) as caught:
        defined(text)
    assert what in caught.value.diagnostic.what
    assert hint in caught.value.diagnostic.hint


@pytest.mark.parametrize(
    ("name", "size", "signed"),
    [
        ("int", 4, True),
        ("unsigned", 4, False),
        ("unsigned long long int", 8, False),
        ("long unsigned int", 8, False),
        ("long", 8, True),
        ("short int", 2, True),
        ("unsigned char", 1, False),
        ("signed char", 1, True),
        ("u8", 1, False),
        ("__s32", 4, True),
        ("uint16_t", 2, False),
        ("int64_t", 8, True),
        ("uint8", 1, False),
        ("int32", 4, True),
        ("size_t", 8, False),
        ("ssize_t", 8, True),
        ("ulong", 8, False),
    ],
)
def test_integers_have_many_names(name: str, size: int, signed: bool) -> None:
    found = plain_type(name)
    assert found is not None
    assert (found.kind, found.size, found.signed) == (CKind.INT, size, signed)


@pytest.mark.parametrize(
    "name",
    ["long long long", "char int", "signed unsigned", "unsigned unsigned int", "short long", "unsigned float", "u 8"],
)
def test_words_of_c_that_make_no_type_are_none(name: str) -> None:
    assert plain_type(name) is None


@pytest.mark.parametrize(
    ("names", "c_name"),
    [
        (("long", "long long", "signed long long int", "long int"), "long"),
        (("unsigned long", "long long unsigned int", "long unsigned"), "unsigned long"),
        (("int", "signed", "signed int"), "int"),
        (("unsigned short", "short unsigned int"), "unsigned short"),
    ],
)
def test_all_spellings_of_an_integer_are_one_type(names: tuple[str, ...], c_name: str) -> None:
    assert {found.name for name in names if (found := plain_type(name))} == {c_name}
    assert len({plain_type(name) for name in names}) == 1


def test_a_type_as_written_is_found_in_the_script_first_then_in_the_kernel() -> None:
    types, kernel = defined("struct task_struct { char x; }; typedef struct task_struct *task_p;"), FakeKernel()

    def of(name: str, pointers: int = 0, dimensions: tuple[int, ...] = ()) -> CType | None:
        written = syntax.TypeName(at=0, name=name, pointers=pointers, dimensions=dimensions)
        return KnownTypes(types, kernel).resolve(written)

    ours = CType(kind=CKind.STRUCT, size=1, name="task_struct")
    assert of("struct task_struct") == ours
    assert of("struct task_struct", 2) == CType(
        kind=CKind.POINTER, size=8, element=CType(kind=CKind.POINTER, size=8, element=ours)
    )
    assert of("task_p") == CType(kind=CKind.POINTER, size=8, element=ours, alias="task_p")
    assert of("uint8", 0, (4, 2)) == CType(
        kind=CKind.ARRAY,
        size=8,
        count=4,
        element=CType(kind=CKind.ARRAY, size=2, count=2, element=plain_type("uint8")),
    )
    assert of("string", 0, (16,)) == CType(kind=CKind.ARRAY, size=16, count=16, element=CHAR)
    assert of("struct nobody") is None
    assert of("pid_t") == kernel.named_type("pid_t")
