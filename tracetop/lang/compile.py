"""The pipeline: the list of passes that turn a script into a `Program`.

Each pass is one module and one function from frozen data to frozen data; none looks back. What passes `check` can be
emitted, unless a clause needs more stack than BPF has.
"""

from tracetop.lang.check import check
from tracetop.lang.emit import emit
from tracetop.lang.header import read_directives, read_header
from tracetop.lang.parser import parse
from tracetop.lang.plan import plan
from tracetop.lang.probes import expand
from tracetop.lang.source import Source
from tracetop.model.kernel import Kernel
from tracetop.model.program import Program


def compile_script(text: str, name: str, kernel: Kernel) -> Program:
    """Compile a script for a kernel; `name` is the file's stem. ScriptError, with place and mend, where it is wrong."""
    source = Source(name, text)
    try:
        return _compile(source, kernel)
    except RecursionError:
        raise source.error(
            0, "the script is too long an expression or too deeply nested", mend="split it with variables"
        ) from None


def _compile(source: Source, kernel: Kernel) -> Program:
    header = read_header(source.text)
    directives = read_directives(source, header)
    script = parse(source)
    expansion = expand(source, script, kernel, directives.optional)
    checked = check(source, expansion, kernel)
    planned = plan(checked, directives, kernel)
    c_text, actions, stack_map = emit(planned, source)
    return Program(
        name=source.name,
        script=source.text,
        c_text=c_text,
        maps=tuple(planned_map.spec for planned_map in planned.maps.values()),
        probes=tuple(program.spec for program in planned.programs),
        actions=actions,
        header=header,
        stack_map=stack_map,
        notes=expansion.notes + planned.notes,
    )
