"""The builtins that are the same on every hook: bare words with a value wherever a probe fires; and the registers.

Owns: their names, types and C, and where the calling conventions keep arguments and results: fields of struct pt_regs.
To add a builtin is to add a line here; those that depend on the hook are in `check.identifiers`.
"""

from dataclasses import dataclass

from tracetop.lang.tree.types import NSECS, UINT64, Type, opaque, string
from tracetop.model.filter import COMM_BYTES
from tracetop.model.program import KeyRole
from tracetop.model.value import Shape


@dataclass(frozen=True)
class Builtin:
    """One builtin."""

    type: Type
    c: str
    """A C expression; for a string, a statement that fills the array ``{0}`` of ``{1}`` bytes."""
    about: str
    constant: bool = True
    """The same for as long as one clause runs, so it is read once."""


def _u32(role: KeyRole = KeyRole.INTEGER) -> Type:
    return Type(size=4, signed=False, role=role)


_USERNAME = opaque(Shape.USERNAME, 4, KeyRole.UID)
BUILTINS = {
    "pid": Builtin(_u32(KeyRole.PID), "bpf_get_current_pid_tgid() >> 32", "id of the process"),
    "tid": Builtin(_u32(KeyRole.TID), "(u32)bpf_get_current_pid_tgid()", "id of the thread"),
    "uid": Builtin(_u32(KeyRole.UID), "(u32)bpf_get_current_uid_gid()", "id of the user"),
    "gid": Builtin(_u32(), "bpf_get_current_uid_gid() >> 32", "id of the group"),
    "username": Builtin(_USERNAME, "(u32)bpf_get_current_uid_gid()", "name of the user"),
    "comm": Builtin(
        string(COMM_BYTES, KeyRole.COMM),
        "bpf_get_current_comm({0}, {1});",
        "name of the thread, at most 15 bytes: a string",
    ),
    "cpu": Builtin(_u32(KeyRole.CPU), "bpf_get_smp_processor_id()", "number of the processor"),
    "numaid": Builtin(_u32(), "bpf_get_numa_node_id()", "number of the NUMA node"),
    "cgroup": Builtin(UINT64, "bpf_get_current_cgroup_id()", "id of the cgroup"),
    "nsecs": Builtin(NSECS, "bpf_ktime_get_ns()", "nanoseconds since boot", constant=False),
    "elapsed": Builtin(
        Type(signed=False), "bpf_ktime_get_ns() - TT_STARTED_NS", "nanoseconds since the script started", constant=False
    ),
    "jiffies": Builtin(UINT64, "bpf_jiffies64()", "the kernel's timer ticks since boot", constant=False),
    "rand": Builtin(_u32(), "bpf_get_prandom_u32()", "a random number of 32 bits", constant=False),
    "ctx": Builtin(UINT64, "(u64)ctx", "address of what the kernel hands to the probe"),
}
CLOCKS = {
    "monotonic": "bpf_ktime_get_ns()",
    "boot": "bpf_ktime_get_boot_ns()",
    "tai": "bpf_ktime_get_tai_ns()",
    "sw_tai": "bpf_ktime_get_tai_ns()",
}
"""By the word in ``nsecs(word)``."""
EXTRA = {
    **{f"nsecs({word})": Builtin(NSECS, c, f"{word} clock", constant=False) for word, c in CLOCKS.items()},
    "curtask": Builtin(UINT64, "bpf_get_current_task()", "the current task_struct"),
    "func_ip": Builtin(UINT64, "bpf_get_func_ip(ctx)", "address of the traced function"),
    "usermode": Builtin(
        Type(size=1, signed=False), "(ctx->regs.cs & 3) == 3", "1 where the sample was taken in user mode"
    ),
}
"""What checked expressions use beside, under names that no script writes or with a type that `check` works out."""
EMITTED = {**BUILTINS, **EXTRA}

ARGUMENTS = {
    "x86_64": ("di", "si", "dx", "cx", "r8", "r9"),
    "aarch64": tuple(f"regs[{i}]" for i in range(8)),
}
"""By argument of a function."""
RETURN = {"x86_64": "ax", "aarch64": "regs[0]"}
POINTERS = {"x86_64": ("ip", "sp"), "aarch64": ("pc", "sp")}
"""The instruction's and the stack's."""
RETURN_ADDRESS_BYTES = {"x86_64": 8, "aarch64": 0}
"""What a call leaves on the stack, below the arguments that do not fit into registers."""
REGISTERS = {
    "x86_64": {
        **{f"r{n}": f"r{n}" for n in range(8, 16)},
        **{
            name: name
            for name in ("ax", "bx", "cx", "dx", "si", "di", "bp", "sp", "ip", "cs", "ss", "flags", "orig_ax")
        },
        **{f"r{name}": name for name in ("ax", "bx", "cx", "dx", "si", "di", "bp", "sp", "ip")},
    },
    "aarch64": {**{f"r{n}": f"regs[{n}]" for n in range(31)}, "sp": "sp", "pc": "pc", "pstate": "pstate"},
}
"""What ``reg()`` takes, and the field of struct pt_regs."""
