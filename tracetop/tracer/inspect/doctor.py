"""What this machine can trace: the checks, then every script that tracetop ships, compiled, loaded and attached.

Owns: that order, and where to stop: without rights, what follows would only repeat the cause. Runs in the process that
answers one question.
"""

import time
from collections.abc import Iterator

from msgspec.structs import replace

from tracetop.bpf import CapturedOutput, Loaded, RunningKernel
from tracetop.errors import ExitCode, TracetopError
from tracetop.lang import compile_script
from tracetop.library import DEFAULT, Library, PaneScript
from tracetop.model.abi.control import SAMPLE_NONE, pack_control
from tracetop.model.filter import Filter
from tracetop.model.wire.inquiries import Finding, Verdict
from tracetop.tracer.inspect.checks import attempt, bad, examine_machine, examine_rights

_SMALLEST = "interval:s:1 { @ = count(); }"


def examine(kernel: RunningKernel) -> Iterator[Finding]:
    """Yield the findings, in an order in which the first BAD one is the cause of those after it."""
    output = CapturedOutput()  # what libbcc prints is not part of the answer
    try:
        allowed = True
        for finding in examine_rights(kernel):
            yield finding
            allowed = allowed and finding.verdict is not Verdict.BAD
        if not allowed:
            yield _untried("everything else", "this process may not trace")
            return
        able = True
        for finding in examine_machine(kernel):
            yield finding
            able = able and finding.verdict is not Verdict.BAD
        compiler = attempt("compiler", "compiling and loading", lambda: _try(_SMALLEST, "smallest", kernel))
        yield compiler
        if compiler.verdict is Verdict.BAD:
            yield _untried("the scripts", "none can be compiled")
            return
        library = Library()
        for pane in library.panes():
            for script in library.scripts(pane):
                if script.text:
                    yield _script(script, kernel)
    finally:
        output.restore()


def _script(script: PaneScript, kernel: RunningKernel) -> Finding:
    """Return whether a script runs; one that is not of the default dashboard is not a fault of the machine."""
    kind = "pane" if script.pane in DEFAULT else "script"
    name = script.name if script.name == script.pane else f"{script.pane} {script.name}"
    id_, title = f"{kind}:{script.name}", f"{kind} {name}"
    try:
        detail = _try(script.text, script.name, kernel)
    except TracetopError as error:
        finding = bad(id_, title, error.diagnostic)
        return finding if kind == "pane" else replace(finding, verdict=Verdict.NONE, code=ExitCode.OK)
    return Finding(id=id_, title=title, verdict=Verdict.GOOD, detail=detail)


def _try(text: str, name: str, kernel: RunningKernel) -> str:
    """Compile, load and attach a script for a moment in which it counts nothing; return how that went."""
    begun_s = time.monotonic()
    loaded = Loaded.load(compile_script(text, name, kernel))
    try:
        loaded.set_control(pack_control(Filter(), (), SAMPLE_NONE))
        loaded.attach()
        elapsed_ms = 1000 * (time.monotonic() - begun_s)
        left_out = [note for note in loaded.program.notes if note.startswith("left out")]
        return "; ".join([f"runs, loaded in {elapsed_ms:.0f} ms", *left_out, *loaded.notes])
    finally:
        loaded.close()


def _untried(title: str, why: str) -> Finding:
    hint = "do what stands above first"
    return Finding(id="untried", title=title, verdict=Verdict.NONE, detail="not tried", why=why, hint=hint)
