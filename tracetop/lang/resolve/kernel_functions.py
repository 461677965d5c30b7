"""Probes on functions of the kernel: kprobe, kretprobe, fentry, fexit.

Owns: their grammar and which functions there are. Refuses to own: how the kernel hooks one (`bpf`).
"""

from collections.abc import Iterable

from tracetop.lang.resolve.probe_syntax import is_wildcard
from tracetop.lang.resolve.request import Asked, Expand, MissingProbeError
from tracetop.lang.resolve.substitutes import substitute
from tracetop.lang.tree.hook import Hook
from tracetop.lang.vocabulary.literals import amount
from tracetop.model.kinds import Family, ProbeKind, ProgramType

_VMLINUX = "vmlinux"
_MAX_OFFSET = 1 << 24
_SAME_BEGIN = 4
"""Characters that a name shares with those that it is taken for a misspelling of: there are too many to compare all."""


def kernel_function(asked: Asked) -> list[Hook]:
    """``kprobe:FUNCTION``, with a module before it or ``+OFFSET`` after it; ``fentry:FUNCTION`` and their returns."""
    why = asked.kernel.refuses(asked.kind)
    if not 1 <= len(asked.parts) <= 2 or not all(asked.parts):
        raise asked.malformed(f"{asked.kind}:FUNCTION or {asked.kind}:MODULE:FUNCTION")
    module = asked.parts[0] if len(asked.parts) == 2 else ""
    name, offset = _offset(asked, asked.parts[-1])
    if why:
        raise asked.refused(why, substitute(name, asked.kind, asked.kernel))
    if module == "bpf":
        raise asked.error("probes on BPF programs are not supported", hint="trace the function that the program is on")
    names = [name]
    if is_wildcard(name):
        names = asked.matching(name, asked.kernel.function_names(), "kernel function")
    if asked.kind.facts.program is ProgramType.TRACING:
        return _trampolines(asked, names, module)
    return _breakpoints(asked, names, module, offset)


def _trampolines(asked: Asked, names: list[str], module: str) -> list[Hook]:
    """Return the hooks of fentry and fexit: only functions that BTF describes can have them."""
    hooks = []
    for name in names:
        function = asked.kernel.function(name, module)
        if function is not None:
            full = f"{asked.kind}:{function.module}:{name}"
            hooks.append(Hook(asked.kind, full, event=name, target=function.module, function=function))
    if not hooks:
        raise _unknown(asked, names[0])
    return hooks


def _breakpoints(asked: Asked, names: list[str], module: str, offset: int) -> list[Hook]:
    known = frozenset(asked.kernel.function_names())
    hooks = []
    for name in names:
        function = asked.kernel.function(name, module)
        # Where the kernel lists its functions, one that is not there was inlined or may not be traced.
        if known and name not in known and function is None:
            continue
        if module and module != _VMLINUX and function is None and asked.kernel.function(name) is not None:
            continue
        where = f"{module}:{name}" if module else name
        full = f"{asked.kind}:{where}" + (f"+{offset}" if offset else "")
        target = "" if module == _VMLINUX else module
        hooks.append(Hook(asked.kind, full, event=name, target=target, offset=offset, function=function))
    if not hooks:
        raise _unknown(asked, names[0])
    return hooks


def _unknown(asked: Asked, name: str) -> MissingProbeError:
    names = asked.kernel.function_names()
    module = f" in module {asked.parts[0]}" if len(asked.parts) == 2 else ""
    is_traced = asked.kind.facts.program is ProgramType.TRACING
    if is_traced and name in names and asked.kernel.function(name) is None:
        raise asked.refused(
            f"it does not describe the parameters of {name}, as before Linux 5.11 of no module's function",
            f"use {'kretprobe' if asked.kind.facts.returns else 'kprobe'}:{name}",
        )
    return asked.missing(
        "kernel function",
        name,
        near(name, names),
        where=module,
        why="the kernel has no function of that name, or it is inlined, or it may not be traced",
        hint=f"see `tracetop list '{asked.kind}:*{name[:_SAME_BEGIN]}*'`",
    )


def near(name: str, names: Iterable[str]) -> list[str]:
    """Return the names that are worth a comparison with a misspelt one."""
    return [other for other in names if other[:_SAME_BEGIN] == name[:_SAME_BEGIN]]


def _offset(asked: Asked, text: str) -> tuple[str, int]:
    name, plus, number = text.partition("+")
    if not plus:
        return name, 0
    offset = amount(number)
    if asked.kind is not ProbeKind.KPROBE:
        raise asked.error(f"{asked.kind} takes no offset", hint=f"write {asked.kind}:{name}, or kprobe:{text}")
    if not name or is_wildcard(name) or offset is None or offset > _MAX_OFFSET:
        raise asked.malformed("kprobe:FUNCTION+OFFSET, e.g. kprobe:do_sys_openat2+9")
    return name, offset


EXPANSIONS: dict[ProbeKind, Expand] = {
    kind: kernel_function for kind in ProbeKind if kind.facts.family is Family.FUNCTION
}
