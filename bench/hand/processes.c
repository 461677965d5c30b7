/* Counts per process, all in one slot of one map. Of the ten kinds of reading and writing, those that the load does. */
struct counts {
    u64 syscalls, switches, faults, read_bytes, write_bytes;
};
struct sys_exit_record {
    u64 common, number;
    s64 result;
};
BPF_PERCPU_HASH(processes, u32, struct counts, 16384);

static __always_inline struct counts *current_counts(void)
{
    struct counts none = {}, *found;
    u32 pid = bpf_get_current_pid_tgid() >> 32;
    if (!current_wanted())
        return NULL;
    found = processes.lookup(&pid);
    return found ? found : processes.lookup_or_try_init(&pid, &none);
}

int on_rawtracepoint__sys_enter(struct bpf_raw_tracepoint_args *ctx)
{
    struct counts *counts = current_counts();
    if (counts)
        counts->syscalls++;
    return 0;
}

int on_rawtracepoint__sched_switch(struct bpf_raw_tracepoint_args *ctx)
{
    struct counts *counts = bpf_get_current_pid_tgid() ? current_counts() : NULL;
    if (counts)
        counts->switches++;
    return 0;
}

int on_rawtracepoint__page_fault_user(struct bpf_raw_tracepoint_args *ctx)
{
    struct counts *counts = current_counts();
    if (counts)
        counts->faults++;
    return 0;
}

static __always_inline int count_read(struct sys_exit_record *ctx)
{
    struct counts *counts = ctx->result > 0 ? current_counts() : NULL;
    if (counts)
        counts->read_bytes += ctx->result;
    return 0;
}

static __always_inline int count_written(struct sys_exit_record *ctx)
{
    struct counts *counts = ctx->result > 0 ? current_counts() : NULL;
    if (counts)
        counts->write_bytes += ctx->result;
    return 0;
}

int on_tracepoint__syscalls__sys_exit_read(struct sys_exit_record *ctx)
{
    return count_read(ctx);
}

int on_tracepoint__syscalls__sys_exit_pread64(struct sys_exit_record *ctx)
{
    return count_read(ctx);
}

int on_tracepoint__syscalls__sys_exit_write(struct sys_exit_record *ctx)
{
    return count_written(ctx);
}

int on_tracepoint__syscalls__sys_exit_pwrite64(struct sys_exit_record *ctx)
{
    return count_written(ctx);
}
