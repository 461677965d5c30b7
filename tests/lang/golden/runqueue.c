
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
BPF_HASH(m0_queued, s32, u64, 16384);
BPF_PERCPU_ARRAY(m1_wait, u64, 489);

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

static __always_inline bool tt_task_wanted(struct tt_control *control, u64 task, u32 tgid_offset, u32 comm_offset)
{
    u64 comm[2] = {};
    u32 tgid = 0;
    if (control->tgid) {
#ifdef TT_NS_TGID
        tgid = TT_NS_TGID(task);
#else
        bpf_probe_read_kernel(&tgid, sizeof(tgid), (void *)(task + tgid_offset));
#endif
        if (tgid != control->tgid)
            return false;
    }
    if (!control->comm_mask[0])
        return true;
    bpf_probe_read_kernel(comm, sizeof(comm), (void *)(task + comm_offset));
    return !tt_other_comm(control, comm);
}

static __always_inline s64 tt_switch_state(struct bpf_raw_tracepoint_args *ctx)
{
    u32 state = 0, exit_state = 0, reported;
    if (ctx->args[0])
        return 0x100;
    state = ctx->args[3];
    bpf_probe_read_kernel(&exit_state, sizeof(exit_state), (void *)(ctx->args[1] + 1200));
    reported = (state | exit_state) & 0x7f;
    if ((state & 0x402) == 0x402)  /* TASK_IDLE: uninterruptible, and no load */
        reported = 0x80;
    if (state & 0x9000)  /* TASK_RTLOCK_WAIT, TASK_FROZEN: shown as uninterruptible */
        reported = 0x2;
    reported |= reported >> 1;
    reported |= reported >> 2;
    reported |= reported >> 4;
    return reported - (reported >> 1);
}

static __always_inline void tt_sched_wakeup_1_1(struct bpf_raw_tracepoint_args *ctx, struct tt_control *control)
{
    u64 nsecs_1 = bpf_ktime_get_ns();
    s32 pid_2 = 0;
    bpf_probe_read_kernel(&pid_2, sizeof(pid_2), (void *)(ctx->args[0] + 1264));
    s32 key3 = (s64)pid_2;
    u64 *at4 = m0_queued.lookup(&key3);
    if (at4) {
        *at4 = nsecs_1;
    } else {
        u64 first5 = nsecs_1;
        if (m0_queued.update(&key3, &first5))
            tt_drop(0);
    }
}

/* tracepoint:sched:sched_wakeup */
int tt_sched_wakeup_1(struct bpf_raw_tracepoint_args *ctx)
{
    u32 zero = 0;
    struct tt_control *control = tt_control.lookup(&zero);
    if (!control)
        return 0;
    if (control->sample > 1 && bpf_get_prandom_u32() % control->sample)
        return 0;
    if (tt_task_wanted(control, ctx->args[0], 1268, 1752))
        tt_sched_wakeup_1_1(ctx, control);
    return 0;
}

static __always_inline void tt_sched_wakeup_new_2_1(struct bpf_raw_tracepoint_args *ctx, struct tt_control *control)
{
    u64 nsecs_1 = bpf_ktime_get_ns();
    s32 pid_2 = 0;
    bpf_probe_read_kernel(&pid_2, sizeof(pid_2), (void *)(ctx->args[0] + 1264));
    s32 key3 = (s64)pid_2;
    u64 *at4 = m0_queued.lookup(&key3);
    if (at4) {
        *at4 = nsecs_1;
    } else {
        u64 first5 = nsecs_1;
        if (m0_queued.update(&key3, &first5))
            tt_drop(0);
    }
}

/* tracepoint:sched:sched_wakeup_new */
int tt_sched_wakeup_new_2(struct bpf_raw_tracepoint_args *ctx)
{
    u32 zero = 0;
    struct tt_control *control = tt_control.lookup(&zero);
    if (!control)
        return 0;
    if (control->sample > 1 && bpf_get_prandom_u32() % control->sample)
        return 0;
    if (tt_task_wanted(control, ctx->args[0], 1268, 1752))
        tt_sched_wakeup_new_2_1(ctx, control);
    return 0;
}

static __always_inline void tt_sched_switch_3_1(struct bpf_raw_tracepoint_args *ctx, struct tt_control *control)
{
    s64 t1 = (s64)(s32)(u32)bpf_get_current_pid_tgid();
    if (!(t1 != 0LL))
        return;
    s64 t2 = (s64)tt_switch_state(ctx);
    if (!(u64)((t2 == 0LL) || (t2 == 256LL)))
        return;
    u64 nsecs_3 = bpf_ktime_get_ns();
    s32 key4 = t1;
    u64 *at5 = m0_queued.lookup(&key4);
    if (at5) {
        *at5 = nsecs_3;
    } else {
        u64 first6 = nsecs_3;
        if (m0_queued.update(&key4, &first6))
            tt_drop(0);
    }
}

static __always_inline void tt_sched_switch_3_2(struct bpf_raw_tracepoint_args *ctx, struct tt_control *control)
{
    s32 next_pid_1 = 0;
    bpf_probe_read_kernel(&next_pid_1, sizeof(next_pid_1), (void *)(ctx->args[2] + 1264));
    if (!((s64)next_pid_1 != 0LL))
        return;
    s32 key2 = (s64)next_pid_1;
    u64 *at3 = m0_queued.lookup(&key2);
    u64 old4 = at3 ? *at3 : 0;
    if (!old4)
        return;
    u64 nsecs_5 = bpf_ktime_get_ns();
    u64 old6 = at3 ? *at3 : 0;
    s64 value7 = (s64)(nsecs_5 - old6);
    u32 key8 = tt_log_bucket(value7, 3);
    u64 *at9 = m1_wait.lookup(&key8);
    if (at9) {
        *at9 += 1;
    } else {
        tt_drop(1);
    }
    if (at3) {
        *at3 = 0;
    }
}

/* tracepoint:sched:sched_switch */
int tt_sched_switch_3(struct bpf_raw_tracepoint_args *ctx)
{
    u32 zero = 0;
    struct tt_control *control = tt_control.lookup(&zero);
    if (!control)
        return 0;
    if (control->sample == 0xffffffff)
        return 0;
    bool picked = control->sample <= 1 || !(bpf_get_prandom_u32() % control->sample);
    bool current = tt_current_wanted(control);
    if (picked && current)
        tt_sched_switch_3_1(ctx, control);
    if (tt_task_wanted(control, ctx->args[2], 1268, 1752))
        tt_sched_switch_3_2(ctx, control);
    return 0;
}
