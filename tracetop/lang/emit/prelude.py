"""The C that does not depend on the script: helpers for the filter, for dropped updates, division and strings.

Owns: what a helper is and which there are. `Writer.need` gives the name of one, and the C has what was asked for.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from tracetop.lang.ctypes.value_types import stack_map
from tracetop.lang.plan.plan import Plan
from tracetop.lang.tree.types import Type
from tracetop.model.abi.buckets import BUCKET_C
from tracetop.model.abi.relocations import HelperId
from tracetop.model.program import Action, Warned


class Helper(NamedTuple):
    """C that is there where it is asked for, each once."""

    name: str
    """What C calls it by: a function, or a type."""
    text: str
    needs: tuple["Helper", ...] = ()
    """Others that it calls."""


_DROP_C = """
static __always_inline void tt_drop(u32 slot)
{
    u64 *dropped = tt_drops.lookup(&slot);
    if (dropped)
        *dropped += 1;
}
"""

_SET_PRESENT_C = """
static __always_inline void tt_set_present(u32 slot, u64 present)  /* of maps without a key: whether they are there */
{
    u64 *place = tt_present.lookup(&slot);
    if (place)
        *place = present;
}
"""

_CURRENT_WANTED_C = """
static __always_inline bool tt_other_comm(struct tt_control *control, u64 *comm)
{
    return ((comm[0] ^ control->comm[0]) & control->comm_mask[0]) |
           ((comm[1] ^ control->comm[1]) & control->comm_mask[1]);
}

