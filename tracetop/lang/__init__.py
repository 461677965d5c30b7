"""The compiler: text of the bpftrace language in, a typed `Program` with C for BCC out.

In: a script's text, and a kernel, which is seen only through `tracetop.model.kernel.Kernel`. Out: a `Program`, or a
ScriptError with its place and a hint; words for the prompt. `compile.py` is the table of contents. Pure: no files, no
BCC.
These names are all that other layers use; each is imported from its room when it is first asked for, so that a list of
probes does not load the grammar.
"""

from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tracetop.lang.compile import compile_script
    from tracetop.lang.completion.completer import Completer
    from tracetop.lang.emit.tables import STACK_DEPTH
    from tracetop.lang.first_passes import script_hooks
    from tracetop.lang.functions.printf_formats import parse_format
    from tracetop.lang.options import Options
    from tracetop.lang.resolve.probe_syntax import is_wildcard
    from tracetop.lang.tree.dump import dump
    from tracetop.lang.tree.hook import Hook
else:
    _ROOMS = MappingProxyType(
        {
            "compile_script": "compile",
            "Completer": "completion.completer",
            "STACK_DEPTH": "emit.tables",
            "parse_format": "functions.printf_formats",
            "Options": "options",
            "is_wildcard": "resolve.probe_syntax",
            "script_hooks": "first_passes",
            "dump": "tree.dump",
            "Hook": "tree.hook",
        }
    )

    def __getattr__(name):
        """Return one of the names above, from its room."""
        if name not in _ROOMS:
            raise AttributeError(name)
        return getattr(import_module(f"{__name__}.{_ROOMS[name]}"), name)
