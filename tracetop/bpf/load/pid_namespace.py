"""Numbers of processes as this process sees them, in a PID namespace of its own such as a container's.

The helper that programs ask who runs gives the machine's numbers, which mean nothing there: /proc, the user's ``-p``
and the names of functions would all be of other processes. So the C asks a task for its number in this process's
namespace; it is 0 for one that is not in it. Owns: that C. Refuses to own: numbers in the records of tracepoints, which
are the machine's. The tracer process.
"""

from pathlib import Path
from string import Template

from tracetop.bpf.kernel.btf import Btf

_MACHINE = 0xEFFFFFFC
"""PROC_PID_INIT_INO: the number of the machine's own namespace."""
_FIELDS = {
    "LEVEL": ("pid", "level"),
    "NUMBERS": ("pid", "numbers"),
    "NR": ("upid", "nr"),
    "NS": ("upid", "ns"),
    "NS_COMMON": ("pid_namespace", "ns"),
    "INUM": ("ns_common", "inum"),
    "THREAD_PID": ("task_struct", "thread_pid"),
    "LEADER": ("task_struct", "group_leader"),
}
_TEXT = Template("""\
static __always_inline u32 tt_ns_number(u64 task)
{
    u64 pid = 0;
    u32 level = 0;
    bpf_probe_read_kernel(&pid, sizeof(pid), (void *)(task + $THREAD_PID));
    bpf_probe_read_kernel(&level, sizeof(level), (void *)(pid + $LEVEL));
#pragma unroll
    for (u32 i = 0; i < 8; i++) {  /* namespaces within namespaces */
        u64 ns = 0, at = pid + $NUMBERS + i * 16;
        u32 inum = 0, nr = 0;
        if (i > level)
            break;
        bpf_probe_read_kernel(&ns, sizeof(ns), (void *)(at + $NS));
        bpf_probe_read_kernel(&inum, sizeof(inum), (void *)(ns + $NS_COMMON + $INUM));
        if (inum == $OWN) {
            bpf_probe_read_kernel(&nr, sizeof(nr), (void *)(at + $NR));
            return nr;
        }
    }
    return 0;
}
static __always_inline u32 tt_ns_tgid(u64 task)
{
    u64 leader = 0;
    bpf_probe_read_kernel(&leader, sizeof(leader), (void *)(task + $LEADER));
    return tt_ns_number(leader);
}
static __always_inline u64 tt_ns_pid_tgid(void)
{
    u64 task = bpf_get_current_task();
    return (u64)tt_ns_tgid(task) << 32 | tt_ns_number(task);
}
#define bpf_get_current_pid_tgid() tt_ns_pid_tgid()
#define TT_NS_TGID tt_ns_tgid
#line 1
""")


def namespaced(text: str) -> str:
    """Return C text with the numbers of this process's namespace; as it is in the machine's own."""
    own = Path("/proc/self/ns/pid").stat().st_ino
    if own == _MACHINE:
        return text
    btf = Btf.load()
    found = {name: btf.field_offset(*field) if btf else None for name, field in _FIELDS.items()}
    offsets = {name: place[0] for name, place in found.items() if place}
    return _TEXT.substitute(offsets, OWN=own) + text if offsets.keys() == _FIELDS.keys() else text
