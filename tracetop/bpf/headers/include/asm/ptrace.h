/* struct pt_regs with the kernel's own field names and order (those of /usr/include differ). */
#ifndef TT_ASM_PTRACE_H
#define TT_ASM_PTRACE_H
#include <linux/types.h>

#if defined(__x86_64__) || defined(__TARGET_ARCH_x86)
struct pt_regs {
    unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8;
    unsigned long ax, cx, dx, si, di;
    unsigned long orig_ax;
    unsigned long ip, cs, flags, sp, ss;
};
#elif defined(__aarch64__) || defined(__TARGET_ARCH_arm64)
struct pt_regs {
    u64 regs[31];
    u64 sp, pc, pstate;
    u64 orig_x0;
    s32 syscallno;
    u32 unused2;
};
#else
#error "tracetop knows the registers of x86_64 and aarch64 only"
#endif
#endif
