
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
BPF_PERCPU_ARRAY(tt_drops, u64, 9);
BPF_PERCPU_HASH(m0_syscalls, u32, u64, 16384);
BPF_PERCPU_HASH(m1_switches, u32, u64, 16384);
BPF_PERCPU_HASH(m2_faults, u32, u64, 16384);
struct m3_name_value { char text[16]; };
BPF_HASH(m3_name, u32, struct m3_name_value, 16384);
BPF_PERCPU_HASH(m4_read_bytes, u32, s64, 16384);
BPF_PERCPU_HASH(m5_write_bytes, u32, s64, 16384);
BPF_HASH(m6_messages, u32, u64, 16384);

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

struct tt_sched_process_exit_4_record {
    u64 common;
    char f_comm[16];
    s32 f_pid;
    s32 f_prio;
};

struct tt_sys_exit_read_5_record {
    u64 common;
    u8 pad8[8];
    s64 f_ret;
};

struct tt_sys_exit_write_12_record {
    u64 common;
    u8 pad8[8];
    s64 f_ret;
};

struct tt_sys_exit_sendfile64_19_record {
    u64 common;
    u8 pad8[8];
    s64 f_ret;
};

struct tt_sys_enter_recvmmsg_22_record {
    u64 common;
    u8 pad8[16];
    u64 f_mmsg;
};

