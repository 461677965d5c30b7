/* Samples per kernel stack, the idle task left out. */
BPF_STACK_TRACE(stacks, 16384);
BPF_PERCPU_HASH(samples, u32, u64, 16384);

int profile__49(struct bpf_perf_event_data *ctx)
{
    if (!(u32)bpf_get_current_pid_tgid())
        return 0;
    int stack = stacks.get_stackid(ctx, 0);
    if (stack < 0)
        return 0;
    u64 zero = 0, *count = samples.lookup_or_try_init(&stack, &zero);
    if (count)
        ++*count;
    return 0;
}
