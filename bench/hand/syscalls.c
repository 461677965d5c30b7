/* Calls and errors per system-call number, those of 32-bit programs by their own. */
BPF_PERCPU_ARRAY(calls, u64, 2 * TABLE);
BPF_PERCPU_ARRAY(errors, u64, 2 * TABLE);

int on_rawtracepoint__sys_enter(struct bpf_raw_tracepoint_args *ctx)
{
    if (!current_wanted())
        return 0;
    u32 id = number_with_table(ctx->args[1]);
    u64 *count = calls.lookup(&id);
    if (count)
        ++*count;
    return 0;
}

int on_rawtracepoint__sys_exit(struct bpf_raw_tracepoint_args *ctx)
{
    long result = ctx->args[1];
    if (result >= 0 || result < -4095 || !current_wanted())
        return 0;
    u32 id = -1;
    struct pt_regs *regs = (struct pt_regs *)ctx->args[0];
    bpf_probe_read_kernel(&id, sizeof(id), &SYSCALL_NUMBER(regs));
    id = number_with_table(id);
    u64 *count = errors.lookup(&id);
    if (count)
        ++*count;
    return 0;
}
