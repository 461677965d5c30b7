"""Types of C as text, as a header would declare them."""

import pytest

from tracetop.model.ctype import CField, CFunction, CKind, CParameter, CStruct, CType
from tracetop.tracer.inspect.c_declarations import declaration, enum_lines, function_lines, struct_lines

INT = CType(kind=CKind.INT, size=4, signed=True, name="int")
CHAR = CType(kind=CKind.CHAR, size=1, name="char")
FILE = CType(kind=CKind.STRUCT, size=8, name="file")
VOID = CType(kind=CKind.VOID)


def pointer(to: CType) -> CType:
    return CType(kind=CKind.POINTER, size=8, element=to)


def array(of: CType, count: int) -> CType:
    return CType(kind=CKind.ARRAY, size=of.size * count, element=of, count=count)


@pytest.mark.parametrize(
    ("type_", "name", "expected"),
    [
        (INT, "fd", "int fd"),
        (INT, "", "int"),
        (CType(kind=CKind.INT, size=4, name="int", alias="pid_t"), "pid", "pid_t pid"),
        (pointer(FILE), "f", "struct file *f"),
        (pointer(pointer(CHAR)), "argv", "char **argv"),
        (pointer(VOID), "", "void *"),
        (array(CHAR, 16), "comm", "char comm[16]"),
        (array(array(INT, 2), 3), "m", "int m[3][2]"),
        (array(INT, 0), "rest", "int rest[]"),
        (pointer(array(INT, 4)), "p", "int (*p)[4]"),
        (pointer(CType(kind=CKind.FUNCTION)), "call", "void (*call)(…)"),
        (CType(kind=CKind.ENUM, size=4, name="pid_type"), "t", "enum pid_type t"),
    ],
)
def test_a_declaration_is_what_c_writes(type_: CType, name: str, expected: str) -> None:
    assert declaration(type_, name) == expected


def test_a_function_has_a_line_a_parameter_and_one_for_its_result() -> None:
    function = CFunction(name="f", parameters=(CParameter("file", pointer(FILE)), CParameter("", INT)), returns=INT)
    assert function_lines(function) == ("struct file * file", "int arg1")
    assert function_lines(function, returns=True)[-1] == "int retval"
    assert function_lines(CFunction(name="f", parameters=(), returns=VOID), returns=True) == ()


def test_members_without_a_name_stand_inside_their_struct() -> None:
    inner = CStruct(name="(anon 1)", size=4, fields=(CField(name="a", type=INT, offset=0),), is_union=True)
    anonymous = CType(kind=CKind.UNION, size=4, name="(anon 1)")
    outer = CStruct(
        name="outer",
        size=16,
        fields=(
            CField(name="", type=anonymous, offset=0),
            CField(name="u", type=array(anonymous, 2), offset=4),
            CField(name="b", type=INT, offset=12, bits=3),
        ),
    )
    assert struct_lines(outer, {"(anon 1)": inner}.get) == (
        "struct outer {",
        "\tunion {",
        "\t\tint a;",
        "\t};",
        "\tunion {",
        "\t\tint a;",
        "\t} u[2];",
        "\tint b: 3;",
        "};",
    )


def test_an_enum_lists_its_names_with_their_values() -> None:
    assert enum_lines("e", {0: "A", 5: "B"}) == ("enum e {", "\tA = 0,", "\tB = 5,", "};")
