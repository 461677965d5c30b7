"""Where parameters are at a function's first instruction, by the ABIs' rules and by what debug information says."""

import pytest

from tracetop.lang.resolve.calling_convention import parameter_places
from tracetop.model.ctype import (
    BY_CONVENTION,
    NOWHERE,
    VOID,
    CField,
    CFunction,
    CKind,
    CParameter,
    CStruct,
    CType,
    DebugFunction,
    builtin_type,
)


def c(name: str) -> CType:
    found = builtin_type(name)
    assert found
    return found


def record(name: str, *fields: str) -> CStruct:
    offset, members = 0, []
    for i, field in enumerate(fields):
        type_ = c(field)
        offset = -(-offset // type_.size) * type_.size
        members.append(CField(name=f"m{i}", type=type_, offset=offset))
        offset += type_.size
    return CStruct(name=name, size=-(-offset // 8) * 8, fields=tuple(members))


def typed(name: str) -> CType:
    if name in STRUCTS:
        return CType(kind=CKind.STRUCT, size=STRUCTS[name].size, name=name)
    return CType(kind=CKind.POINTER, size=8, element=VOID) if name == "*" else c(name)


STRUCTS = {
    "small": record("small", "int", "int"),
    "floats": record("floats", "float", "float"),
    "both": record("both", "double", "long"),
    "large": record("large", "long", "long", "long"),
}


def places(
    parameters: str, registers: tuple[int, ...] = (), arch: str = "x86_64", *, by_address: bool = False
) -> list[str]:
    taken = tuple(CParameter(f"p{i}", typed(name)) for i, name in enumerate(parameters.split(", ")))
    function = DebugFunction(
        function=CFunction(name="f", parameters=taken, returns=VOID),
        registers=registers or (BY_CONVENTION,) * len(taken),
        result_by_address=by_address,
        lines=(),
    )
    found = parameter_places(function, arch, STRUCTS.get)
    return [
        "-" if each is None else f"{each.register}+{each.displacement}" if each.in_memory else each.register
        for each in found
    ]


@pytest.mark.parametrize(
    ("parameters", "where"),
    [
        ("int, long, *, char, short, long", "di si dx cx r8 r9"),
        ("int, int, int, int, int, int, char, long", "di si dx cx r8 r9 sp+8 sp+16"),
        ("double, int, float, long", "- di - si"),
        ("large, int", "sp+8 di"),
        ("small, int", "- si"),
        ("floats, int", "- di"),
        ("both, int", "- si"),
        ("large, int, large, int", "sp+8 di sp+32 si"),
        ("int, int, int, int, int, small, small, int", "di si dx cx r8 - sp+8 sp+16"),
        ("__int128, int", "- dx"),
        (", ".join(["double"] * 9 + ["int"]), "- - - - - - - - sp+8 di"),
    ],
)
def test_the_convention_of_x86_64(parameters: str, where: str) -> None:
    assert places(parameters) == where.split()


def test_the_place_of_the_result_comes_first() -> None:
    assert places("int, long", by_address=True) == ["si", "dx"]


def test_debug_information_knows_better() -> None:
    assert places("int, long, int", (4, NOWHERE, BY_CONVENTION)) == ["si", "-", "dx"]
    assert places("int, double", (5, 17)) == ["di", "-"]


def test_integers_of_arm64() -> None:
    assert places("int, *, long", arch="aarch64") == ["regs[0]", "regs[1]", "regs[2]"]
    assert places("int, small, long", arch="aarch64") == ["regs[0]", "-", "-"]
    assert places("int", (3,), "aarch64") == ["regs[3]"]


def test_nothing_is_known_of_other_machines() -> None:
    assert places("int, long", arch="riscv64") == ["-", "-"]
