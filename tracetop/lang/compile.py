"""The pipeline: the list of passes that turn a script into a `Program`.

Each pass is one module and one function from frozen data to frozen data; none looks back. What passes `check` can be
emitted, unless a clause needs more stack than BPF has.
"""

import traceback
from collections.abc import Callable
from dataclasses import replace

from tracetop.errors import TracetopError
from tracetop.lang.check.check import check
from tracetop.lang.emit.program import Emitted, emit
from tracetop.lang.functions import FUNCTIONS
from tracetop.lang.options import Options, read_settings
from tracetop.lang.parse.kept_args import put_in_args
from tracetop.lang.parse.macros import expand as expand_macros
from tracetop.lang.parse.parameters import substitute
from tracetop.lang.parse.parser import parse
from tracetop.lang.parse.script_options import fill_in, split
from tracetop.lang.plan.block_requests import key_by_request
from tracetop.lang.plan.plan import Plan, kernel_bytes, plan
from tracetop.lang.plan.program_sharing import number_hooks
from tracetop.lang.resolve import MAX_PROGRAMS, Ended, Wanted, expand, keep_ended
from tracetop.lang.source import Source
from tracetop.lang.vocabulary.directives import read_directives
from tracetop.model.header import read_header
from tracetop.model.kernel import Kernel
from tracetop.model.program import Program

MAX_MAP_BYTES = 1 << 30


Seen = Callable[[str, object], None]
"""Is shown what a pass has made: ``ast``, ``typed`` or ``c``, and the tree or text."""


def compile_script(
    text: str, name: str, kernel: Kernel, options: Options = Options(), seen: Seen | None = None
) -> Program:
    """Compile a script for a kernel; `name` is the file's stem. ScriptError, with place and hint, where it is wrong."""
    source = Source(name, text)
    try:
        return _compile(source, kernel, options, seen or (lambda _stage, _made: None))
    except RecursionError:
        raise source.error(
            0, "the script is too long an expression or too deeply nested", hint="split it with variables"
        ) from None
    except TracetopError:
        raise
    except Exception as error:  # what no pass foresaw must not end the process, where other scripts run
        raise TracetopError(
            f"{name}: the compiler failed on the script",
            why=f"{type(error).__name__}: {error}",
            hint="this is a bug in tracetop; please report it with the script",
            detail="".join(traceback.format_exception(error)),
        ) from error


def _compile(source: Source, kernel: Kernel, options: Options, seen: Seen) -> Program:
    header = read_header(source.text)
    directives = read_directives(source, header)
    if options.params is not None:
        positional, named = split(options.params)
        options = replace(options, params=positional, named=named)
    parsed = put_in_args(expand_macros(source, parse(source, kernel.arch)))
    script = substitute(source, fill_in(source, parsed, options.named), options.params)
    seen("ast", script)
    settings = read_settings(source, script, directives, kernel, options.environment)
    wanted = Wanted(
        optional=directives.optional,
        missing=settings.missing_probes,
        pid=options.pid,
        params=options.params,
        child=options.child,
        probe_filter=options.probe_filter,
        mode=options.mode,
    )
    expansion = expand(source, script, kernel, wanted)
    ended = Ended(expansion)
    if options.params is None and header.get("ended"):
        ended = keep_ended(source, expansion, header["ended"], kernel)
    checked, types = check(source, ended.expansion, kernel, FUNCTIONS, script.definitions, options, settings)
    seen("typed", checked)
    numbered, types = number_hooks(key_by_request(checked, kernel), types, kernel)
    tables = options.params is None  # in a pane calls have names; what `run` prints are the kernel's own numbers
    planned = plan(numbered, types, directives, settings.max_map_keys, kernel, tables=tables)
    _refuse_hoard(source, planned, kernel)
    emitted = emit(planned, source, tells_reads=options.tells_reads)
    _refuse_differing(source, emitted)
    seen("c", emitted.c_text)
    return Program(
        name=source.name,
        script=source.text,
        c_text=emitted.c_text,
        maps=tuple(planned_map.spec for planned_map in planned.maps.values()),
        probes=emitted.probes,
        actions=emitted.actions,
        header=header,
        stack_map="tt_kstacks" if "tt_kstacks" in emitted.stack_maps else "",
        stack_maps=emitted.stack_maps,
        callbacks=emitted.callbacks,
        ended=ended.maps,
        options={
            "print_maps_on_exit": str(settings.print_maps_on_exit),
            "max_cat_bytes": str(settings.max_cat_bytes),
        },
        notes=ended.expansion.notes + planned.notes,
    )


def _refuse_differing(source: Source, emitted: Emitted) -> None:
    """Refuse more programs than can be compiled in a few seconds; hooks whose programs are the same count once."""
    functions = {probe.function for probe in emitted.probes}
    if len(functions) > MAX_PROGRAMS:
        raise source.error(
            0,
            f"the script's probes need {len(functions)} programs, at most {MAX_PROGRAMS} are allowed",
            why="on each hook something else is to be done, so that each needs a program of its own",
            hint="write narrower wildcards, or leave out what differs between the hooks, such as comparisons of probe",
        )


def _refuse_hoard(source: Source, planned: Plan, kernel: Kernel) -> None:
    """Refuse maps that take too much of the kernel's memory, all of which they take when they are made."""
    taken = sum(kernel_bytes(planned_map.spec, kernel.cpus) for planned_map in planned.maps.values())
    if taken > MAX_MAP_BYTES:
        raise source.error(
            0,
            f"the script's {len(planned.maps)} maps take {taken >> 20} MiB, at most {MAX_MAP_BYTES >> 20} are allowed",
            why="the kernel sets the memory of a map aside when it is made, and it cannot be swapped out",
            hint="use fewer maps, or make them smaller: //! entries: 1024",
        )
