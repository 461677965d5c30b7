/* A record for each system call that ends, for user space to print: name, pid, number and result. */
struct event {
    char comm[16];
    u64 pid, number;
    s64 result;
};
BPF_RINGBUF_OUTPUT(tt_events, RING_PAGES);

int on_rawtracepoint__sys_exit(struct bpf_raw_tracepoint_args *ctx)
{
    if (!current_wanted())
        return 0;
    struct event *event = tt_events.ringbuf_reserve(sizeof(*event));
    if (!event)
        return 0;
    u32 number = -1;
    struct pt_regs *regs = (struct pt_regs *)ctx->args[0];
    bpf_probe_read_kernel(&number, sizeof(number), &SYSCALL_NUMBER(regs));
    bpf_get_current_comm(event->comm, sizeof(event->comm));
    event->pid = bpf_get_current_pid_tgid() >> 32;
    event->number = number;
    event->result = ctx->args[1];
    tt_events.ringbuf_submit(event, 0);
    return 0;
}
