"""A script's positional parameters, from what a user wrote to the numbers that programs read. Tracer."""

from tracetop.errors import UsageError
from tracetop.model.control import PARAMS
from tracetop.probes import PaneScript
from tracetop.tracer.syscalls import SyscallNames

_NOT_64_BITS = 1 << 63


def numbers(params: tuple[str, ...], script: PaneScript, syscalls: SyscallNames) -> tuple[int, ...]:
    """Return the parameters as the programs read them. UsageError where they cannot."""
    if len(params) > PARAMS:
        raise UsageError(f"{len(params)} parameters", why=f"a script has at most {PARAMS}", mend="leave the others out")
    return tuple(_number(text, script, syscalls) for text in params)


def _number(text: str, script: PaneScript, syscalls: SyscallNames) -> int:
    if script.variant.parameter == "syscall":
        number = syscalls.number(text)
    else:
        try:
            number = int(text, 0)
        except ValueError:
            number = _NOT_64_BITS
    if not -(1 << 63) <= number < 1 << 63:
        raise UsageError(
            f"not a number: {text}",
            why=f"the parameters of {script.name} are whole numbers of 64 bits",
            mend="write one such as 4096 or 0x1000",
        )
    return number
