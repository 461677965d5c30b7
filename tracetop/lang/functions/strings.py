"""Functions that make strings: ``str``."""

from collections.abc import Callable

from tracetop.lang import syntax, typed
from tracetop.lang.scope import Scope
from tracetop.lang.types import STRING_BYTES, string
from tracetop.model.program import ProbeKind

MAX_STRING_BYTES = 128
"""A string lies on the BPF stack, which has 512 bytes."""
ValueFunction = Callable[[Scope, syntax.Call, tuple[typed.Expr, ...]], typed.Expr]
"""From the call with its checked arguments to its value."""


def _str(scope: Scope, call: syntax.Call, arguments: tuple[typed.Expr, ...]) -> typed.Expr:
    if len(arguments) not in (1, 2):
        raise scope.error(call.at, "str() takes a pointer and perhaps a length", mend="write str(args.filename)")
    pointer = arguments[0]
    if not pointer.type.is_integer:
        raise scope.error(call.arguments[0].at, "this is a string already", mend="leave str() away")
    size = STRING_BYTES
    if len(arguments) == 2:
        length = arguments[1]
        if not isinstance(length, typed.Const) or not 1 <= length.value <= MAX_STRING_BYTES:
            raise scope.error(
                call.arguments[1].at, "str()'s length must be a small number", mend=f"write 1 to {MAX_STRING_BYTES}"
            )
        size = (length.value + 7) & ~7
    # Pointers in records of other tracepoints are the kernel's own.
    user = scope.hook.kind is not ProbeKind.TRACEPOINT or scope.hook.category in ("syscalls", "raw_syscalls")
    return typed.StringAt(pointer, user, string(size))


STRING_FUNCTIONS: dict[str, ValueFunction] = {"str": _str}
