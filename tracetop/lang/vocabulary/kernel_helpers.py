"""What a script needs of the kernel beyond its probes: helpers that came later than the least that is supported."""

from msgspec.structs import replace

from tracetop.errors import ExitCode
from tracetop.lang.source import Source
from tracetop.model.abi.relocations import HelperId
from tracetop.model.kernel import Kernel, lacks_helper

_SINCE = {HelperId.FOR_EACH_MAP_ELEM: "5.13", HelperId.LOOP: "5.17", HelperId.MAP_LOOKUP_PERCPU_ELEM: "5.19"}
"""The Linux that first had each."""


def needs_helper(kernel: Kernel, source: Source, at: int, helper: HelperId, what: str, instead: str) -> None:
    """Raise ScriptError where the kernel lacks a helper that `what` at offset `at` takes.

    `instead` says what the script can do.
    """
    if not lacks_helper(kernel, helper):
        return
    error = source.error(
        at,
        f"{what} cannot be done on this kernel",
        why=f"it has no helper bpf_{helper.name.lower()}, which Linux {_SINCE[helper]} has",
        hint=instead,
    )
    error.diagnostic = replace(error.diagnostic, code=ExitCode.KERNEL)  # the script is right
    raise error
