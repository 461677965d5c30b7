"""What the sources of programs say, by places in their files: implements `model.kernel.SourceInfo` for this machine."""

from collections.abc import Mapping

from tracetop.bpf.debug_info.client import DebugInfo
from tracetop.bpf.symbols.binaries import Binaries
from tracetop.model.ctype import CStruct, CType, DebugFunction


class BinarySources:
    """Answers from the debug information of binaries; KernelError where that is damaged."""

    def __init__(self, binaries: Binaries) -> None:
        self._binaries = binaries
        self._debug_info = DebugInfo()

    def functions(self, path: str, offsets: tuple[int, ...]) -> tuple[DebugFunction | None, ...]:
        """Return what is known of functions by their places in a file; None for those of which nothing is."""
        elf = self._binaries.read(path).elf
        return self._debug_info.functions(path, tuple(elf.address(offset) or 0 for offset in offsets))

    def type(self, path: str, name: str) -> CType | None:
        """Return the type of a binary that C knows by this name, or None."""
        return self._debug_info.type(path, name)

    def type_names(self, path: str, tag: str) -> tuple[str, ...]:
        """Return the names of all types of a tag in a binary."""
        return self._debug_info.type_names(path, tag)

    def struct(self, name: str) -> CStruct | None:
        """Return a struct by the name that its CType has."""
        return self._debug_info.struct(name)

    def enum_names(self, name: str) -> Mapping[int, str]:
        """Return an enum's enumerators by the name that its CType has."""
        return self._debug_info.enum_names(name)

    def symbol_distance(self, path: str, name: str, offset: int) -> tuple[int, int] | None:
        """Return how far after the code at an offset a function or variable lies, and its bytes; None for none."""
        binary = self._binaries.read(path)
        function, here = binary.functions.get(name), binary.elf.address(offset)
        if here is None:
            return None
        if function is not None:
            address = binary.elf.address(function.offset)
            return None if address is None else (address - here, function.size)
        variable = self._binaries.variable(path, name)
        return None if variable is None else (variable[0] - here, variable[1])

    def line_offsets(self, path: str, file: str, line: int) -> tuple[int, ...]:
        """Return where in a binary the code of a source line begins, once in each function."""
        binary = self._binaries.read(path)
        first: dict[str, int] = {}
        for address in self._debug_info.addresses(path, file, line):
            found = binary.symbols.find(address)
            first.setdefault(found[0] if found else "", address)
        offsets = (binary.elf.file_offset(address, executable=True) for address in first.values())
        return tuple(offset for offset in offsets if offset is not None)
