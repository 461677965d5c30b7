/* Samples per kernel stack, the idle task left out. */
BPF_STACK_TRACE(stacks, 16384);
BPF_PERCPU_HASH(samples, int, u64, 16384);

int on_profile__49(struct bpf_perf_event_data *ctx)
{
    if (!(bpf_get_current_pid_tgid() >> 32) || !current_wanted())
        return 0;
    int stack = stacks.get_stackid(ctx, 0);
    u64 one = 1, *count = samples.lookup(&stack);
    if (count)
        ++*count;
    else
        samples.update(&stack, &one);
    return 0;
}