static __always_inline void tt_sys_enter_1_1(struct bpf_raw_tracepoint_args *ctx, struct tt_control *control)
{
    u64 pid_1 = bpf_get_current_pid_tgid() >> 32;
    u32 key2 = pid_1;
    u64 *at3 = m0_syscalls.lookup(&key2);
    if (at3) {
        *at3 += 1;
    } else {
        u64 first4 = 1;
        if (m0_syscalls.update(&key2, &first4))
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

static __always_inline void tt_sched_switch_2_1(struct bpf_raw_tracepoint_args *ctx, struct tt_control *control)
{
    u64 pid_1 = bpf_get_current_pid_tgid() >> 32;
    if (!pid_1)
        return;
    u32 key2 = pid_1;
    u64 *at3 = m1_switches.lookup(&key2);
    if (at3) {
        *at3 += 1;
    } else {
        u64 first4 = 1;
        if (m1_switches.update(&key2, &first4))
            tt_drop(1);
    }
}

/* tracepoint:sched:sched_switch */
int tt_sched_switch_2(struct bpf_raw_tracepoint_args *ctx)
{
    u32 zero = 0;
    struct tt_control *control = tt_control.lookup(&zero);
    if (!control)
        return 0;
    if (control->sample > 1 && bpf_get_prandom_u32() % control->sample)
        return 0;
    bool current = tt_current_wanted(control);
    if (current)
        tt_sched_switch_2_1(ctx, control);
    return 0;
}

static __always_inline void tt_page_fault_user_3_1(struct bpf_raw_tracepoint_args *ctx, struct tt_control *control)
{
    u64 pid_1 = bpf_get_current_pid_tgid() >> 32;
    u32 key2 = pid_1;
    u64 *at3 = m2_faults.lookup(&key2);
    if (at3) {
        *at3 += 1;
    } else {
        u64 first4 = 1;
        if (m2_faults.update(&key2, &first4))
            tt_drop(2);
    }
}

/* tracepoint:exceptions:page_fault_user */
int tt_page_fault_user_3(struct bpf_raw_tracepoint_args *ctx)
{
    u32 zero = 0;
    struct tt_control *control = tt_control.lookup(&zero);
    if (!control)
        return 0;
    if (control->sample > 1 && bpf_get_prandom_u32() % control->sample)
        return 0;
    bool current = tt_current_wanted(control);
    if (current)
        tt_page_fault_user_3_1(ctx, control);
    return 0;
}

static __always_inline void tt_sched_process_exit_4_1(struct tt_sched_process_exit_4_record *ctx, struct tt_control *control)
{
    u64 pid_1 = bpf_get_current_pid_tgid() >> 32;
    u64 tid_2 = (u32)bpf_get_current_pid_tgid();
    if (!(pid_1 == tid_2))
        return;
    u32 key3 = pid_1;
    struct m3_name_value new4 __attribute__((aligned(8))) = {};
    bpf_get_current_comm(new4.text, 16);
    if (m3_name.update(&key3, &new4))
        tt_drop(3);
}

/* tracepoint:sched:sched_process_exit */
int tt_sched_process_exit_4(struct tt_sched_process_exit_4_record *ctx)
{
    u32 zero = 0;
    struct tt_control *control = tt_control.lookup(&zero);
    if (!control)
        return 0;
    if (control->sample > 1 && bpf_get_prandom_u32() % control->sample)
        return 0;
    tt_sched_process_exit_4_1(ctx, control);
    return 0;
}

static __always_inline void tt_sys_exit_read_5_1(struct tt_sys_exit_read_5_record *ctx, struct tt_control *control)
{
    s64 value1 = (s64)ctx->f_ret;
    u64 pid_2 = bpf_get_current_pid_tgid() >> 32;
    u32 key3 = pid_2;
    s64 *at4 = m4_read_bytes.lookup(&key3);
    if (at4) {
        *at4 += value1;
    } else {
        s64 first5 = value1;
        if (m4_read_bytes.update(&key3, &first5))
            tt_drop(4);
    }
}

/* tracepoint:syscalls:sys_exit_read */
int tt_sys_exit_read_5(struct tt_sys_exit_read_5_record *ctx)
{
    if (!(((s64)ctx->f_ret > 0LL)))
        return 0;
    u32 zero = 0;
    struct tt_control *control = tt_control.lookup(&zero);
    if (!control)
        return 0;
    if (control->sample > 1 && bpf_get_prandom_u32() % control->sample)
        return 0;
    bool current = tt_current_wanted(control);
    if (current)
        tt_sys_exit_read_5_1(ctx, control);
    return 0;
}

static __always_inline void tt_sys_exit_write_12_1(struct tt_sys_exit_write_12_record *ctx, struct tt_control *control)
{
    s64 value1 = (s64)ctx->f_ret;
    u64 pid_2 = bpf_get_current_pid_tgid() >> 32;
    u32 key3 = pid_2;
    s64 *at4 = m5_write_bytes.lookup(&key3);
    if (at4) {
        *at4 += value1;
    } else {
        s64 first5 = value1;
        if (m5_write_bytes.update(&key3, &first5))
            tt_drop(5);
    }
}

/* tracepoint:syscalls:sys_exit_write */
int tt_sys_exit_write_12(struct tt_sys_exit_write_12_record *ctx)
{
    if (!(((s64)ctx->f_ret > 0LL)))
        return 0;
    u32 zero = 0;
    struct tt_control *control = tt_control.lookup(&zero);
    if (!control)
        return 0;
    if (control->sample > 1 && bpf_get_prandom_u32() % control->sample)
        return 0;
    bool current = tt_current_wanted(control);
    if (current)
        tt_sys_exit_write_12_1(ctx, control);
    return 0;
}

static __always_inline void tt_sys_exit_sendfile64_19_1(struct tt_sys_exit_sendfile64_19_record *ctx, struct tt_control *control)
{
    s64 value1 = (s64)ctx->f_ret;
    u64 pid_2 = bpf_get_current_pid_tgid() >> 32;
    u32 key3 = pid_2;
    s64 *at4 = m4_read_bytes.lookup(&key3);
    if (at4) {
        *at4 += value1;
    } else {
        s64 first5 = value1;
        if (m4_read_bytes.update(&key3, &first5))
            tt_drop(4);
    }
    s64 value6 = (s64)ctx->f_ret;
    u32 key7 = pid_2;
    s64 *at8 = m5_write_bytes.lookup(&key7);
    if (at8) {
        *at8 += value6;
    } else {
        s64 first9 = value6;
        if (m5_write_bytes.update(&key7, &first9))
            tt_drop(5);
    }
}

/* tracepoint:syscalls:sys_exit_sendfile64 */
int tt_sys_exit_sendfile64_19(struct tt_sys_exit_sendfile64_19_record *ctx)
{
    if (!(((s64)ctx->f_ret > 0LL)))
        return 0;
    u32 zero = 0;
    struct tt_control *control = tt_control.lookup(&zero);
    if (!control)
        return 0;
    if (control->sample > 1 && bpf_get_prandom_u32() % control->sample)
        return 0;
    bool current = tt_current_wanted(control);
    if (current)
        tt_sys_exit_sendfile64_19_1(ctx, control);
    return 0;
}

static __always_inline void tt_sys_enter_recvmmsg_22_1(struct tt_sys_enter_recvmmsg_22_record *ctx, struct tt_control *control)
{
    u64 new1 = (u64)(u64)(u64)ctx->f_mmsg;
    u64 tid_2 = (u32)bpf_get_current_pid_tgid();
    u32 key3 = tid_2;
    u64 *at4 = m6_messages.lookup(&key3);
    if (at4) {
        *at4 = new1;
    } else {
        u64 first5 = new1;
        if (m6_messages.update(&key3, &first5))
            tt_drop(6);
    }
}

/* tracepoint:syscalls:sys_enter_recvmmsg */
int tt_sys_enter_recvmmsg_22(struct tt_sys_enter_recvmmsg_22_record *ctx)
{
    u32 zero = 0;
    struct tt_control *control = tt_control.lookup(&zero);
    if (!control)
        return 0;
    if (control->sample > 1 && bpf_get_prandom_u32() % control->sample)
        return 0;
    bool current = tt_current_wanted(control);
    if (current)
        tt_sys_enter_recvmmsg_22_1(ctx, control);
    return 0;
}
