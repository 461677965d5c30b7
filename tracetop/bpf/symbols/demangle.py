"""C++ names as their source has them, by the C++ runtime's own function where it is installed.

Owns: that one call. The privileged tracer process.
"""

import ctypes
from functools import cache

_MAX_SYMBOL_BYTES = 4096
"""A longer one, which nobody could read, is not worth what a hostile one may cost."""


@cache
def _runtime() -> tuple[ctypes.CDLL, ctypes.CDLL] | None:
    try:
        library, libc = ctypes.CDLL("libstdc++.so.6"), ctypes.CDLL(None)
    except OSError:
        return None
    library.__cxa_demangle.restype = ctypes.c_void_p
    library.__cxa_demangle.argtypes = [ctypes.c_char_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]
    libc.free.argtypes = [ctypes.c_void_p]
    return library, libc


def demangle(symbol: str) -> str:
    """Return ``ns::f(int)`` for ``_ZN2ns1fEi``; a symbol that is none of C++, or cannot be read, as it is."""
    runtime = _runtime() if symbol.startswith("_Z") and len(symbol) <= _MAX_SYMBOL_BYTES else None
    if runtime is None:
        return symbol
    library, libc = runtime
    spoken = library.__cxa_demangle(symbol.encode(errors="surrogateescape"), None, None, None)
    if not spoken:
        return symbol
    try:
        return ctypes.string_at(spoken).decode(errors="backslashreplace")
    finally:
        libc.free(spoken)
