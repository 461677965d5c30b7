"""How a value lies in the bytes that a program writes: for a map's key and value, and for what it sends.

Owns: the description that the compiler hands to whoever decodes such bytes. Refuses to own: names of numbers
(symbols, users), which only the machine that traces knows. Frozen; travels with the `Program`.
"""

from enum import StrEnum

import msgspec


class Shape(StrEnum):
    """What the bytes of a value are. Sizes in bytes; integers in host byte order."""

    INTEGER = "integer"
    BOOL = "bool"
    ENUM = "enum"
    """An integer with `names` for some of its values."""
    POINTER = "pointer"
    """An address; printed in hex."""
    STRING = "string"
    """Text up to the first NUL, padded with NULs; where it fills its bytes, `text` is shown after it."""
    BUFFER = "buffer"
    """u32 length, then that many bytes; padded with NULs."""
    TUPLE = "tuple"
    """`parts`, each at its offset."""
    STRUCT = "struct"
    """`parts` with names."""
    ARRAY = "array"
    """`count` times `element`."""
    FLOAT = "float"
    """A floating-point number, which BPF does not have: printed as ``null``."""
    KSYM = "ksym"
    """u64 address in the kernel."""
    USYM = "usym"
    """u64 address, u32 pid, u32 zero."""
    KSTACK = "kstack"
    """s32 id in the stack map `map`; negative: lost (-EEXIST, -EFAULT)."""
    USTACK = "ustack"
    """s32 id in the stack map `map`, u32 pid."""
    INET = "inet"
    """u32 address family, then 16 bytes of address (4 of them for AF_INET)."""
    MAC = "mac"
    """6 bytes."""
    USERNAME = "username"
    """u32 uid."""
    STRFTIME = "strftime"
    """u64 nanoseconds since boot; `text` is the format."""
    COMM = "comm"
    """u64 pid, then 16 bytes: the name of the process where it was the current one, else none, to be looked up."""
    SYSCALL = "syscall"
    """s32 number of a system call, shown as its name."""
    CGROUP_PATH = "cgroup_path"
    """u64 cgroup id; `text` is a wildcard for the hierarchies, empty for all."""
    ERROR = "error"
    """u64 errno, printed as its text."""
    TSERIES = "tseries"


class ValueType(msgspec.Struct, frozen=True, kw_only=True):
    """The layout of one value."""

    shape: Shape = Shape.INTEGER
    size: int = 8
    signed: bool = True
    parts: tuple["ValuePart", ...] = ()
    element: "ValueType | None" = None
    count: int = 0
    names: dict[int, str] = {}
    text: str = ""
    """STRFTIME: the format. KSTACK and USTACK: the mode, ``bpftrace``, ``perf`` or ``raw``.

    STRING: what shows that it was cut.
    """
    map: str = ""
    """KSTACK and USTACK: the stack map's C name."""
    depth: int = 0
    """KSTACK and USTACK: the most frames that are shown."""
    own: bool = False
    """STRING: the script's own words, printed as they are; all other text comes from what is traced."""


class ValuePart(msgspec.Struct, frozen=True, kw_only=True):
    """A member of a tuple or struct; `offset` bytes from its start. `bits` is a bit-field's width, else 0."""

    name: str = ""
    offset: int
    type: ValueType
    bit_offset: int = 0
    bits: int = 0


INTEGER = ValueType()
