/* libbcc's helpers.h asks which helpers this kernel has; tracetop passes the running kernel's version. */
#ifndef TT_LINUX_VERSION_H
#define TT_LINUX_VERSION_H
#define KERNEL_VERSION(a, b, c) (((a) << 16) + ((b) << 8) + ((c) > 255 ? 255 : (c)))
#define LINUX_VERSION_CODE TT_LINUX_VERSION_CODE
#endif
