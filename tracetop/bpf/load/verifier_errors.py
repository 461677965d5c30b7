"""Why clang or the kernel refused a program: one telling line out of pages, as the error that a reader is shown.

Owns: the text that both print. Refuses to own: the calls that made them print. Pure.
"""

import errno
import os
import re

from tracetop.errors import KernelError, PrivilegeError, VerifierError
from tracetop.model.abi.relocations import HelperId
from tracetop.model.program import ProbeSpec, Program

_HELPERS: dict[int, tuple[str, str]] = {
    HelperId.FOR_EACH_MAP_ELEM: ("for loops over maps", "5.13"),
    HelperId.LOOP: ("while and for loops", "5.17"),
    HelperId.MAP_LOOKUP_PERCPU_ELEM: ("for loops over maps of which each CPU keeps a part", "5.19"),
}
"""What a script cannot do on a kernel without the helper, and the Linux that first had it."""
_NO_CALLBACKS = ("number of funcs in func_info doesn't match", "unrecognized bpf_ld_imm64 insn")
"""What a verifier that knows no callbacks (before v5.13) says of a program with one."""
_HINT_REFUSED = "simplify the script, or report it: the compiler should not emit what the kernel refuses"


def refused_text(program: Program, printed: str) -> KernelError | PrivilegeError | VerifierError:
    """Say why BCC gave up, from what it printed."""
    map_failure = re.search(r"could not open bpf map: (.*)", printed)
    if map_failure and "not permitted" in map_failure[1]:
        return not_permitted(f"create the maps of {program.name}", map_failure[1])
    if map_failure:
        what, hint = "the kernel refuses a map", "the kernel's log (dmesg) may say more"
        if map_failure[1].startswith("tt_events,"):
            what = "this kernel has no ring buffer, through which scripts print"
            hint = "use Linux 5.8 or newer; without printf, print, clear, zero, exit and such the script can run here"
        return KernelError(f"{program.name}: {what}", why=map_failure[1], hint=hint, detail=printed)
    return VerifierError(
        f"{program.name}: the C compiler refuses the script",
        why=clang_reason(printed),
        hint=_HINT_REFUSED,
        detail=printed,
    )


def refused_function(
    probe: ProbeSpec, program: Program, code: int, log: str
) -> KernelError | PrivilegeError | VerifierError:
    """Say why the kernel took a function's program not in, from the errno and the verifier's log."""
    what = f"{program.name}: the kernel refuses the program of {', '.join(probe.names)}"
    missing = _missing_helper(program, log, f"{program.name}.bt:{probe.line}")
    if missing is not None:
        return missing
    reason = verifier_reason(log)
    where = f"{program.name}.bt:{probe.line}"
    if code == errno.E2BIG:
        # libbcc asks for no log then: what is too long is the verifier's walk, not one instruction.
        reason = "the program has too many instructions, or a loop with too many rounds, for the verifier"
    if reason:
        return VerifierError(what, why=reason, hint=_HINT_REFUSED, where=where, detail=log)
    if code in (errno.EPERM, errno.EACCES):
        return not_permitted(f"load the program of {', '.join(probe.names)}", os.strerror(code))
    return KernelError(
        what, why=os.strerror(code), hint="the kernel's log (dmesg) may say more", where=where, detail=log
    )


def _missing_helper(program: Program, log: str, where: str) -> KernelError | None:
    """Return the error of a program that calls a helper which this kernel has not, None for any other refusal."""
    unknown = re.search(r"(?:unknown|invalid) func (\S+)#(\d+)", log)
    number = int(unknown[2]) if unknown else HelperId.LOOP if any(words in log for words in _NO_CALLBACKS) else 0
    if not number:
        return None
    if number in _HELPERS:
        what, since = _HELPERS[number]
        why, hint = f"it has no helper bpf_{HelperId(number).name.lower()}", f"use Linux {since} or newer"
    else:
        name = unknown[1] if unknown and unknown[1] != "unknown" else f"number {number}"
        what, why = "a part of the script", f"it has no helper {name}, or not for this kind of probe"
        hint = "use a newer Linux, another kind of probe, or leave that part out"
    return KernelError(f"{program.name}: this kernel cannot do {what}", why=why, hint=hint, where=where, detail=log)


def not_permitted(what: str, why: str) -> PrivilegeError:
    """Return the error of a bpf(2) call that was answered with EPERM."""
    return PrivilegeError(f"not permitted to {what}", why=why, hint="run as root of the machine, not of a container")


def clang_reason(printed: str) -> str:
    """Return clang's first error as one line: its line of the C text, and the message."""
    error = re.search(r"^(?:[^\n:]*:(\d+):\d+: )?(?:fatal )?error: (.*)$", printed, re.MULTILINE)
    if error:
        return f"line {error[1]} of the C text: {error[2]}" if error[1] else error[2]
    lines = [line for line in printed.splitlines() if line.strip()]
    return lines[-1].strip() if lines else "no reason given"


def verifier_reason(log: str) -> str:
    """Return the verifier's last word, and the C line that it was at where the log has one; empty for no log."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    words = [line for line in lines if not re.match(r"processed \d+ insns|verification time|stack depth", line)]
    if not words:
        return ""
    source = next((line[1:].split(" @ ")[0].strip() for line in reversed(words) if line.startswith(";")), "")
    return f"{words[-1]} (at: {source})" if source else words[-1]
