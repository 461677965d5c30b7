
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
BPF_PERCPU_ARRAY(m0_, u64, 1025);
BPF_PERCPU_HASH(m0__others, s32, u64, 64);
BPF_PERCPU_ARRAY(m1_errors, u64, 1025);
BPF_PERCPU_HASH(m1_errors_others, s32, u64, 64);

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

static __always_inline s64 tt_sys_enter_call(struct bpf_raw_tracepoint_args *ctx)
{
    s32 call = ctx->args[1];
    u32 flags = 0;
    if ((u32)call >= 512)
        return (u32)call < 1024 ? call + 536870912 : call;
    bpf_probe_read_kernel(&flags, sizeof(flags), (void *)(bpf_get_current_task() + 16));
    return flags & 0x2 ? call + 512 : call;
}

static __always_inline void m0__others_count(s32 key)
{
    u32 last = 1024;
    u64 first = 1, *at = m0__others.lookup(&key);
    if (!at && m0__others.update(&key, &first))
        at = m0_.lookup(&last);
    if (at)
        *at += 1;
}

static __always_inline s64 tt_sys_exit_call(struct bpf_raw_tracepoint_args *ctx)
{
    s32 call = -1;
    bpf_probe_read_kernel(&call, sizeof(call), (void *)(ctx->args[0] + 120));
    u32 flags = 0;
    if ((u32)call >= 512)
        return (u32)call < 1024 ? call + 536870912 : call;
    bpf_probe_read_kernel(&flags, sizeof(flags), (void *)(bpf_get_current_task() + 16));
    return flags & 0x2 ? call + 512 : call;
}

static __always_inline void m1_errors_others_count(s32 key)
{
    u32 last = 1024;
    u64 first = 1, *at = m1_errors_others.lookup(&key);
    if (!at && m1_errors_others.update(&key, &first))
        at = m1_errors.lookup(&last);
    if (at)
        *at += 1;
}

static __always_inline void tt_sys_enter_1_1(struct bpf_raw_tracepoint_args *ctx, struct tt_control *control)
{
    s64 t1 = (s64)tt_sys_enter_call(ctx);
    u32 key2 = t1;
    u64 *at3 = m0_.lookup(&key2);
    if (at3) {
        *at3 += 1;
    } else {
        m0__others_count(key2);
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
    s64 t1 = (s64)tt_sys_exit_call(ctx);
    if (!(t1 != -1LL))
        return;
    u32 key2 = t1;
    u64 *at3 = m1_errors.lookup(&key2);
    if (at3) {
        *at3 += 1;
    } else {
        m1_errors_others_count(key2);
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
