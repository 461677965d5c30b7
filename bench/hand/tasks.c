/* Calls per parent's pid and caller's mapped pages, which four reads from the current task give. */
struct caller {
    s32 parent;
    u64 pages;
};
BPF_PERCPU_HASH(calls, struct caller, u64, 16384);

int on_rawtracepoint__sys_enter(struct bpf_raw_tracepoint_args *ctx)
{
    if (!current_wanted())
        return 0;
    struct caller caller = {};
    u64 task = bpf_get_current_task(), parent = 0, memory = 0, one = 1;
    bpf_probe_read_kernel(&parent, sizeof(parent), (void *)(task + TASK_REAL_PARENT));
    bpf_probe_read_kernel(&caller.parent, sizeof(caller.parent), (void *)(parent + TASK_TGID));
    bpf_probe_read_kernel(&memory, sizeof(memory), (void *)(task + TASK_MM));
    bpf_probe_read_kernel(&caller.pages, sizeof(caller.pages), (void *)(memory + MM_TOTAL_VM));
    u64 *count = calls.lookup(&caller);
    if (count)
        ++*count;
    else
        calls.update(&caller, &one);
    return 0;
}
