"""BTF's records as types of C: typedefs and qualifiers taken off, structs laid out.

Owns: what a record means. Refuses to own: where records come from (`raw`) and who asks (`lookup`). The privileged
tracer process.
"""

from collections.abc import Iterator
from typing import Self

from msgspec import structs

from tracetop.bpf.kernel.btf.raw import Kind, RawBtf, Record
from tracetop.model.ctype import VOID, CField, CFunction, CKind, CParameter, CStruct, CType, builtin_type

_SIGNED, _BOOL = 1, 4
"""Encodings of BTF_KIND_INT. There is one for characters too, which no compiler's BTF uses: they go by name."""
_QUALIFIERS = frozenset({Kind.CONST, Kind.VOLATILE, Kind.RESTRICT, Kind.TYPE_TAG, Kind.TYPEDEF})
_ENUMS = frozenset({Kind.ENUM, Kind.ENUM64})
_NAMED = {
    Kind.STRUCT: CKind.STRUCT,
    Kind.UNION: CKind.UNION,
    Kind.FLOAT: CKind.FLOAT,
    **dict.fromkeys(_ENUMS, CKind.ENUM),
}
_INTEGERS = frozenset({CKind.INT, CKind.CHAR, CKind.BOOL})
_POINTER_SIZE = 8
_ANONYMOUS = "anonymous#"
"""Before the number of a struct, union or enum that has no name: no script can write a ``#``."""


