"""Types of C, C++ and Rust in DWARF, as CTypes.

Owns: what each tag of DWARF is, the names of structs and enums in answers, and how the source would spell a type. A
name has the file and the place of what it names after an @: ``foo@1:2f1a``, so that it is no name of the kernel's.
Reader.
"""

from collections.abc import Iterator
from typing import Any

from elftools.dwarf.die import DIE
from elftools.dwarf.dwarfinfo import DWARFInfo
from msgspec.structs import replace

from tracetop.model.ctype import BOOL, CHAR, VOID, CField, CKind, CStruct, CType

PLACE = "@"
_POINTERS = ("DW_TAG_pointer_type", "DW_TAG_reference_type", "DW_TAG_rvalue_reference_type")
_QUALIFIERS = {
    "DW_TAG_const_type": "const ",
    "DW_TAG_volatile_type": "volatile ",
    "DW_TAG_restrict_type": "",
    "DW_TAG_atomic_type": "",
}
_RECORDS = {"DW_TAG_structure_type": "struct", "DW_TAG_class_type": "struct", "DW_TAG_union_type": "union"}
_SPACES = ("DW_TAG_namespace", "DW_TAG_module")
_BOOLEAN, _FLOAT, _SIGNED, _SIGNED_CHAR = 2, 4, 5, 6
"""DW_ATE_*."""
_COMPLEX = (3, 9, 15)
_BY_REFERENCE = 4
"""DW_CC_pass_by_reference."""
_PLUS_UCONST = 0x23
_DEEPEST = 64


