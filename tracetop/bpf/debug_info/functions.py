"""Functions in DWARF: by the address of their first instruction, with where they find their parameters there.

Owns: which unit an address is in, and what a location says of the function's start. Reader.
"""

from collections.abc import Iterator
from typing import Any

from elftools.dwarf.die import DIE
from elftools.dwarf.dwarfinfo import DWARFInfo
from elftools.dwarf.locationlists import LocationEntry, LocationExpr, LocationParser
from elftools.dwarf.ranges import RangeEntry

from tracetop.bpf.debug_info.types import Types, number, text
from tracetop.model.ctype import BY_CONVENTION, NOWHERE, CFunction, CKind, CParameter, DebugFunction

_ORIGINS = ("DW_AT_abstract_origin", "DW_AT_specification")
_IN_REGISTERS = 16
"""The most bytes of a result that is returned in registers."""
_REG0, _REG31, _BREG0, _BREG31, _FBREG = 0x50, 0x6F, 0x70, 0x8F, 0x91
"""DW_OP_*: in register N, at its address, beside the frame."""


class Functions:
    """The functions of one file."""

    def __init__(self, dwarf: DWARFInfo, types: Types) -> None:
        self._dwarf = dwarf
        self._types = types
        self._aranges = dwarf.get_aranges()
        self._locations = LocationParser(dwarf.location_lists())
        self._by_unit: dict[int, dict[int, DIE]] = {}
        self._ranges: list[tuple[int, int, int]] | None = None

    def at(self, address: int) -> DebugFunction | None:
        """Return the function that begins at an address, or None where none is known."""
        for unit in self._units(address):
            die = self._functions(unit).get(address)
            if die is not None:
                return self._function(die, address)
        return None

    def _units(self, address: int) -> Iterator[Any]:
        offset = self._aranges.cu_offset_at_addr(address) if self._aranges else None
        if offset is not None:
            yield self._dwarf.get_CU_at(offset)
            return
        if self._ranges is None:
            self._ranges = [(*span, unit.cu_offset) for unit in self._dwarf.iter_CUs() for span in self._spans(unit)]
        yield from (self._dwarf.get_CU_at(at) for low, high, at in self._ranges if low <= address < high)

    def _spans(self, unit: Any) -> Iterator[tuple[int, int]]:
        top = unit.get_top_DIE()
        low = number(top, "DW_AT_low_pc")
        if "DW_AT_high_pc" in top.attributes:
            high = top.attributes["DW_AT_high_pc"]
            yield low, high.value if high.form == "DW_FORM_addr" else low + high.value
        elif "DW_AT_ranges" in top.attributes:
            lists = self._dwarf.range_lists()
            for entry in lists.get_range_list_at_offset(top.attributes["DW_AT_ranges"].value, unit) if lists else ():
                if isinstance(entry, RangeEntry):
                    base = 0 if entry.is_absolute else low
                    yield base + entry.begin_offset, base + entry.end_offset
                else:
                    low = entry.base_address

    def _functions(self, unit: Any) -> dict[int, DIE]:
        known = self._by_unit.get(unit.cu_offset)
        if known is None:
            found = (die for die in unit.iter_DIEs() if die.tag == "DW_TAG_subprogram")
            known = {number(die, "DW_AT_low_pc"): die for die in found if "DW_AT_low_pc" in die.attributes}
            self._by_unit[unit.cu_offset] = known
        return known

    def _function(self, die: DIE, address: int) -> DebugFunction:
        own = list(_parameters(die))
        declared = _declaration(die)
        found = own or list(_parameters(declared))
        origins = [_origin(parameter) for parameter in found]
        kinds = [_type_of(origin) for origin in origins]
        names = [text(origin) for origin in origins]
        function = CFunction(
            name=text(declared),
            parameters=tuple(
                CParameter(name, self._types.parameter(kind)) for name, kind in zip(names, kinds, strict=True)
            ),
            returns=self._types.of(_type_of(declared)),
            module="",
        )
        result = _type_of(declared)
        lines = tuple(f"{self._types.spelt(kind)} {name}".rstrip() for name, kind in zip(names, kinds, strict=True))
        registers = tuple(
            self._register(each, address, by_address=self._types.is_by_address(kind)) if own else BY_CONVENTION
            for each, kind in zip(found, kinds, strict=True)
        )
        return DebugFunction(
            function=function,
            registers=registers,
            result_by_address=function.returns.kind in (CKind.STRUCT, CKind.UNION)
            and (function.returns.size > _IN_REGISTERS or self._types.is_by_address(result)),
            lines=lines,
        )

    def _register(self, parameter: DIE, address: int, *, by_address: bool) -> int:
        """Return the register that has a parameter when its function begins, BY_CONVENTION or NOWHERE."""
        location = parameter.attributes.get("DW_AT_location")
        if location is None:
            return BY_CONVENTION
        unit = parameter.cu
        parsed = self._locations.parse_from_attribute(location, unit["version"], parameter)
        if isinstance(parsed, LocationExpr):
            return _in_register(parsed.loc_expr, by_address=by_address)
        base = number(unit.get_top_DIE(), "DW_AT_low_pc")
        for entry in parsed:
            if not isinstance(entry, LocationEntry):
                base = getattr(entry, "base_address", base)
                continue
            start = 0 if entry.is_absolute else base
            if start + entry.begin_offset <= address < start + entry.end_offset:
                return _in_register(entry.loc_expr, by_address=by_address)
        return BY_CONVENTION


def _in_register(expression: list[int], *, by_address: bool) -> int:
    if by_address and len(expression) == 2 and _BREG0 <= expression[0] <= _BREG31 and expression[1] == 0:
        return expression[0] - _BREG0  # the object is where the register points to
    if len(expression) == 1 and _REG0 <= expression[0] <= _REG31:
        return expression[0] - _REG0
    # Beside the frame, which is not there yet when the function begins: it puts the parameter there itself.
    return BY_CONVENTION if expression and expression[0] == _FBREG else NOWHERE


def _parameters(die: DIE) -> Iterator[DIE]:
    return (child for child in die.iter_children() if child.tag == "DW_TAG_formal_parameter")


def _origin(die: DIE) -> DIE:
    """Return the DIE that has a parameter's name: itself, or that of the function as it is written."""
    return die if "DW_AT_name" in die.attributes or "DW_AT_type" in die.attributes else _declaration(die)


def _declaration(die: DIE) -> DIE:
    for _ in range(len(_ORIGINS) + 1):
        attribute = next((each for each in _ORIGINS if each in die.attributes), "")
        if not attribute or "DW_AT_type" in die.attributes:
            break
        die = die.get_DIE_from_attribute(attribute)
    return die


def _type_of(die: DIE) -> DIE | None:
    return die.get_DIE_from_attribute("DW_AT_type") if "DW_AT_type" in die.attributes else None
