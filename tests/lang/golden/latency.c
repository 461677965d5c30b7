
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
BPF_HASH(m0_start, u32, u64, 16384);
BPF_PERCPU_ARRAY(m1_latency, u64, 489);

static __always_inline u32 tt_log_bucket(s64 value, u32 bits)
{
    u64 v = value, t;
    u32 e;
    if (value < 0)
        return 0;
    if (v < (1ULL << bits))
        return 1 + v;
    e = (v > 0xffffffffULL) << 5; t = v >> e;
    u32 s = (t > 0xffff) << 4; t >>= s; e |= s;
    s = (t > 0xff) << 3; t >>= s; e |= s;
    s = (t > 0xf) << 2; t >>= s; e |= s;
    s = (t > 0x3) << 1; t >>= s; e |= s;
    e |= t >> 1;
    return 1 + ((e - bits + 1) << bits) + ((v >> (e - bits)) & ((1ULL << bits) - 1));
}

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

static __always_inline s64 tt_sys_enter_call(struct bpf_raw_tracepoint_args *ctx)
{
    s32 call = ctx->args[1];
    u32 flags = 0;
    if ((u32)call >= 512)
        return (u32)call < 1024 ? call + 536870912 : call;
    bpf_probe_read_kernel(&flags, sizeof(flags), (void *)(bpf_get_current_task() + 16));
    return flags & 0x2 ? call + 512 : call;
}

static __always_inline void tt_sys_enter_1_1(struct bpf_raw_tracepoint_args *ctx, struct tt_control *control)
{
    u64 t2 = !!((s64)control->param_count == 0LL);
    if (!t2) {
        s64 t1 = (s64)tt_sys_enter_call(ctx);
        t2 = !!(t1 == control->param[0]);
    }
    if (!t2)
        return;
    u64 nsecs_3 = bpf_ktime_get_ns();
    u64 tid_4 = (u32)bpf_get_current_pid_tgid();
    u32 key5 = tid_4;
    u64 *at6 = m0_start.lookup(&key5);
    if (at6) {
        *at6 = nsecs_3;
    } else {
        u64 first7 = nsecs_3;
        if (m0_start.update(&key5, &first7))
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
    u64 tid_1 = (u32)bpf_get_current_pid_tgid();
    u32 key2 = tid_1;
    u64 *at3 = m0_start.lookup(&key2);
    u64 old4 = at3 ? *at3 : 0;
    if (!old4)
        return;
    u64 nsecs_5 = bpf_ktime_get_ns();
    u64 old6 = at3 ? *at3 : 0;
    s64 value7 = (s64)(nsecs_5 - old6);
    u32 key8 = tt_log_bucket(value7, 3);
    u64 *at9 = m1_latency.lookup(&key8);
    if (at9) {
        *at9 += 1;
    } else {
        tt_drop(1);
    }
    if (at3) {
        *at3 = 0;
    }
}

/* tracepoint:raw_syscalls:sys_exit */
int tt_sys_exit_2(struct bpf_raw_tracepoint_args *ctx)
{
    u32 zero = 0;
    struct tt_control *control = tt_control.lookup(&zero);
    if (!control)
        return 0;
    if (control->sample == 0xffffffff)
        return 0;
    bool current = tt_current_wanted(control);
    if (current)
        tt_sys_exit_2_1(ctx, control);
    return 0;
}