static __always_inline bool tt_current_wanted(struct tt_control *control)
{
    u64 comm[2];
    if (control->tgid && control->tgid != bpf_get_current_pid_tgid() >> 32)
        return false;
    if (!control->comm_mask[0])
        return true;
    bpf_get_current_comm(comm, sizeof(comm));
    return !tt_other_comm(control, comm);
}
"""

_TASK_WANTED_C = """
static __always_inline bool tt_task_wanted(struct tt_control *control, u64 task, u32 tgid_offset, u32 comm_offset)
{
    u64 comm[2] = {};
    u32 tgid = 0;
    if (control->tgid) {
#ifdef TT_NS_TGID
        tgid = TT_NS_TGID(task);
#else
        bpf_probe_read_kernel(&tgid, sizeof(tgid), (void *)(task + tgid_offset));
#endif
        if (tgid != control->tgid)
            return false;
    }
    if (!control->comm_mask[0])
        return true;
    bpf_probe_read_kernel(comm, sizeof(comm), (void *)(task + comm_offset));
    return !tt_other_comm(control, comm);
}
"""

_RECORD_WANTED_C = """
static __always_inline bool tt_record_wanted(struct tt_control *control, u32 pid, char *name)
{
    u64 comm[2] = {};
    if (control->tgid && control->tgid != pid)
        return false;
    if (!control->comm_mask[0])
        return true;
    if (!name)
        return false;
    bpf_probe_read_kernel(comm, sizeof(comm), name);
    return !tt_other_comm(control, comm);
}
"""

_DIVIDE_C = """
static __always_inline s64 tt_divide(s64 a, s64 b)
{
    u64 x = a < 0 ? -(u64)a : a, y = b < 0 ? -(u64)b : b, q = y ? x / y : 0;
    return (a < 0) != (b < 0) ? -q : q;
}
"""

_MODULO_C = """
static __always_inline s64 tt_modulo(s64 a, s64 b)
{
    u64 x = a < 0 ? -(u64)a : a, y = b < 0 ? -(u64)b : b, r = y ? x % y : x;
    return a < 0 ? -r : r;
}
"""

# No branch for each byte: the verifier walks every combination of them, a million instructions from 17 bytes on.
_SAME_C = """
static __always_inline bool tt_same(const char *a, const char *b, u32 size)
{
    u64 differ = 0;
#pragma unroll
    for (u32 i = 0; i + 8 <= size; i += 8) {
        u64 x, y;
        __builtin_memcpy(&x, a + i, 8);
        __builtin_memcpy(&y, b + i, 8);
        differ |= x ^ y;
        OPTIMIZER_HIDE_VAR(differ);
    }
#pragma unroll
    for (u32 i = size & ~7; i < size; i++) {
        differ |= (u8)(a[i] ^ b[i]);
        OPTIMIZER_HIDE_VAR(differ);
    }
    return !differ;
}
"""

_READ_C = """
static __always_inline long tt_read(void *to, u32 size, u64 from)
{
    if ((s64)from < 0)  /* the upper half of the address space is the kernel's */
        return bpf_probe_read_kernel(to, size, (void *)from);
    return bpf_probe_read_user(to, size, (void *)from);
}
"""

_READ_STR_C = """
static __always_inline long tt_read_str(void *to, u32 size, u64 from)
{
    if ((s64)from < 0)
        return bpf_probe_read_kernel_str(to, size, (void *)from);
    return bpf_probe_read_user_str(to, size, (void *)from);
}
"""

_LOOP_STRUCT_C = f"""
struct tt_loop {{ u64 first; u64 second; void *ctx; struct tt_control *control; char *scratch; }};
static long (*tt_loop)(u32 rounds, void *callback, void *context, u64 flags) = (void *){HelperId.LOOP};
static long (*tt_for_each)(void *map, void *callback, void *context, u64 flags) = (void *){HelperId.FOR_EACH_MAP_ELEM};
"""

_HOOK_NUMBER_C = "static u64 (*tt_hook_number)(void *ctx) = (void *)174;  /* bpf_get_attach_cookie() */\n"
_OF_CPU_C = f"""\
static void *(*tt_of_cpu)(void *map, const void *key, u32 cpu) = (void *){HelperId.MAP_LOOKUP_PERCPU_ELEM};
"""

HELPERS = (
    REGISTERS := Helper("struct pt_regs", "#include <linux/ptrace.h>\n"),
    PERF_EVENT := Helper("struct bpf_perf_event_data", "#include <linux/bpf_perf_event.h>\n"),
    LOOP_STRUCT := Helper("struct tt_loop", _LOOP_STRUCT_C),
    OF_CPU := Helper("tt_of_cpu", _OF_CPU_C),
    HOOK_NUMBER := Helper("tt_hook_number", _HOOK_NUMBER_C),
    LOG_BUCKET := Helper("tt_log_bucket", BUCKET_C),
    DROP := Helper("tt_drop", _DROP_C),
    SET_PRESENT := Helper("tt_set_present", _SET_PRESENT_C),
    CURRENT_WANTED := Helper("tt_current_wanted", _CURRENT_WANTED_C),
    TASK_WANTED := Helper("tt_task_wanted", _TASK_WANTED_C, (CURRENT_WANTED,)),
    RECORD_WANTED := Helper("tt_record_wanted", _RECORD_WANTED_C, (CURRENT_WANTED,)),
    DIVIDE := Helper("tt_divide", _DIVIDE_C),
    MODULO := Helper("tt_modulo", _MODULO_C),
    SAME := Helper("tt_same", _SAME_C),
    READ := Helper("tt_read", _READ_C),
    READ_STR := Helper("tt_read_str", _READ_STR_C),
)
"""In the order in which they stand in the C; what else is asked for stands after them."""


@dataclass
class Unit:
    """What the clauses of one script ask for while they are written, to stand once in its C."""

    plan: Plan
    tells_reads: bool = False
    """Whether reads of memory that fail are sent too."""
    helpers: dict[Helper, None] = field(default_factory=dict)
    stack_maps: dict[str, int] = field(default_factory=dict)
    """How many frames deep each is, 0 for as many as there is room for; by its name."""
    callbacks: list[tuple[str, ...]] = field(default_factory=list)
    """The bodies of all loops, by their index in ``Program.callbacks``."""
    reads_strings: bool = False
    """Whether strings of processes are read, so that those which are not there are counted."""
    scratch_bytes: int = 0
    """What the program with the most scratch memory has."""
    failed_read: Warned | None = None
    """What is sent where memory cannot be read, in the clause that is being written; None: nothing."""
    _actions: dict[str, tuple[int, Action]] = field(default_factory=dict)
    """Each with its number, by its text: not all that is sent is hashable."""

    def need(self, helper: Helper) -> str:
        """Ask for a helper; return its name."""
        for other in helper.needs:
            self.need(other)
        self.helpers[helper] = None
        return helper.name

    def stack_map(self, type_: Type) -> str:
        """Ask for the map that a stack of such a type is kept in; return its name."""
        name = stack_map(type_)
        self.stack_maps[name] = type_.depth
        return name

    def number(self, action: Action) -> int:
        """Return the number of a request to user space; the same request has the same."""
        return self._actions.setdefault(repr(action), (len(self._actions), action))[0]

    @property
    def actions(self) -> tuple[Action, ...]:
        """Every request to user space, by its number."""
        return tuple(action for _, action in self._actions.values())
