"""Static probes of programs and libraries: usdt.

Owns: their grammar, and which places of which binaries a name stands for. A probe that the compiler put in several
places, by inlining, is as many hooks, since each has its arguments elsewhere.
"""

from fnmatch import fnmatchcase

from tracetop.errors import KernelError
from tracetop.lang.resolve.request import MAX_PROBES, Asked, Expand, MissingProbeError
from tracetop.lang.resolve.usdt_arguments import parse_arguments
from tracetop.lang.resolve.user_functions import find_binaries
from tracetop.lang.tree.hook import Hook
from tracetop.lang.vocabulary.suggest import nearest
from tracetop.model.kernel import UsdtProbe
from tracetop.model.kinds import ProbeKind


def usdt(asked: Asked) -> list[Hook]:
    """``usdt:BINARY:PROVIDER:NAME`` or ``usdt:BINARY:NAME``; with a process named, the binary may be left out."""
    binary, provider, name = _parts(asked)
    pattern = f"{provider or '*'}:{name}"
    hooks: list[Hook] = []
    known: set[str] = set()
    errors: list[MissingProbeError] = []
    for path in find_binaries(asked, binary):
        try:
            probes = asked.kernel.usdt_probes(path)
        except KernelError as error:
            errors.append(asked.unreadable(error))
            continue
        for probe in probes:
            full = f"{probe.provider}:{probe.name}"
            known.add(full)
            if fnmatchcase(full, pattern):
                hooks.append(_hook(asked, path, probe))
        if len(hooks) > MAX_PROBES:
            raise asked.flood(len(hooks))
    if hooks:
        return hooks
    if errors and not known:
        raise errors[0]
    raise _unknown(asked, f"{provider}:{name}" if provider else name, known)


def _parts(asked: Asked) -> tuple[str, str, str]:
    """Return (binary, provider or empty, name)."""
    parts = asked.parts
    if len(parts) == 3 and parts[0] and parts[2]:
        return parts[0], parts[1], parts[2]
    if len(parts) == 2 and all(parts):
        if asked.pid and "/" not in parts[0] and asked.kernel.binary(parts[0], asked.pid) is None:
            return "*", parts[0], parts[1]
        return parts[0], "", parts[1]
    if len(parts) == 1 and parts[0] and asked.pid:
        return "*", "", parts[0]
    raise asked.malformed("usdt:BINARY:PROVIDER:NAME or usdt:BINARY:NAME; without BINARY name a process with -p")


def _hook(asked: Asked, path: str, probe: UsdtProbe) -> Hook:
    event = f"{probe.provider}:{probe.name}"
    return Hook(
        asked.kind,
        f"usdt:{path}:{event}",
        event=event,
        target=path,
        offset=probe.offset,
        semaphore=probe.semaphore,
        pid=asked.user_pid,
        arguments=parse_arguments(probe.arguments, asked.kernel.arch),
    )


def _unknown(asked: Asked, name: str, known: set[str]) -> MissingProbeError:
    full_names = {full if ":" in name else full.partition(":")[2]: full for full in sorted(known, reverse=True)}
    match = nearest(name, full_names)
    suggestion = f"did you mean {full_names[match]}?" if match else ""
    some = ", ".join(sorted(known)[:5]) + (", …" if len(known) > 5 else "")
    return asked.missing(
        "static probe",
        name,
        (),
        why="the binary has no static probe of that name" if known else "the binary has no static probes",
        hint=suggestion or (f"it has {some}" if known else "use uprobe on one of its functions"),
    )


EXPANSIONS: dict[ProbeKind, Expand] = {ProbeKind.USDT: usdt}