class Types:
    """The types of one file; `label` is what names in answers have of it."""

    def __init__(self, dwarf: DWARFInfo, label: str) -> None:
        self._dwarf = dwarf
        self._label = label
        self._first: dict[tuple[str, str, int], DIE] = {}
        """By tag, name and size: each unit describes a header's types anew, and they are the same."""
        self._by_name: dict[str, DIE] = {}
        self._indexed: set[int] = set()

    def named(self, name: str) -> CType | None:
        """Return the type of that name: ``struct foo``, ``enum bar``, ``foo_t``; whole if it is so anywhere."""
        found = self._definition(name)
        return self.of(found) if found is not None else None

    def names(self, tag: str) -> Iterator[str]:
        """Yield the names of all types of a tag."""
        for unit in self._dwarf.iter_CUs():
            self._index(unit)
        yield from (name.removeprefix(f"{tag} ") for name in self._by_name if name.startswith(f"{tag} "))

    def of(self, die: DIE | None, depth: int = 0) -> CType:
        """Return a type; void for none."""
        if die is None or depth > _DEEPEST:
            return VOID
        tag = die.tag
        if tag in _QUALIFIERS:
            return self.of(_type(die), depth + 1)
        if tag == "DW_TAG_typedef":
            return replace(self.of(_type(die), depth + 1), alias=text(die))
        if tag in _POINTERS:
            return CType(kind=CKind.POINTER, size=8, element=self.of(_type(die), depth + 1))
        if tag == "DW_TAG_base_type":
            return _base(die)
        if tag == "DW_TAG_array_type":
            return self._array(die, depth)
        if tag in _RECORDS:
            return self._record(die)
        if tag == "DW_TAG_enumeration_type":
            signed = any(value < 0 for value in _enumerators(die))
            return CType(kind=CKind.ENUM, size=number(die, "DW_AT_byte_size", 4), signed=signed, name=self._name(die))
        if tag == "DW_TAG_subroutine_type":
            return CType(kind=CKind.FUNCTION)
        size = number(die, "DW_AT_byte_size")
        return CType(kind=CKind.INT, size=size, name=text(die)) if size in (1, 2, 4, 8) else VOID

    def parameter(self, die: DIE | None) -> CType:
        """Return the type of a parameter as it is passed: of an object that is more than its bytes the address."""
        type_ = self.of(die)
        return CType(kind=CKind.POINTER, size=8, element=type_) if self.is_by_address(die) else type_

    def is_by_address(self, die: DIE | None, depth: int = 0) -> bool:
        """Say whether objects of a type are passed and returned by address, as those with a copy constructor are."""
        while die is not None and die.tag in (*_QUALIFIERS, "DW_TAG_typedef", "DW_TAG_array_type"):
            die = _type(die)
        if die is None or die.tag not in _RECORDS or depth > _DEEPEST:
            return False
        if "DW_AT_declaration" in die.attributes:
            die = self._definition(f"{_RECORDS[str(die.tag)]} {text(die)}") or die
        if number(die, "DW_AT_calling_convention") == _BY_REFERENCE:
            return True
        for child in die.iter_children():
            if child.tag == "DW_TAG_subprogram" and _is_own_copy(child, die):
                return True
            holds = child.tag in ("DW_TAG_member", "DW_TAG_inheritance") and "DW_AT_external" not in child.attributes
            if holds and ("DW_AT_virtuality" in child.attributes or self.is_by_address(_type(child), depth + 1)):
                return True
        return False

    def struct(self, name: str) -> CStruct | None:
        """Return the struct or union that `of` named so."""
        die = self._at(name)
        if die is None or die.tag not in _RECORDS:
            return None
        fields = tuple(filter(None, map(self._member, die.iter_children())))
        union = die.tag == "DW_TAG_union_type"
        return CStruct(name=name, size=number(die, "DW_AT_byte_size"), fields=fields, is_union=union)

    def enum(self, name: str) -> dict[int, str]:
        """Return the enumerators of the enum that `of` named so."""
        die = self._at(name)
        return _enumerators(die) if die is not None and die.tag == "DW_TAG_enumeration_type" else {}

    def spelt(self, die: DIE | None) -> str:
        """Return a type as the source spells it: ``const char*``."""
        if die is None:
            return "void"
        tag = die.tag
        if tag in _QUALIFIERS:
            return _QUALIFIERS[tag] + self.spelt(_type(die))
        if tag in _POINTERS:
            return self.spelt(_type(die)) + ("*" if tag == _POINTERS[0] else "&")
        if tag == "DW_TAG_array_type":
            return self.spelt(_type(die)) + "".join(f"[{count or ''}]" for count in _counts(die))
        if tag == "DW_TAG_subroutine_type":
            return "void (…)"
        word = "enum" if tag == "DW_TAG_enumeration_type" else _RECORDS.get(str(tag), "")
        return f"{word} {text(die)}".strip()

    def _record(self, die: DIE) -> CType:
        kind = CKind.UNION if die.tag == "DW_TAG_union_type" else CKind.STRUCT
        if "DW_AT_declaration" in die.attributes:
            die = self._definition(f"{kind.value} {text(die)}") or die
        return CType(kind=kind, size=number(die, "DW_AT_byte_size"), name=self._name(die))

    def _name(self, die: DIE) -> str:
        name = text(die)
        if name:
            die = self._first.setdefault((str(die.tag), name, number(die, "DW_AT_byte_size")), die)
        return f"{name}{PLACE}{self._label}:{die.offset:x}"

    def _array(self, die: DIE, depth: int) -> CType:
        type_ = self.of(_type(die), depth + 1)
        for count in reversed(_counts(die)):
            type_ = CType(kind=CKind.ARRAY, size=count * type_.size, element=type_, count=count)
        return type_

    def _member(self, die: DIE) -> CField | None:
        is_static = "DW_AT_external" in die.attributes or "DW_AT_declaration" in die.attributes
        if die.tag not in ("DW_TAG_member", "DW_TAG_inheritance") or is_static:
            return None
        type_, name, offset = self.of(_type(die)), text(die), _offset(die)
        bits = number(die, "DW_AT_bit_size")
        if not bits or type_.size not in (1, 2, 4, 8):
            return CField(name=name, type=type_, offset=offset)
        if "DW_AT_data_bit_offset" in die.attributes:
            start = number(die, "DW_AT_data_bit_offset")
        else:  # before DWARF 4: from the most significant bit of a unit
            unit = number(die, "DW_AT_byte_size", type_.size)
            start = 8 * (offset + unit) - number(die, "DW_AT_bit_offset") - bits
        return _bit_field(name, type_, start, bits)

    def _definition(self, name: str) -> DIE | None:
        for unit in () if name in self._by_name else self._dwarf.iter_CUs():
            self._index(unit)
            if name in self._by_name:
                break
        return self._by_name.get(name)

    def _index(self, unit: Any) -> None:
        """Note the types that a unit defines by name, of namespaces with and without them."""
        if unit.cu_offset in self._indexed:
            return
        self._indexed.add(unit.cu_offset)
        waiting = [(die, "") for die in unit.get_top_DIE().iter_children()]
        for die, space in waiting:
            name = text(die)
            if die.tag in _SPACES:
                waiting += [(child, f"{space}{name}::" if name else space) for child in die.iter_children()]
            word = "enum " if die.tag == "DW_TAG_enumeration_type" else _RECORDS.get(die.tag, "")
            if not name or "DW_AT_declaration" in die.attributes or not (word or die.tag == "DW_TAG_typedef"):
                continue
            for full in {f"{word} {space}{name}".strip(), f"{word} {name}".strip()}:
                self._by_name.setdefault(" ".join(full.split()), die)

    def _at(self, name: str) -> DIE | None:
        _, at, place = name.rpartition(":")
        return self._dwarf.get_DIE_from_refaddr(int(place, 16)) if at else None


