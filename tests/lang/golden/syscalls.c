
struct tt_control {
    u32 tgid;          /* 0: any process */
    u32 param_count;   /* $# */
    u64 comm[2];       /* the wanted bytes under the mask */
    u64 comm_mask[2];  /* both 0: any name */
    s64 param[8];      /* $1 .. $8; 0 where not given */
    u32 sample;        /* 1 in so many events counts; 0, 1: all */
    u32 reserved;
};

struct tt_total { s64 total; u64 count; };  /* avg, stats */
struct tt_extreme { s64 value; u64 set; };  /* min, max */
struct tt_series { u64 epoch; s64 value; u64 count; };  /* tseries */

BPF_ARRAY(tt_control, struct tt_control, 1);
BPF_PERCPU_ARRAY(tt_drops, u64, 4);
BPF_PERCPU_ARRAY(m0_, u64, 1024);
BPF_PERCPU_ARRAY(m1_errors, u64, 1024);

static __always_inline void tt_drop(u32 slot)
{
    u64 *dropped = tt_drops.lookup(&slot);
    if (dropped)
        *dropped += 1;
}

static __always_inline bool tt_other_comm(struct tt_control *control, u64 *comm)
{
    return ((comm[0] ^ control->comm[0]) & control->comm_mask[0]) |
           ((comm[1] ^ control->comm[1]) & control->comm_mask[1]);
}

static __always_inline bool tt_current_wanted(struct tt_control *control)
{
    u64 comm[2];
    if (control->tgid && control->tgid != bpf_get_current_pid_tgid() >> 32)
        return false;
    if (!control->comm_mask[0])
        return true;
    bpf_get_current_comm(comm, sizeof(comm));
    return !tt_other_comm(control, comm);
}

static __always_inline void tt_sys_enter_1_1(struct bpf_raw_tracepoint_args *ctx, struct tt_control *control)
{
    u32 key1 = (s64)ctx->args[1];
    u64 *at2 = m0_.lookup(&key1);
    if (at2) {
        *at2 += 1;
    } else {
        tt_drop(0);
    }
}

/* tracepoint:raw_syscalls:sys_enter */
int tt_sys_enter_1(struct bpf_raw_tracepoint_args *ctx)
{
    u32 zero = 0;
    struct tt_control *control = tt_control.lookup(&zero);
    if (!control)
        return 0;
    if (control->sample > 1 && bpf_get_prandom_u32() % control->sample)
        return 0;
    bool current = tt_current_wanted(control);
    if (current)
        tt_sys_enter_1_1(ctx, control);
    return 0;
}

static __always_inline void tt_sys_exit_2_1(struct bpf_raw_tracepoint_args *ctx, struct tt_control *control)
{
    s64 id_1 = 0;
    bpf_probe_read_kernel(&id_1, sizeof(id_1), (void *)(ctx->args[0] + 120));
    if (!((s64)id_1 >= 0LL))
        return;
    u32 key2 = (s64)id_1;
    u64 *at3 = m1_errors.lookup(&key2);
    if (at3) {
        *at3 += 1;
    } else {
        tt_drop(1);
    }
}

/* tracepoint:raw_syscalls:sys_exit */
int tt_sys_exit_2(struct bpf_raw_tracepoint_args *ctx)
{
    if (!(((s64)ctx->args[1] < 0LL) && ((s64)ctx->args[1] >= -4095LL)))
        return 0;
    u32 zero = 0;
    struct tt_control *control = tt_control.lookup(&zero);
    if (!control)
        return 0;
    if (control->sample > 1 && bpf_get_prandom_u32() % control->sample)
        return 0;
    bool current = tt_current_wanted(control);
    if (current)
        tt_sys_exit_2_1(ctx, control);
    return 0;
}
