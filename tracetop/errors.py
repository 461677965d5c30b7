"""The one tree of errors, and the Diagnostic that each of them carries.

Owns: what an error says (what, where, why, what to do), the nearest known name that most hints are, and which exit
code it becomes. Refuses to own: how it is drawn; the readers do that. Used by every layer and by both processes, so it
imports nothing of tracetop.
"""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from enum import IntEnum

import msgspec

_LONG_WORD = re.compile(r"\S{257,}")
"""What no path or name of common size is: a script may have words of any length, and errors quote them."""
_LONGEST_PART = 2000
"""Characters of a part of an error."""


class ExitCode(IntEnum):
    """Exit codes of every tracetop command; a signal's is 128 + its number."""

    OK = 0
    INTERNAL = 1
    """A bug in tracetop, or output that cannot be written."""
    USAGE = 2
    """The command line is wrong: an unknown option, pane, unit or file."""
    SCRIPT = 3
    """A script does not parse, does not type-check, or the kernel's verifier refuses it."""
    PRIVILEGE = 4
    """Neither root nor a way to become it, or a capability is missing."""
    KERNEL = 5
    """The kernel lacks or locks what is needed: no BPF, no BTF, no tracefs, lockdown."""
    INSTALL = 6
    """The distribution's BCC is missing or is not the real one."""
    TRACER = 7
    """The tracer process died or stopped answering."""


class Diagnostic(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that went wrong, in four short parts; `what` and `hint` are always there."""

    what: str
    """One line: what does not work, e.g. ``unknown tracepoint raw_syscalls:sys_entr``."""
    why: str = ""
    """One line: the cause, e.g. ``this kernel has no event of that name``."""
    hint: str
    """One line: what to do about it, e.g. ``did you mean raw_syscalls:sys_enter?``."""
    where: str = ""
    """Source and place, e.g. ``latency.bt:3:14``; empty where there is none."""
    excerpt: str = ""
    """Two lines, the source line and a caret under the place; empty where there is none."""
    at: int = 0
    """Offset of the place in the script's text; 0 where there is none."""
    code: ExitCode = ExitCode.INTERNAL
    detail: str = ""
    """Longer text for the log, such as the verifier's; may have many lines."""

    def text(self) -> str:
        """Return the parts as up to five lines of plain text (unescaped: a sink escapes what it prints)."""
        head = _one_line(f"{self.where}: {self.what}" if self.where else self.what)
        rest = [_one_line(f"{name}: {text}") for name, text in (("why", self.why), ("hint", self.hint)) if text]
        return "\n".join(line for line in (head, self.excerpt, *rest) if line)


def _one_line(text: str) -> str:
    """Return a part of a diagnostic whose newlines, as a file's name may have them, begin no line."""
    return text.replace("\n", "\\n")


def _short(text: str) -> str:
    """Return a part of an error, its long words and itself cut in the middle with … for what is left out."""
    words = _LONG_WORD.sub(lambda word: f"{word[0][:128]}…{word[0][-64:]}", text)
    half = _LONGEST_PART // 2
    return words if len(words) <= _LONGEST_PART else f"{words[:half]}…{words[-half:]}"


class TracetopError(Exception):
    """Base of every error that tracetop raises on purpose."""

    code = ExitCode.INTERNAL

    def __init__(
        self,
        what: str,
        *,
        hint: str,
        why: str = "",
        where: str = "",
        excerpt: str = "",
        at: int = 0,
        detail: str = "",
    ):
        what, why, hint = _short(what), _short(why), _short(hint)
        super().__init__(what)
        self.diagnostic = Diagnostic(
            what=what, why=why, hint=hint, where=where, excerpt=excerpt, at=at, detail=detail, code=type(self).code
        )


class UsageError(TracetopError):
    """The command line, or a value typed on the screen, is wrong."""

    code = ExitCode.USAGE


class ScriptError(TracetopError):
    """A script does not parse or does not type-check; the diagnostic has the place."""

    code = ExitCode.SCRIPT


class VerifierError(ScriptError):
    """The kernel's verifier, or the C compiler, refused the program made from a script."""


class PrivilegeError(TracetopError):
    """The process may not load BPF programs."""

    code = ExitCode.PRIVILEGE


class KernelError(TracetopError):
    """The kernel cannot do what is asked."""

    code = ExitCode.KERNEL


class InstallError(TracetopError):
    """Something that the distribution ships is not installed."""

    code = ExitCode.INSTALL


class TracerError(TracetopError):
    """The tracer process died, hung, or spoke nonsense."""

    code = ExitCode.TRACER


def nearest(name: str, known: Iterable[str], likeness: float = 0.6) -> str:
    """Return the known name most like `name`, or an empty string where none is like it.

    `likeness` is the share of letters that must agree, from 0 to 1.
    """
    matches = get_close_matches(name, list(known), n=1, cutoff=likeness)
    return matches[0] if matches else ""


def did_you_mean(name: str, known: Iterable[str], otherwise: str) -> str:
    """Return ``did you mean X?``, or `otherwise` where no known name is near."""
    match = nearest(name, known)
    return f"did you mean {match}?" if match else otherwise