def text(die: DIE, attribute: str = "DW_AT_name") -> str:
    """Return a DIE's name, empty for none."""
    found = die.attributes.get(attribute)
    return found.value.decode(errors="replace") if found is not None and isinstance(found.value, bytes) else ""


def number(die: DIE, attribute: str, default: int = 0) -> int:
    """Return a DIE's number, `default` where it has none, or one that only the running program knows."""
    found = die.attributes.get(attribute)
    return found.value if found is not None and isinstance(found.value, int) else default


def _type(die: DIE) -> DIE | None:
    return die.get_DIE_from_attribute("DW_AT_type") if "DW_AT_type" in die.attributes else None


def _is_own_copy(method: DIE, owner: DIE) -> bool:
    """Say whether a method makes copying its objects more than copying bytes: destructor, copy constructor, virtual."""
    name = text(method)
    if number(method, "DW_AT_virtuality"):
        return True
    if "DW_AT_artificial" in method.attributes or "DW_AT_defaulted" in method.attributes:
        return False
    if name.startswith("~"):
        return True
    taken = [child for child in method.iter_children() if child.tag == "DW_TAG_formal_parameter"][1:2]
    given = _type(taken[0]) if taken and name == text(owner).partition("<")[0] else None
    to = _type(given) if given is not None and given.tag in _POINTERS[1:] else None
    while to is not None and to.tag in _QUALIFIERS:
        to = _type(to)
    return to is not None and to.offset == owner.offset


def _base(die: DIE) -> CType:
    name, size, encoding = text(die), number(die, "DW_AT_byte_size"), number(die, "DW_AT_encoding")
    if encoding == _BOOLEAN and size == 1:
        return BOOL
    if encoding == _FLOAT or encoding in _COMPLEX:
        return CType(kind=CKind.FLOAT, size=size, signed=True, name=name)
    if name == "char" and size == 1:
        return CHAR
    return CType(kind=CKind.INT, size=size, signed=encoding in (_SIGNED, _SIGNED_CHAR), name=name)


def _enumerators(die: DIE) -> dict[int, str]:
    values = (child for child in die.iter_children() if child.tag == "DW_TAG_enumerator")
    return {number(child, "DW_AT_const_value"): text(child) for child in values}


def _counts(die: DIE) -> list[int]:
    """Return the elements of each dimension of an array, 0 where they are not known."""
    ranges = [child for child in die.iter_children() if child.tag == "DW_TAG_subrange_type"]
    return [number(each, "DW_AT_count") or number(each, "DW_AT_upper_bound", -1) + 1 for each in ranges] or [0]


def _offset(die: DIE) -> int:
    found = die.attributes.get("DW_AT_data_member_location")
    if found is None or isinstance(found.value, int):
        return found.value if found is not None else 0
    if not found.value or found.value[0] != _PLUS_UCONST:
        return 0
    return sum((byte & 0x7F) << 7 * i for i, byte in enumerate(found.value[1:]))


def _bit_field(name: str, type_: CType, start: int, bits: int) -> CField:
    """Return a bit-field from bit `start` of the struct on: in the unit of its type or, if packed, in another."""
    unit = 8 * type_.size
    offset = start // unit * type_.size
    if start - 8 * offset + bits > unit:
        offset = start // 8
        size = next((size for size in (1, 2, 4, 8) if start % 8 + bits <= 8 * size), 8)
        type_ = CType(kind=CKind.INT, size=size, signed=type_.signed, name=type_.name)
    return CField(name=name, type=type_, offset=offset, bit_offset=start - 8 * offset, bits=bits)
