/* Time from waking up, or from being preempted, to running, as a log-linear distribution. */
BPF_HASH(queued, u32, u64, 16384);
BPF_PERCPU_ARRAY(wait, u64, LOG_BUCKETS);

static __always_inline u32 pid_of(u64 task)
{
    u32 pid = 0;
    bpf_probe_read_kernel(&pid, sizeof(pid), (void *)(task + TASK_PID));
    return pid;
}

static __always_inline void enqueue(u32 pid)
{
    u64 now = bpf_ktime_get_ns();
    u64 *since = queued.lookup(&pid);
    if (since)
        *since = now;
    else
        queued.update(&pid, &now);
}

int on_rawtracepoint__sched_wakeup(struct bpf_raw_tracepoint_args *ctx)
{
    if (task_wanted(ctx->args[0]))
        enqueue(pid_of(ctx->args[0]));
    return 0;
}

int on_rawtracepoint__sched_wakeup_new(struct bpf_raw_tracepoint_args *ctx)
{
    if (task_wanted(ctx->args[0]))
        enqueue(pid_of(ctx->args[0]));
    return 0;
}

int on_rawtracepoint__sched_switch(struct bpf_raw_tracepoint_args *ctx)
{
    /* Preempted, or in state 0 all the same. */
    u32 previous = bpf_get_current_pid_tgid();
    if (previous && (ctx->args[0] || !(u32)ctx->args[3]) && current_wanted())
        enqueue(previous);

    if (!task_wanted(ctx->args[2]))
        return 0;
    u32 next = pid_of(ctx->args[2]);
    u64 *since = next ? queued.lookup(&next) : NULL;
    if (!since || !*since)
        return 0;
    u32 bucket = tt_log_bucket(bpf_ktime_get_ns() - *since, SUB_BITS);
    *since = 0;
    u64 *count = wait.lookup(&bucket);
    if (count)
        ++*count;
    return 0;
}
