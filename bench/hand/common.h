/* What the hand-written programs share: the live filter that each of them obeys, as tracetop's do. */
#ifdef __aarch64__
#define SYSCALL_NUMBER(regs) (regs)->syscallno
#else
#define SYSCALL_NUMBER(regs) (regs)->orig_ax
#endif

struct filter {
    u32 tgid;         /* 0: any process */
    u64 comm[2];
    u64 comm_mask[2]; /* 0: any name */
};
BPF_ARRAY(filter, struct filter, 1);

static __always_inline bool other_comm(struct filter *wanted, u64 *comm)
{
    return ((comm[0] ^ wanted->comm[0]) & wanted->comm_mask[0]) | ((comm[1] ^ wanted->comm[1]) & wanted->comm_mask[1]);
}

/* Whether the current task's events count. */
static __always_inline bool current_wanted(void)
{
#ifndef BARE
    u32 zero = 0;
    u64 comm[2];
    struct filter *wanted = filter.lookup(&zero);
    if (!wanted || (wanted->tgid && wanted->tgid != bpf_get_current_pid_tgid() >> 32))
        return false;
    if (wanted->comm_mask[0]) {
        bpf_get_current_comm(comm, sizeof(comm));
        return !other_comm(wanted, comm);
    }
#endif
    return true;
}

/* The number of a call with TABLE added where it is one of a 32-bit program. */
#define TABLE 512
static __always_inline u32 number_with_table(u32 number)
{
#ifdef TASK_STATUS
    u32 flags = *(u32 *)((char *)bpf_get_current_task_btf() + TASK_STATUS);
    return flags & 2 ? number + TABLE : number;
#else
    return number;
#endif
}

/* Whether the events of a task count that is not the current one. */
static __always_inline bool task_wanted(u64 task)
{
#ifndef BARE
    u32 zero = 0, tgid = 0;
    u64 comm[2] = {};
    struct filter *wanted = filter.lookup(&zero);
    if (!wanted)
        return false;
    if (wanted->tgid) {
        bpf_probe_read_kernel(&tgid, sizeof(tgid), (void *)(task + TASK_TGID));
        if (tgid != wanted->tgid)
            return false;
    }
    if (wanted->comm_mask[0]) {
        bpf_probe_read_kernel(comm, sizeof(comm), (void *)(task + TASK_COMM));
        return !other_comm(wanted, comm);
    }
#endif
    return true;
}
