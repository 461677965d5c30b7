"""Probes: from what a script writes to the hooks of this kernel and its binaries.

In: the clauses of the syntax tree, a `Kernel`. Out: an `Expansion`, or a ScriptError at the probe that is wrong.
Owns: the grammar of a probe's text, wildcards, and what is said about a probe that is not there. `expand` is the pass;
a module for each family of probes; `probe_syntax` takes a text apart, `request` has their common errors.
"""

from tracetop.lang.resolve.ended_processes import Ended, keep_ended
from tracetop.lang.resolve.expand import Expansion, HookedClause, Wanted, expand
from tracetop.lang.resolve.request import MAX_PROBES, MAX_PROGRAMS, MissingProbeError
