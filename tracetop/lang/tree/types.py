"""The types of values: what they are made of, how wide, and what they mean (role, unit).

Pure data. How two of them are joined is in `tree.joining`; how a type of C becomes one of these, and how one lies in
bytes for whoever decodes it, in `ctypes.value_types`.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from tracetop.model.ctype import CType
from tracetop.model.program import KeyRole, Unit
from tracetop.model.value import Shape

STRING_BYTES = 1024
"""Room for a string whose length only the event knows (``str()``, ``__data_loc``); see ``max_strlen``."""
_SCALAR_SIZES = (1, 2, 4, 8)
_ALIGN_8 = 8


class Form(StrEnum):
    """What a value is made of."""

    INTEGER = "integer"
    STRING = "string"
    POINTER = "pointer"
    """An address of what `Type.c` is."""
    RECORD = "record"
    """A struct or union, where it lies: `Type.c` says which."""
    ARRAY = "array"
    """Elements side by side: `Type.c` is the array's C type."""
    TUPLE = "tuple"
    BUFFER = "buffer"
    OPAQUE = "opaque"
    """Something that is only printed or is a key, such as a symbol or a stack: `Type.shape` says what."""
    NONE = "none"
    """What a call without a value gives."""
    UNKNOWN = "unknown"
    """A map's value before the pass that learns it; nothing is checked against it."""


@dataclass(frozen=True, kw_only=True)
class Type:
    """The type of one value."""

    form: Form = Form.INTEGER
    size: int = 8
    """Bytes that it takes where it lies in memory; arithmetic is always done in 64 bits."""
    signed: bool = True
    plain: bool = False
    """A number that is spelt out and not negative, or a copy of one: it takes the sign of what it is joined with."""
    role: KeyRole = KeyRole.INTEGER
    unit: Unit = Unit.NONE
    stamp: bool = False
    """A point in time (`nsecs`): the difference of two is a duration in nanoseconds."""
    shape: Shape = Shape.INTEGER
    """How it is printed, where the form leaves that open: of integers (bool, enum) and opaque values."""
    c: CType | None = None
    """Of a pointer what it points to; of a record, array or enum its C type."""
    to: "Type | None" = None
    """Of a pointer to what the script holds itself, a variable or map, what that is."""
    user: bool | None = None
    """Of a pointer, record or array: in the memory of the process; None where only the event knows."""
    parts: tuple["Type", ...] = ()
    """Of a tuple."""
    names: tuple[str, ...] = ()
    """Of a tuple that is a record, what each part is called."""
    text: str = ""
    """Of a STRFTIME its format, of a stack its mode, of a string what is shown after it where it fills its room."""
    depth: int = 0
    """Of a stack: the most frames that are shown."""
    exact: int = 0
    """Of a string that is spelt out, its bytes with the NUL: `size` is rounded up. 0 where there is no such length."""
    own: bool = False
    """Of a string: nothing but what the script itself spells out, so that a newline in it is the script's."""

    @property
    def is_integer(self) -> bool:
        """True for what can be counted with."""
        return self.form in (Form.INTEGER, Form.POINTER, Form.UNKNOWN)

    @property
    def is_scalar(self) -> bool:
        """True for what fits into a register; all else lies in memory."""
        return self.is_integer or (
            self.form is Form.OPAQUE and self.size in _SCALAR_SIZES and self.shape is not Shape.USTACK
        )

    @property
    def align(self) -> int:
        """Bytes that its place in a key or record is a multiple of."""
        if self.form is Form.STRING:
            return 1
        return self.size if self.is_scalar else _ALIGN_8


UNKNOWN = Type(form=Form.UNKNOWN, plain=True)
NONE = Type(form=Form.NONE, size=0)
INT64 = Type()
UINT64 = Type(signed=False)
BOOL = Type(size=1, signed=False, shape=Shape.BOOL, plain=True)
NSECS = Type(signed=False, stamp=True)


def literal(value: int) -> Type:
    """Return the type of a number that is spelt out: signed and as narrow as holds it."""
    size = next((size for size in _SCALAR_SIZES if -(1 << 8 * size - 1) <= value < 1 << 8 * size - 1), 8)
    return Type(size=size, signed=value < 1 << 63, plain=0 <= value < 1 << 63)


def string(size: int, role: KeyRole = KeyRole.STRING, *, cut: str = "") -> Type:
    """Return the type of strings of at most `size` bytes; one of so many has no NUL.

    `cut`: what is shown after such a one, because more of it may have been left out.
    """
    return Type(form=Form.STRING, size=size, signed=False, role=role, shape=Shape.STRING, text=cut)


def text_type(data: bytes) -> Type:
    """Return the type of a text that is spelt out: room for it and its NUL, a multiple of 8 bytes."""
    return replace(string(-(-(len(data) + 1) // _ALIGN_8) * _ALIGN_8), own=True, exact=len(data) + 1)


def opaque(shape: Shape, size: int, role: KeyRole = KeyRole.STRING, *, text: str = "", depth: int = 0) -> Type:
    """Return the type of values that are only printed."""
    return Type(form=Form.OPAQUE, size=size, signed=False, role=role, shape=shape, text=text, depth=depth)


def tuple_of(parts: tuple[Type, ...], names: tuple[str, ...] = ()) -> Type:
    """Return the type of a tuple, or of a record with such names; its parts are laid out by `tuple_offsets`."""
    size, shape = tuple_offsets(parts)[1], Shape.STRUCT if names else Shape.TUPLE
    return Type(form=Form.TUPLE, size=size, signed=False, parts=parts, names=names, shape=shape)


def tuple_offsets(parts: tuple[Type, ...]) -> tuple[tuple[int, ...], int]:
    """Return where each part of a tuple lies, naturally aligned, and the size of the whole, a multiple of 8."""
    offsets: list[int] = []
    end = 0
    for part in parts:
        offset = -(-end // part.align) * part.align
        offsets.append(offset)
        end = offset + part.size
    return tuple(offsets), -(-end // _ALIGN_8) * _ALIGN_8


def pointer_to(type_: Type) -> Type:
    """Return the type of addresses of what a script holds itself."""
    return Type(form=Form.POINTER, signed=False, to=replace(type_, user=False), user=False, shape=Shape.POINTER)


def pointer(to: CType, *, user: bool | None = None) -> Type:
    """Return the type of addresses of such things."""
    return Type(form=Form.POINTER, signed=False, c=to, user=user, shape=Shape.POINTER)


def spoken(type_: Type) -> str:
    """Return what a value of the type is called in an error."""
    match type_.form:
        case Form.STRING:
            return "a string"
        case Form.POINTER:
            return "a pointer"
        case Form.RECORD:
            return f"a {type_.c.kind.value} {type_.c.name.partition('@')[0]}" if type_.c else "a struct"
        case Form.ARRAY:
            return "an array"
        case Form.TUPLE:
            return f"a record of {', '.join(type_.names)}" if type_.names else f"a tuple of {len(type_.parts)}"
        case Form.BUFFER:
            return "a buffer"
        case Form.OPAQUE:
            return f"a {type_.shape.value}"
        case Form.NONE:
            return "nothing"
        case _:
            return "an integer"
