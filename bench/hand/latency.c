/* Time in system calls as a log-linear distribution. The start of a thread's call stays in its slot, marked empty. */
BPF_HASH(start, u32, u64, 16384);
BPF_PERCPU_ARRAY(latency, u64, LOG_BUCKETS);

int on_rawtracepoint__sys_enter(struct bpf_raw_tracepoint_args *ctx)
{
    if (!current_wanted())
        return 0;
    u32 tid = bpf_get_current_pid_tgid();
    u64 now = bpf_ktime_get_ns();
    u64 *since = start.lookup(&tid);
    if (since)
        *since = now;
    else
        start.update(&tid, &now);
    return 0;
}

int on_rawtracepoint__sys_exit(struct bpf_raw_tracepoint_args *ctx)
{
    if (!current_wanted())
        return 0;
    u32 tid = bpf_get_current_pid_tgid();
    u64 *since = start.lookup(&tid);
    if (!since || !*since)
        return 0;
    u32 bucket = tt_log_bucket(bpf_ktime_get_ns() - *since, SUB_BITS);
    *since = 0;
    u64 *count = latency.lookup(&bucket);
    if (count)
        ++*count;
    return 0;
}
