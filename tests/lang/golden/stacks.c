
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
BPF_PERCPU_ARRAY(tt_drops, u64, 3);
struct tt_kstacks_frames { u64 ip[64]; };
BPF_TABLE("stacktrace", int, struct tt_kstacks_frames, tt_kstacks, 65536);
BPF_PERCPU_HASH(m0_, u32, u64, 16384);
#include <linux/bpf_perf_event.h>

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

static __always_inline void tt_profile_1_1(struct bpf_perf_event_data *ctx, struct tt_control *control)
{
    u64 pid_1 = bpf_get_current_pid_tgid() >> 32;
    if (!pid_1)
        return;
    s64 kstack_2 = tt_kstacks.get_stackid(ctx, 0);
    u32 key3 = kstack_2;
    u64 *at4 = m0_.lookup(&key3);
    if (at4) {
        *at4 += 1;
    } else {
        u64 first5 = 1;
        if (m0_.update(&key3, &first5))
            tt_drop(0);
    }
}

/* profile:hz:49 */
int tt_profile_1(struct bpf_perf_event_data *ctx)
{
    u32 zero = 0;
    struct tt_control *control = tt_control.lookup(&zero);
    if (!control)
        return 0;
    if (control->sample == 0xffffffff)
        return 0;
    bool current = tt_current_wanted(control);
    if (current)
        tt_profile_1_1(ctx, control);
    return 0;
}