class BtfTypes:
    """The types of one BTF; those that it has from its base are the base's."""

    def __init__(self, raw: RawBtf, module: str = "vmlinux", base: Self | None = None) -> None:
        self.raw = raw
        self.module = module
        self._base = base
        self._types: dict[int, CType] = {}
        self._aggregates: dict[int, CStruct] = {}

    def type(self, number: int) -> CType:
        """Return the type that a record describes."""
        if self._base and number < self.raw.first:
            return self._base.type(number)
        found = self._types.get(number)
        if found is None:
            found = self._types[number] = self._make(number, self.raw.record(number))
        return found

    def aggregate(self, name: str) -> CStruct | None:
        """Return a struct or union by the name that its CType has, or None where there is none."""
        number = self._find(name, Kind.STRUCT, Kind.UNION)
        if number is None:
            return None
        if self._base and number < self.raw.first:
            return self._base.aggregate(name)
        if number not in self._aggregates:
            record = self.raw.record(number)
            fields, is_union = tuple(self._fields(record)), record.kind is Kind.UNION
            self._aggregates[number] = CStruct(name=name, size=record.number, fields=fields, is_union=is_union)
        return self._aggregates[number]

    def named(self, name: str, *kinds: Kind) -> CType | None:
        """Return the type of that name and one of those kinds, the first that there is."""
        number = self._find(name, *kinds)
        return None if number is None else self.type(number)

    def enumerators(self, name: str) -> dict[int, str]:
        """Return the enumerators of an enum by value, the first of each; empty where there is no such enum."""
        number = self._find(name, Kind.ENUM, Kind.ENUM64)
        names: dict[int, str] = {}
        for enumerator, value in () if number is None else self._enumerators(self.raw.record(number)):
            names.setdefault(value, enumerator)
        return names

    def enumerator(self, name: str) -> tuple[int, CType] | None:
        """Return the value and the enum of an enumerator, or None where no enum of its own has it."""
        number = self.raw.find_enumerator(name)
        if number is None:
            return None
        return dict(self._enumerators(self.raw.record(number)))[name], self.type(number)

    def function(self, name: str) -> CFunction | None:
        """Return a function that this BTF itself has, or None."""
        number = self.raw.find(name, Kind.FUNC)
        if number is None or number < self.raw.first:
            return None
        return self.prototype(name, self.raw.record(number).number)

    def prototype(self, name: str, number: int) -> CFunction:
        """Return what a BTF_KIND_FUNC_PROTO describes, without the ``...`` of a variable number of arguments."""
        record = self.raw.record(number)
        parameters = tuple(
            CParameter(self.raw.name(offset), self.type(type_number))
            for offset, type_number in self.raw.members(record)
            if type_number
        )
        return CFunction(name=name, parameters=parameters, returns=self.type(record.number), module=self.module)

    def prototype_number(self, typedef: str) -> int | None:
        """Return the number of the prototype that a typedef of a pointer to a function has."""
        number = self.raw.find(typedef, Kind.TYPEDEF)
        for kind in (Kind.TYPEDEF, Kind.PTR, Kind.FUNC_PROTO):
            if number is None:
                return None
            record = self.raw.record(number)
            if record.kind is not kind:
                return None
            number, prototype = record.number, number
        return prototype

    def _find(self, name: str, *kinds: Kind) -> int | None:
        if name.startswith(_ANONYMOUS):
            module, _, digits = name.removeprefix(_ANONYMOUS).rpartition(":")
            here = digits.isdecimal() and module == self._prefix and 0 < int(digits) < self.raw.end
            return int(digits) if here and self.raw.record(int(digits)).kind in kinds else None
        found = (self.raw.find(name, kind) for kind in kinds) if name else iter(())
        return next((number for number in found if number is not None), None)

    @property
    def _prefix(self) -> str:
        return self.module if self._base else ""

    def _make(self, number: int, record: Record) -> CType:
        if record.kind in _QUALIFIERS:
            inner = self.type(record.number)
            return structs.replace(inner, alias=record.name) if record.kind is Kind.TYPEDEF else inner
        if record.kind is Kind.PTR:
            user = self._is_user(record.number)
            return CType(kind=CKind.POINTER, size=_POINTER_SIZE, element=self.type(record.number), user=user)
        if record.kind is Kind.ARRAY:
            element_number, _, count = self.raw.words(record)
            element = self.type(element_number)
            return CType(kind=CKind.ARRAY, size=element.size * count, element=element, count=count)
        return self._integer(record) if record.kind is Kind.INT else self._plain(number, record)

    def _plain(self, number: int, record: Record) -> CType:
        """Return the type of a record that no other type is part of, or only as a member."""
        name = record.name or f"{_ANONYMOUS}{self._prefix}{':' if self._prefix else ''}{number}"
        if record.kind is Kind.FWD:
            return CType(kind=CKind.UNION if record.flag else CKind.STRUCT, name=name)
        if record.kind is Kind.FUNC_PROTO:
            return CType(kind=CKind.FUNCTION)
        if record.kind not in _NAMED:
            return VOID
        signed = record.kind in _ENUMS and record.flag
        return CType(kind=_NAMED[record.kind], size=record.number, signed=signed, name=name)

    def _integer(self, record: Record) -> CType:
        encoding = self.raw.words(record)[0] >> 24
        kind = CKind.BOOL if encoding & _BOOL else CKind.CHAR if record.name == "char" else CKind.INT
        known = builtin_type(record.name)
        name = known.name if known else record.name
        return CType(kind=kind, size=record.number, signed=bool(encoding & _SIGNED), name=name)

    def _is_user(self, number: int) -> bool:
        """Say whether what a pointer points to is tagged ``user``."""
        record = self.raw.record(number)
        while record.kind in _QUALIFIERS:
            if record.kind is Kind.TYPE_TAG and record.name == "user":
                return True
            record = self.raw.record(record.number)
        return False

    def _fields(self, record: Record) -> Iterator[CField]:
        for name_offset, number, place in self.raw.members(record):
            name, type_ = self.raw.name(name_offset), self.type(number)
            bits, at_bit = (place >> 24, place & 0xFFFFFF) if record.flag else (0, place)
            if not bits and type_.kind in _INTEGERS:
                bits, at_bit = self._old_bit_field(number, at_bit)
            offset, bit_offset = divmod(at_bit, 8)
            if bits:
                unit = at_bit // (8 * type_.size) * type_.size
                # A packed bit-field may lie across two of its type's units: then its unit begins at its first byte.
                if at_bit + bits <= 8 * (unit + type_.size):
                    offset, bit_offset = unit, at_bit - 8 * unit
            yield CField(name=name, type=type_, offset=offset, bit_offset=bit_offset, bits=bits)

    def _old_bit_field(self, number: int, at_bit: int) -> tuple[int, int]:
        """Return width and place of a member whose struct has no flag: its integer's record may make it a bit-field.

        So it is where pahole is older than 1.12 and in structs that no bit-field is in.
        """
        record = self._unqualified(number)
        if record.kind is not Kind.INT:
            return 0, at_bit
        word = self.raw.words(record)[0]
        bits, shift = word & 0xFF, word >> 16 & 0xFF
        return (bits, at_bit + shift) if shift or bits != 8 * record.number else (0, at_bit)

    def _unqualified(self, number: int) -> Record:
        record = self.raw.record(number)
        while record.kind in _QUALIFIERS:
            record = self.raw.record(record.number)
        return record

    def _enumerators(self, record: Record) -> Iterator[tuple[str, int]]:
        for name_offset, *words in self.raw.members(record):
            value = sum(word << 32 * index for index, word in enumerate(words))
            width = 32 * len(words)
            negative = record.flag and value >> width - 1
            yield self.raw.name(name_offset), value - (1 << width) if negative else value
