/* Attributes and small macros that C text for the kernel takes for granted. */
#ifndef TT_LINUX_COMPILER_H
#define TT_LINUX_COMPILER_H
#define __always_inline inline __attribute__((always_inline))
#define noinline __attribute__((noinline))
#define __user
#define __percpu
#define __rcu
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define barrier() __asm__ volatile("" : : : "memory")
#define OPTIMIZER_HIDE_VAR(var) asm volatile("" : "+r"(var))
#define READ_ONCE(x) (*(const volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, value) (*(volatile typeof(x) *)&(x) = (value))
#define offsetof(type, member) __builtin_offsetof(type, member)
#endif
