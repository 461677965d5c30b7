/* Opens by name and path, and those that failed. Of the three calls that open, the one that the load makes. */
struct attempt {
    char comm[16], path[128];
};
struct sys_enter_openat_record {
    u64 common, number, folder, path;
};
struct sys_exit_openat_record {
    u64 common, number;
    s64 result;
};
BPF_HASH(paths, u32, u64, 16384);
BPF_PERCPU_HASH(opens, struct attempt, u64, 16384);
BPF_PERCPU_HASH(failed, struct attempt, u64, 16384);

int on_tracepoint__syscalls__sys_enter_openat(struct sys_enter_openat_record *ctx)
{
    if (!current_wanted())
        return 0;
    u32 tid = bpf_get_current_pid_tgid();
    u64 path = ctx->path, *place = paths.lookup(&tid);
    if (place)
        *place = path;
    else
        paths.update(&tid, &path);
    return 0;
}

int on_tracepoint__syscalls__sys_exit_openat(struct sys_exit_openat_record *ctx)
{
    if (!current_wanted())
        return 0;
    u32 tid = bpf_get_current_pid_tgid();
    u64 one = 1, *place = paths.lookup(&tid);
    if (!place || !*place)
        return 0;
    struct attempt attempt __attribute__((aligned(8))) = {};
    bpf_get_current_comm(attempt.comm, sizeof(attempt.comm));
    bpf_probe_read_user_str(attempt.path, sizeof(attempt.path), (void *)*place);
    *place = 0;
    u64 *count = opens.lookup(&attempt);
    if (count)
        ++*count;
    else
        opens.update(&attempt, &one);
    if (ctx->result >= 0)
        return 0;
    count = failed.lookup(&attempt);
    if (count)
        ++*count;
    else
        failed.update(&attempt, &one);
    return 0;
}
