"""Where a function's instructions begin: a breakpoint in the middle of one would break the program that is traced.

Owns: walking through a function's bytes, with the disassembler of the LLVM that libbcc brings. Refuses to own: what is
said where there is none. The privileged tracer process.
"""

import ctypes
import platform
import re
from functools import cache
from pathlib import Path

_TARGETS = {"x86_64": "X86", "aarch64": "AArch64"}
_LIBRARY = re.compile(r"/\S*/libLLVM\S*\.so\S*")
_LONGEST = 16
_TEXT_BYTES = 256


class _Disassembler:
    """LLVM's, for this machine's own instructions."""

    def __init__(self, library: ctypes.CDLL, target: str, triple: str) -> None:
        for part in ("TargetInfo", "TargetMC", "Disassembler"):
            getattr(library, f"LLVMInitialize{target}{part}")()
        library.LLVMCreateDisasm.restype = ctypes.c_void_p
        library.LLVMDisasmInstruction.restype = ctypes.c_size_t
        library.LLVMDisasmInstruction.argtypes = [
            ctypes.c_void_p,
            ctypes.c_char_p,
            ctypes.c_uint64,
            ctypes.c_uint64,
            ctypes.c_char_p,
            ctypes.c_size_t,
        ]
        self._library = library
        self._context = library.LLVMCreateDisasm(triple.encode(), None, 0, None, None)
        self._text = ctypes.create_string_buffer(_TEXT_BYTES)

    def length(self, code: bytes) -> int:
        """Return how many bytes the instruction at the start of `code` has, 0 where it is not one."""
        if not self._context:
            return 0
        length: int = self._library.LLVMDisasmInstruction(
            self._context, code, len(code), 0, self._text, ctypes.sizeof(self._text)
        )
        return length


def begins_instruction(code: bytes, offset: int) -> bool | None:
    """Say whether an instruction of a function begins at `offset` into its `code`; None where nobody can tell."""
    disassembler = _disassembler()
    if disassembler is None:
        return None
    at = 0
    while at < offset:
        length = disassembler.length(code[at : at + _LONGEST])
        if not length:
            return None
        at += length
    return at == offset


@cache
def _disassembler() -> _Disassembler | None:
    machine = platform.machine()
    loaded = _LIBRARY.search(Path("/proc/self/maps").read_text(errors="replace"))
    if machine not in _TARGETS or loaded is None:
        return None
    try:
        return _Disassembler(ctypes.CDLL(loaded[0]), _TARGETS[machine], f"{machine}-linux-gnu")
    except (OSError, AttributeError):
        return None
