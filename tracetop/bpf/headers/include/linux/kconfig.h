/* The first header of every program: libbcc passes -include ./include/linux/kconfig.h. */
#ifndef TT_LINUX_KCONFIG_H
#define TT_LINUX_KCONFIG_H
#define CONFIG_BPF_SYSCALL 1
#define CONFIG_ARCH_HAS_SYSCALL_WRAPPER 1
#include <linux/compiler.h>
#include <linux/types.h>
#endif
