
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
BPF_HASH(m0_issued, u64, u64, 16384);
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

static __always_inline void tt_block_rq_issue_1_1(struct bpf_raw_tracepoint_args *ctx, struct tt_control *control)
{
    u64 nsecs_1 = bpf_ktime_get_ns();
    u64 key2 = (u64)ctx->args[0];
    u64 *at3 = m0_issued.lookup(&key2);
    if (at3) {
        *at3 = nsecs_1;
    } else {
        u64 first4 = nsecs_1;
        if (m0_issued.update(&key2, &first4))
            tt_drop(0);
    }
}

/* tracepoint:block:block_rq_issue */
int tt_block_rq_issue_1(struct bpf_raw_tracepoint_args *ctx)
{
    u32 zero = 0;
    struct tt_control *control = tt_control.lookup(&zero);
    if (!control)
        return 0;
    if (control->sample > 1 && bpf_get_prandom_u32() % control->sample)
        return 0;
    bool current = tt_current_wanted(control);
    if (current)
        tt_block_rq_issue_1_1(ctx, control);
    return 0;
}

static __always_inline void tt_block_rq_complete_2_1(struct bpf_raw_tracepoint_args *ctx, struct tt_control *control)
{
    u64 key1 = (u64)ctx->args[0];
    u64 *at2 = m0_issued.lookup(&key1);
    u64 old3 = at2 ? *at2 : 0;
    if (!old3)
        return;
    u64 nsecs_4 = bpf_ktime_get_ns();
    u64 old5 = at2 ? *at2 : 0;
    s64 value6 = (s64)(nsecs_4 - old5);
    u32 key7 = tt_log_bucket(value6, 3);
    u64 *at8 = m1_latency.lookup(&key7);
    if (at8) {
        *at8 += 1;
    } else {
        tt_drop(1);
    }
    if (at2) {
        *at2 = 0;
    }
}

/* tracepoint:block:block_rq_complete */
int tt_block_rq_complete_2(struct bpf_raw_tracepoint_args *ctx)
{
    u32 zero = 0;
    struct tt_control *control = tt_control.lookup(&zero);
    if (!control)
        return 0;
    if (control->sample == 0xffffffff)
        return 0;
    tt_block_rq_complete_2_1(ctx, control);
    return 0;
}
