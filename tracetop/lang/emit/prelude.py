"""The C that does not depend on the script: helpers for the filter, for dropped updates, division and strings.

Owns: what a helper is and which there are. `Writer.need` gives the name of one, and the C has what was asked for.
"""

from typing import NamedTuple

from tracetop.model.abi.buckets import BUCKET_C


class Helper(NamedTuple):
    """C that is there where it is asked for, each once."""

    name: str
    """What C calls it by: a function, or a type."""
    text: str
    needs: tuple["Helper", ...] = ()
    """Others that it calls."""


DROP = Helper(
    "tt_drop",
    """
static __always_inline void tt_drop(u32 slot)
{
    u64 *dropped = tt_drops.lookup(&slot);
    if (dropped)
        *dropped += 1;
}
""",
)

SET_PRESENT = Helper(
    "tt_set_present",
    """
static __always_inline void tt_set_present(u32 slot, u64 present)  /* of maps without a key: whether they are there */
{
    u64 *place = tt_present.lookup(&slot);
    if (place)
        *place = present;
}
""",
)

CURRENT_WANTED = Helper(
    "tt_current_wanted",
    """
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
""",
)

TASK_WANTED = Helper(
    "tt_task_wanted",
    """
static __always_inline bool tt_task_wanted(struct tt_control *control, u64 task, u32 tgid_offset, u32 comm_offset)
{
    u64 comm[2] = {};
    u32 tgid = 0;
    if (control->tgid) {
        bpf_probe_read_kernel(&tgid, sizeof(tgid), (void *)(task + tgid_offset));
        if (tgid != control->tgid)
            return false;
    }
    if (!control->comm_mask[0])
        return true;
    bpf_probe_read_kernel(comm, sizeof(comm), (void *)(task + comm_offset));
    return !tt_other_comm(control, comm);
}
""",
    (CURRENT_WANTED,),
)

RECORD_WANTED = Helper(
    "tt_record_wanted",
    """
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
""",
    (CURRENT_WANTED,),
)

DIVIDE = Helper(
    "tt_divide",
    """
static __always_inline s64 tt_divide(s64 a, s64 b)
{
    u64 x = a < 0 ? -(u64)a : a, y = b < 0 ? -(u64)b : b, q = y ? x / y : 0;
    return (a < 0) != (b < 0) ? -q : q;
}
""",
)

MODULO = Helper(
    "tt_modulo",
    """
static __always_inline s64 tt_modulo(s64 a, s64 b)
{
    u64 x = a < 0 ? -(u64)a : a, y = b < 0 ? -(u64)b : b, r = y ? x % y : x;
    return a < 0 ? -r : r;
}
""",
)

# No branch for each byte: the verifier walks every combination of them, a million instructions from 17 bytes on.
SAME = Helper(
    "tt_same",
    """
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
""",
)

READ = Helper(
    "tt_read",
    """
static __always_inline void tt_read(void *to, u32 size, u64 from)
{
    if ((s64)from < 0)  /* the upper half of the address space is the kernel's */
        bpf_probe_read_kernel(to, size, (void *)from);
    else
        bpf_probe_read_user(to, size, (void *)from);
}
""",
)

READ_STR = Helper(
    "tt_read_str",
    """
static __always_inline void tt_read_str(void *to, u32 size, u64 from)
{
    if ((s64)from < 0)
        bpf_probe_read_kernel_str(to, size, (void *)from);
    else
        bpf_probe_read_user_str(to, size, (void *)from);
}
""",
)

LENGTH = Helper(
    "tt_length",
    """
static __always_inline u32 tt_length(const char *text, u32 size)
{
    u32 length = 0;
#pragma unroll
    for (u32 i = 0; i < size; i++) {
        if (!text[i])
            break;
        length++;
    }
    return length;
}
""",
)

CONTAINS = Helper(
    "tt_contains",
    """
static __always_inline bool tt_contains(const char *text, u32 size, const char *part, u32 length)
{
    for (u32 i = 0; i + length <= size; i++) {
        u64 differ = 0;
        for (u32 j = 0; j < length; j++) {
            differ |= (u8)(text[i + j] ^ part[j]);
            OPTIMIZER_HIDE_VAR(differ);
        }
        if (!differ)
            return true;
        if (!text[i])
            return false;
    }
    return false;
}
""",
)

LOOP_STRUCT = Helper(
    "struct tt_loop",
    """
struct tt_loop { u64 first; u64 second; void *ctx; struct tt_control *control; char *scratch; };
static long (*tt_loop)(u32 rounds, void *callback, void *context, u64 flags) = (void *)181;
static long (*tt_for_each)(void *map, void *callback, void *context, u64 flags) = (void *)164;
""",
)
"""What a callback is handed, and the kernel's helpers that call it."""

HOOK_NUMBER = Helper(
    "tt_hook_number", "static u64 (*tt_hook_number)(void *ctx) = (void *)174;  /* bpf_get_attach_cookie() */\n"
)
OF_CPU = Helper("tt_of_cpu", "static void *(*tt_of_cpu)(void *map, const void *key, u32 cpu) = (void *)195;\n")
LOG_BUCKET = Helper("tt_log_bucket", BUCKET_C)
REGISTERS = Helper("struct pt_regs", "#include <linux/ptrace.h>\n")
PERF_EVENT = Helper("struct bpf_perf_event_data", "#include <linux/bpf_perf_event.h>\n")

HELPERS = (
    REGISTERS,
    PERF_EVENT,
    LOOP_STRUCT,
    OF_CPU,
    HOOK_NUMBER,
    LOG_BUCKET,
    DROP,
    SET_PRESENT,
    CURRENT_WANTED,
    TASK_WANTED,
    RECORD_WANTED,
    DIVIDE,
    MODULO,
    SAME,
    READ,
    READ_STR,
    LENGTH,
    CONTAINS,
)
"""In the order in which they stand in the C."""
