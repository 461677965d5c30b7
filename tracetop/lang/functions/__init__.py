"""The functions of the language, a file for each family; a new family is one more file and one more line here.

Owns: which names there are and how each may be used. An *aggregation* stands right of ``@map =``; a *map function*
is a statement about a map; a *value function* is part of an expression.
"""

from tracetop.lang.functions.aggregations import AGGREGATIONS
from tracetop.lang.functions.maps import MAP_FUNCTIONS
from tracetop.lang.functions.strings import STRING_FUNCTIONS

VALUE_FUNCTIONS = {**STRING_FUNCTIONS}

_LATER_WORDS = """
bswap buf cat cgroup_path cgroupid errorf exit fail has_key is_err is_ptr join kaddr kptr kstack ksym len
macaddr nsecs ntop offsetof override path percpu_kaddr pid ppid print printf pton reg signal skboutput
socket_cookie strcap strcontains strerror strftime strlen strncmp system tid time tseries uaddr unwatch uptr
ustack usym warnf
"""
LATER = frozenset(_LATER_WORDS.split())
"""Functions of the language that this compiler does not know yet."""

ALL_NAMES = (*AGGREGATIONS, *MAP_FUNCTIONS, *VALUE_FUNCTIONS)

__all__ = ["AGGREGATIONS", "ALL_NAMES", "LATER", "MAP_FUNCTIONS", "VALUE_FUNCTIONS"]
