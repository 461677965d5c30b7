/* The context of perf-event programs (profile, interval, software). */
#ifndef TT_LINUX_BPF_PERF_EVENT_H
#define TT_LINUX_BPF_PERF_EVENT_H
#include <asm/ptrace.h>

struct bpf_perf_event_data {
    struct pt_regs regs;
    u64 sample_period;
    u64 addr;
};
#endif
