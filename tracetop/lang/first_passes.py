"""The first passes of the pipeline alone: which hooks a script's probes are, for who asks no more."""

from tracetop.lang.options import Options, read_settings
from tracetop.lang.parse.macros import expand as expand_macros
from tracetop.lang.parse.parameters import substitute
from tracetop.lang.parse.parser import parse
from tracetop.lang.resolve import Wanted, expand
from tracetop.lang.source import Source
from tracetop.lang.tree.hook import Hook
from tracetop.lang.vocabulary.directives import read_directives
from tracetop.model.header import read_header
from tracetop.model.kernel import Kernel


def script_hooks(text: str, name: str, kernel: Kernel, options: Options) -> tuple[tuple[Hook, ...], tuple[str, ...]]:
    """Return a script's hooks in its order, each once, and what is left out. ScriptError where it is wrong."""
    source = Source(name, text)
    directives = read_directives(source, read_header(text))
    script = substitute(source, expand_macros(source, parse(source, kernel.arch)), options.params)
    settings = read_settings(source, script, directives, kernel, options.environment)
    wanted = Wanted(
        directives.optional, settings.missing_probes, options.pid, options.params, options.mode, options.child
    )
    expansion = expand(source, script, kernel, wanted)
    return tuple(dict.fromkeys(entry.hook for entry in expansion.clauses)), expansion.notes
