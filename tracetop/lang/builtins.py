"""The builtins: bare words that have a value wherever a probe fires.

Owns: their names, types and C. To add one is to add a line here.
"""

from dataclasses import dataclass

from tracetop.lang.types import NSECS, Type, string
from tracetop.model.control import COMM_BYTES
from tracetop.model.program import KeyRole


@dataclass(frozen=True)
class Builtin:
    """One builtin."""

    type: Type
    c: str
    """A C expression; for a string, a statement that fills the array ``{0}``."""
    constant: bool = True
    """The same for as long as one clause runs, so it is read once."""


def _u32(role: KeyRole) -> Type:
    return Type(size=4, signed=False, role=role)


BUILTINS = {
    "pid": Builtin(_u32(KeyRole.PID), "bpf_get_current_pid_tgid() >> 32"),
    "tid": Builtin(_u32(KeyRole.TID), "(u32)bpf_get_current_pid_tgid()"),
    "uid": Builtin(_u32(KeyRole.UID), "(u32)bpf_get_current_uid_gid()"),
    "gid": Builtin(_u32(KeyRole.INTEGER), "bpf_get_current_uid_gid() >> 32"),
    "cpu": Builtin(_u32(KeyRole.CPU), "bpf_get_smp_processor_id()"),
    "nsecs": Builtin(NSECS, "bpf_ktime_get_ns()", constant=False),
    "comm": Builtin(string(COMM_BYTES, KeyRole.COMM), "bpf_get_current_comm({0}, sizeof({0}));"),
    "kstack": Builtin(Type(size=4, role=KeyRole.KSTACK), "tt_kstacks.get_stackid(ctx, 0)"),
}

_LATER_WORDS = """
arg0 arg1 arg2 arg3 arg4 arg5 arg6 arg7 arg8 arg9 cgroup cpid ctx curtask elapsed func jiffies ncpus numaid
pcomm ppid probe rand retval sarg0 usermode username ustack usym
"""
LATER = frozenset(_LATER_WORDS.split())
"""Builtins of the language that this compiler does not know yet."""
