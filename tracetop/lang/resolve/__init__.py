"""Probes: from what a script writes to the hooks of this kernel and its binaries.

Owns: the grammar of a probe's text, wildcards, and what is said about a probe that is not there. `expand` is the pass;
a module for each family of probes; `written` takes a text apart, `asked` has their common errors.
"""

from tracetop.lang.resolve.expand import Expansion, HookedClause, Wanted, expand
from tracetop.lang.resolve.request import MAX_PROBES, MAX_PROGRAMS, MissingProbeError
from tracetop.lang.resolve.usdt_arguments import UsdtArgument
from tracetop.lang.tree.hook import Hook

__all__ = [
    "MAX_PROBES",
    "MAX_PROGRAMS",
    "Expansion",
    "Hook",
    "HookedClause",
    "MissingProbeError",
    "UsdtArgument",
    "Wanted",
    "expand",
]
