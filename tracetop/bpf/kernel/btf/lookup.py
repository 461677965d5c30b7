"""The running kernel's types by name: those of vmlinux, then those of its modules.

Owns: where BTF is found, and in which order it is asked. Refuses to own: single records. The privileged tracer
process; the modules' is read when vmlinux does not have what is asked for.
"""

from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Self, TypeVar

from msgspec import structs

from tracetop.bpf.kernel.btf.raw import Kind, RawBtf
from tracetop.bpf.kernel.btf.types import BtfTypes
from tracetop.model.ctype import CField, CFunction, CKind, CParameter, CStruct, CType, builtin_type

DIRECTORY = Path("/sys/kernel/btf")
VMLINUX = DIRECTORY / "vmlinux"
_TAGS = {"struct": (Kind.STRUCT, Kind.FWD), "union": (Kind.UNION, Kind.FWD), "enum": (Kind.ENUM, Kind.ENUM64)}
_RAW = "btf_trace_"
_TRACEPOINT_FUNCTIONS = ("__traceiter_", "__probestub_", "__bpf_trace_", "trace_event_raw_event_")
"""What the kernel's macros make for an event: functions with its parameters, named, after ``void *__data``."""
_Found = TypeVar("_Found")


class Btf:
    """What the kernel says of its types, in memory for as long as this object lives."""

    def __init__(self, vmlinux: BtfTypes, directory: Path = DIRECTORY) -> None:
        self._vmlinux = vmlinux
        self._directory = directory

    @classmethod
    def load(cls, directory: Path = DIRECTORY) -> Self | None:
        """Return the kernel's BTF, or None where the kernel has none or libbpf is missing."""
        raw = RawBtf.load(directory / VMLINUX.name)
        return cls(BtfTypes(raw), directory) if raw else None

    def struct(self, name: str) -> CStruct | None:
        """Return a struct or union by the name that its CType has, or None."""
        return self._first(lambda types: types.aggregate(name))

    def named_type(self, name: str) -> CType | None:
        """Return the type that C knows by this name, or None; a struct that is only declared has size 0."""
        tag, _, tagged = name.partition(" ")
        if tag in _TAGS:
            whole, declared = _TAGS[tag]  # one that a BTF only declares may be whole in a module's
            found = self._first(lambda types: types.named(tagged.strip(), whole))
            return found or self._first(lambda types: types.named(tagged.strip(), declared))
        return builtin_type(name) or self._first(lambda types: types.named(name, Kind.TYPEDEF))

    def enumerator(self, name: str) -> tuple[int, CType] | None:
        """Return the value and the enum of an enumerator of vmlinux, or None."""
        return self._vmlinux.enumerator(name)

    def module_enumerator(self, name: str) -> tuple[int, CType] | None:
        """Return the same of an enumerator that only a module has."""
        return next(filter(None, (types.enumerator(name) for types in self._modules)), None)

    def enum_names(self, name: str) -> dict[int, str]:
        """Return the enumerators of an enum by value; empty for an unknown one."""
        return self._first(lambda types: types.enumerators(name) or None) or {}

    def function(self, name: str, module: str = "") -> CFunction | None:
        """Return a function of the kernel, or only of that module or ``vmlinux``, or None."""
        asked = (types for types in self._all() if module in ("", types.module))
        return next(filter(None, (types.function(name) for types in asked)), None)

    def function_number(self, name: str) -> int | None:
        """Return what bpf(2) knows a function of vmlinux by, or None."""
        return self._vmlinux.raw.find(name, Kind.FUNC)

    def function_names(self) -> Iterator[str]:
        """Yield the functions of vmlinux and of every module; takes 0.1 s."""
        for types in self._all():
            yield from types.raw.names(Kind.FUNC)

    def type_names(self, tag: str) -> Iterator[str]:
        """Yield the names of all types of a tag (``struct``, ``union``, ``enum``); takes 0.1 s."""
        for types in self._all():
            yield from filter(None, types.raw.names(*_TAGS[tag]))

    def type_name(self, number: int) -> str:
        """Return the name of a type or function of vmlinux by its number, empty where it has none."""
        raw = self._vmlinux.raw
        return raw.record(number).name if raw.first <= number < raw.end else ""

    def raw_tracepoint(self, event: str) -> CFunction | None:
        """Return what a raw tracepoint passes, or None where BTF does not know it.

        The kernel describes it by ``typedef void (*btf_trace_EVENT)(void *__data, ...)``, whose parameters have no
        names: those are taken from a function that its macros make for the event.
        """
        for types in self._all():
            number = types.prototype_number(f"{_RAW}{event}")
            if number is not None:
                prototype = types.prototype(event, number)
                return CFunction(
                    name=event,
                    parameters=_named(prototype.parameters, types, event)[1:],
                    returns=prototype.returns,
                    module=types.module,
                )
        return None

    def raw_tracepoint_names(self) -> Iterator[str]:
        """Yield the raw tracepoints that `raw_tracepoint` knows, as ``module:event``."""
        for types in self._all():
            names = types.raw.names(Kind.TYPEDEF)
            yield from (f"{types.module}:{name.removeprefix(_RAW)}" for name in names if name.startswith(_RAW))

    def raw_tracepoint_arity(self, event: str) -> int | None:
        """Return how many arguments a raw tracepoint passes to its programs, or None where BTF does not know it."""
        found = self.raw_tracepoint(event)
        return None if found is None else len(found.parameters)

    def field_offset(self, struct: str, field: str) -> tuple[int, int] | None:
        """Return (offset, size) in bytes of a field, also within anonymous members; None for a bit-field or no such."""
        found = self._field(struct, field)
        return None if found is None or found.bits else (found.offset, found.type.size)

    def _field(self, struct: str, name: str) -> CField | None:
        whole = self.struct(struct)
        for field in whole.fields if whole else ():
            if field.name == name:
                return field
            if not field.name and field.type.kind in (CKind.STRUCT, CKind.UNION):
                inner = self._field(field.type.name, name)
                if inner is not None:
                    return structs.replace(inner, offset=field.offset + inner.offset)
        return None

    def _first(self, ask: Callable[[BtfTypes], _Found | None]) -> _Found | None:
        return next((found for found in map(ask, self._all()) if found is not None), None)

    def _all(self) -> Iterator[BtfTypes]:
        yield self._vmlinux
        yield from self._modules

    @cached_property
    def _modules(self) -> tuple[BtfTypes, ...]:
        paths = sorted(path for path in self._directory.iterdir() if path.name != VMLINUX.name)
        found = ((path.name, RawBtf.load(path, self._vmlinux.raw)) for path in paths)
        return tuple(BtfTypes(raw, name, self._vmlinux) for name, raw in found if raw)


def _named(parameters: tuple[CParameter, ...], types: BtfTypes, event: str) -> tuple[CParameter, ...]:
    """Return the parameters with the names that a function of the same parameters has, as they are without one."""
    for prefix in _TRACEPOINT_FUNCTIONS:
        function = types.function(f"{prefix}{event}")
        if function and [each.type for each in function.parameters] == [each.type for each in parameters]:
            return function.parameters
    return parameters
