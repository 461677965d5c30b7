#ifndef TT_LINUX_PTRACE_H
#define TT_LINUX_PTRACE_H
#include <asm/ptrace.h>
#endif
