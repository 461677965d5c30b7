"""Asks for what debug information says: starts a reader for each file that is asked about, and remembers its answers.

Owns: the readers, their pipes and time limits. Nothing is started before a script asks for what only debug information
knows. The privileged tracer process.
"""

import os
import select
import subprocess
import sys
import time
from collections import OrderedDict
from contextlib import ExitStack, suppress

import msgspec

from tracetop.bpf.symbols.debug_files import debug_file
from tracetop.bpf.symbols.elf import Elf
from tracetop.bpf.sys.safe_open import opened
from tracetop.errors import KernelError
from tracetop.model.ctype import CStruct, CType, DebugFunction
from tracetop.model.wire.debug_info import (
    AddressesOf,
    Answer,
    EnumNamed,
    FunctionsAt,
    Query,
    StructNamed,
    TypeNamed,
    TypeNames,
)

_READER = (sys.executable, "-I", "-m", "tracetop.bpf.debug_info.reader")
_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
_HEAD_BYTES = 4
_MOST_ANSWER_BYTES = 64 << 20
_LIMIT_S = 60.0
_MAX_READERS = 4
_MAX_ANSWERS = 10_000
_HAS_IT = (".debug_info", ".zdebug_info")


class DebugInfo:
    """What the debug information of this machine's programs says."""

    def __init__(self) -> None:
        self._paths: list[str] = []
        """By the label that names of types have of a file."""
        self._readers: OrderedDict[str, _Reader | None] = OrderedDict()
        """By path, the last one used last; None for a file without debug information."""
        self._answers: dict[tuple[str, Query], Answer] = {}

    def functions(self, path: str, addresses: tuple[int, ...]) -> tuple[DebugFunction | None, ...]:
        """Return the functions that begin at addresses of a file, None for those that nothing is known of."""
        return self._ask(path, FunctionsAt(addresses)).functions or (None,) * len(addresses)

    def addresses(self, path: str, file: str, line: int) -> tuple[int, ...]:
        """Return where the code of a line of source is; nothing where the file has none of it."""
        return self._ask(path, AddressesOf(file, line)).addresses

    def type(self, path: str, name: str) -> CType | None:
        """Return the type of a file that C knows by this name, ``struct foo``, or None."""
        return self._ask(path, TypeNamed(name)).type

    def type_names(self, path: str, tag: str) -> tuple[str, ...]:
        """Return the names of all types of a tag."""
        return self._ask(path, TypeNames(tag)).names

    def struct(self, name: str) -> CStruct | None:
        """Return a struct by the name that its CType has."""
        return self._ask(self._path(name), StructNamed(name)).struct

    def enum_names(self, name: str) -> dict[int, str]:
        """Return an enum's enumerators by the name that its CType has."""
        return self._ask(self._path(name), EnumNamed(name)).enum

    def _path(self, name: str) -> str:
        label = name.rpartition("@")[2].partition(":")[0]
        return self._paths[int(label)]

    def _ask(self, path: str, query: Query) -> Answer:
        """Return the answer; one that says nothing where the file has no debug information. KernelError for damage."""
        known = self._answers.get((path, query))
        if known is not None:
            return known
        answer = self._answer(path, query)
        if len(self._answers) >= _MAX_ANSWERS:
            self._answers.clear()
        self._answers[path, query] = answer
        return answer

    def _answer(self, path: str, query: Query) -> Answer:
        for _ in range(2):  # a reader that nobody asked for a while has ended
            reader = self._reader(path)
            if reader is None:
                return Answer()
            try:
                answer = reader.ask(query)
            except (BrokenPipeError, EOFError):
                self._end(path)
                continue
            except TimeoutError as error:
                self._end(path)
                raise _unreadable(path, f"it takes more than {_LIMIT_S:.0f} s") from error
            if answer.failure:
                raise _unreadable(path, answer.failure)
            return answer
        raise _unreadable(path, "its reader ended")

    def _end(self, path: str) -> None:
        reader = self._readers.pop(path)
        if reader:
            reader.close()

    def _reader(self, path: str) -> "_Reader | None":
        if path not in self._readers:
            if path not in self._paths:
                self._paths.append(path)
            self._readers[path] = _start(path, str(self._paths.index(path)))
            while len(self._readers) > _MAX_READERS:
                _, oldest = self._readers.popitem(last=False)
                if oldest:
                    oldest.close()
        self._readers.move_to_end(path)
        return self._readers[path]


class _Reader:
    """A reader process."""

    def __init__(self, path: str, label: str, descriptors: list[int]) -> None:
        self._path = path
        pipe = subprocess.PIPE
        argv = [*_READER, label, *map(str, descriptors)]
        self._process = subprocess.Popen(
            argv, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, env=_ENVIRONMENT, cwd="/", pass_fds=descriptors
        )

    def ask(self, query: Query) -> Answer:
        """Return the answer. BrokenPipeError or EOFError where it has ended, TimeoutError where it is slow."""
        assert self._process.stdin
        body = msgspec.msgpack.encode(query)
        self._process.stdin.write(len(body).to_bytes(_HEAD_BYTES, "little") + body)
        self._process.stdin.flush()
        until = time.monotonic() + _LIMIT_S
        size = int.from_bytes(self._read(_HEAD_BYTES, until), "little")
        if size > _MOST_ANSWER_BYTES:
            raise _unreadable(self._path, "its reader answered nonsense")
        return msgspec.msgpack.decode(self._read(size, until), type=Answer)

    def close(self) -> None:
        """End it."""
        self._process.kill()
        with suppress(BrokenPipeError):
            self._process.communicate()

    def _read(self, size: int, until: float) -> bytes:
        assert self._process.stdout
        descriptor, data = self._process.stdout.fileno(), b""
        while len(data) < size:
            if not select.select([descriptor], [], [], max(0.0, until - time.monotonic()))[0]:
                raise TimeoutError
            part = os.read(descriptor, size - len(data))
            if not part:
                raise EOFError
            data += part
        return data


def _start(path: str, label: str) -> _Reader | None:
    """Start the reader of a file, or of its separate debug file; None where neither has the information."""
    with ExitStack() as stack:
        try:
            own = stack.enter_context(opened(path))
            elf = Elf.open(own, path)
            if _has_it(elf):
                return _Reader(path, label, [own])
            other = stack.enter_context(debug_file(elf.build_id, elf.debug_link, path))
            if other is None or not _has_it(found := Elf.open(other, path)):
                return None
            shared = stack.enter_context(debug_file(*found.shared_debug_file, path))
            return _Reader(path, label, [other, *([shared] if shared is not None else [])])
        except OSError:
            return None


def _has_it(elf: Elf) -> bool:
    return any(elf.section(name) for name in _HAS_IT)


def _unreadable(path: str, why: str) -> KernelError:
    return KernelError(
        f"the debug information of {path} cannot be read",
        why=why,
        hint="use arg0 and so on, and types that the script itself defines",
    )
