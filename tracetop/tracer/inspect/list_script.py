"""Which probes a script would be on: what ``tracetop list -e`` and ``list FILE`` print. Loads the grammar, not BCC."""

from collections.abc import Iterator

from tracetop.bpf import RunningKernel
from tracetop.lang import Hook, Options, script_hooks
from tracetop.model.kinds import Family, ProbeKind
from tracetop.model.wire.inquiries import Entry, Listing, ListScript, Remark
from tracetop.tracer.inspect.argument_lines import argument_lines, parameter_lines
from tracetop.tracer.inspect.list_probes import in_batches


def list_script(question: ListScript, kernel: RunningKernel) -> Iterator[Listing | Remark]:
    """Yield the probes of a script, each once. ScriptError for a script that is wrong."""
    options = Options(params=question.params, pid=question.pid)
    hooks, notes = script_hooks(question.script, question.name, kernel, options)
    yield from map(Remark, notes)
    yield from in_batches(_entries(hooks, kernel, verbose=question.verbose), set())


def _entries(hooks: tuple[Hook, ...], kernel: RunningKernel, *, verbose: bool) -> Iterator[Entry]:
    for hook in hooks:
        name, family = hook.name, hook.kind.facts.family
        if family is Family.ONCE:
            continue
        if family in (Family.TIMER, Family.COUNTER) and not hook.kind.facts.written:
            name = ":".join((*name.split(":")[:2], ""))  # as it is listed without a script
        lines: tuple[str, ...] = ()
        if verbose and hook.kind is ProbeKind.UPROBE:
            (lines,) = parameter_lines(hook.target, (hook.offset,), kernel)
        elif verbose and family is not Family.USER:
            lines = argument_lines(hook.kind, name, kernel)
        yield Entry(name, lines)
