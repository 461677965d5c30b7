"""Constants that C knows as macros, which BTF does not have.

Those of the interface to user space, whose values Python's own modules know, and those of the kernel that scripts
commonly name and that no version has changed. Owns: that list. Refuses to own: enumerators (`btf`). The privileged
tracer process.
"""

import os
from importlib import import_module

from tracetop.model.syscalls import syscall_names

_MODULES = (
    ("errno", ("E",)),
    ("signal", ("SIG",)),
    ("socket", ("AF_", "IP_", "IPV6_", "IPPROTO_", "MSG_", "SO_", "SOCK_", "SOL_", "TCP_")),
    ("stat", ("S_I",)),
    ("os", ("O_", "F_OK", "R_OK", "W_OK", "X_OK", "SEEK_", "SCHED_", "WNOHANG", "WUNTRACED", "WCONTINUED")),
    ("fcntl", ("F_", "FD_", "LOCK_", "DN_")),
    ("mmap", ("MAP_", "PROT_", "MADV_")),
    ("resource", ("RLIMIT_", "RUSAGE_")),
    ("select", ("EPOLL", "POLL")),
    ("time", ("CLOCK_",)),
)
"""Modules and what the names begin with that they have from C."""
_CALLS = ("__NR_", "SYS_")
"""What the names of system calls' numbers begin with."""
_KERNEL_TABLE = """
# uapi/asm/signal.h; the C library keeps the first two of these for itself
SIGRTMIN=32
# linux/sched.h
TASK_RUNNING=0x0 TASK_INTERRUPTIBLE=0x1 TASK_UNINTERRUPTIBLE=0x2 __TASK_STOPPED=0x4 __TASK_TRACED=0x8 EXIT_DEAD=0x10
EXIT_ZOMBIE=0x20 EXIT_TRACE=0x30 TASK_PARKED=0x40 TASK_DEAD=0x80 TASK_WAKEKILL=0x100 TASK_WAKING=0x200
TASK_NOLOAD=0x400 TASK_NEW=0x800 TASK_KILLABLE=0x102 TASK_IDLE=0x402 TASK_NORMAL=0x3 TASK_COMM_LEN=16 PF_IDLE=0x2
PF_EXITING=0x4 PF_WQ_WORKER=0x20 PF_FORKNOEXEC=0x40 PF_KTHREAD=0x200000
# uapi/linux/sched.h
CLONE_VM=0x100 CLONE_FS=0x200 CLONE_FILES=0x400 CLONE_SIGHAND=0x800 CLONE_PIDFD=0x1000 CLONE_PTRACE=0x2000
CLONE_VFORK=0x4000 CLONE_PARENT=0x8000 CLONE_THREAD=0x10000 CLONE_NEWNS=0x20000 CLONE_SYSVSEM=0x40000
CLONE_SETTLS=0x80000 CLONE_NEWCGROUP=0x2000000 CLONE_NEWUTS=0x4000000 CLONE_NEWIPC=0x8000000 CLONE_NEWUSER=0x10000000
CLONE_NEWPID=0x20000000 CLONE_NEWNET=0x40000000 CLONE_IO=0x80000000
# linux/fs.h, uapi/linux/fcntl.h, linux/kdev_t.h, uapi/linux/limits.h
FMODE_READ=0x1 FMODE_WRITE=0x2 AT_FDCWD=-100 AT_SYMLINK_NOFOLLOW=0x100 AT_REMOVEDIR=0x200 AT_EMPTY_PATH=0x1000
MINORBITS=20 MINORMASK=0xfffff NAME_MAX=255 PATH_MAX=4096
# uapi/linux/stat.h; Python has a function of that name
S_IFMT=0o170000
# linux/errno.h, linux/err.h
ERESTARTSYS=512 ERESTARTNOINTR=513 ERESTARTNOHAND=514 ENOIOCTLCMD=515 ERESTART_RESTARTBLOCK=516 EPROBE_DEFER=517
MAX_ERRNO=4095
# uapi/linux/futex.h
FUTEX_WAIT=0 FUTEX_WAKE=1 FUTEX_FD=2 FUTEX_REQUEUE=3 FUTEX_CMP_REQUEUE=4 FUTEX_WAKE_OP=5 FUTEX_LOCK_PI=6
FUTEX_UNLOCK_PI=7 FUTEX_TRYLOCK_PI=8 FUTEX_WAIT_BITSET=9 FUTEX_WAKE_BITSET=10 FUTEX_WAIT_REQUEUE_PI=11
FUTEX_CMP_REQUEUE_PI=12 FUTEX_PRIVATE_FLAG=128 FUTEX_CLOCK_REALTIME=256
# uapi/linux/if_ether.h, uapi/linux/if.h
ETH_ALEN=6 ETH_P_IP=0x0800 ETH_P_ARP=0x0806 ETH_P_8021Q=0x8100 ETH_P_IPV6=0x86DD IFNAMSIZ=16 AF_LOCAL=1
AF_PACKET=17 ETH_P_ALL=0x0003 ETH_P_RARP=0x8035 ETH_HLEN=14 IFF_UP=0x1 IFF_LOOPBACK=0x8
# uapi/linux/icmp.h, uapi/linux/icmpv6.h
ICMP_ECHOREPLY=0 ICMP_DEST_UNREACH=3 ICMP_SOURCE_QUENCH=4 ICMP_REDIRECT=5 ICMP_ECHO=8 ICMP_TIME_EXCEEDED=11
ICMP_PARAMETERPROB=12 ICMP_TIMESTAMP=13 ICMP_TIMESTAMPREPLY=14 ICMP_INFO_REQUEST=15 ICMP_INFO_REPLY=16 ICMP_ADDRESS=17
ICMP_ADDRESSREPLY=18 ICMP_NET_UNREACH=0 ICMP_HOST_UNREACH=1 ICMP_PROT_UNREACH=2 ICMP_PORT_UNREACH=3 ICMP_FRAG_NEEDED=4
ICMPV6_DEST_UNREACH=1 ICMPV6_PKT_TOOBIG=2 ICMPV6_TIME_EXCEED=3 ICMPV6_PARAMPROB=4 ICMPV6_ECHO_REQUEST=128
ICMPV6_ECHO_REPLY=129
# linux/fs_types.h
DT_UNKNOWN=0 DT_FIFO=1 DT_CHR=2 DT_DIR=4 DT_BLK=6 DT_REG=8 DT_LNK=10 DT_SOCK=12 DT_WHT=14
# uapi/linux/in.h, uapi/linux/tcp.h: those that not every libc has
IPPROTO_IP=0 IPPROTO_ICMP=1 IPPROTO_IGMP=2 IPPROTO_TCP=6 IPPROTO_UDP=17 IPPROTO_IPV6=41 IPPROTO_GRE=47 IPPROTO_ESP=50
IPPROTO_AH=51 IPPROTO_ICMPV6=58 IPPROTO_SCTP=132 IPPROTO_UDPLITE=136 IPPROTO_RAW=255 IPPROTO_MPTCP=262
# linux/stddef.h
NULL=0
# vdso/time64.h, vdso/limits.h
MSEC_PER_SEC=1000 USEC_PER_MSEC=1000 NSEC_PER_USEC=1000 USEC_PER_SEC=1000000 NSEC_PER_MSEC=1000000
NSEC_PER_SEC=1000000000 INT_MAX=0x7fffffff INT_MIN=-0x80000000 UINT_MAX=0xffffffff LONG_MAX=0x7fffffffffffffff
LONG_MIN=-0x8000000000000000 ULONG_MAX=0xffffffffffffffff LLONG_MAX=0x7fffffffffffffff LLONG_MIN=-0x8000000000000000
ULLONG_MAX=0xffffffffffffffff
"""
_KERNEL = {
    name: int(value, 0)
    for line in _KERNEL_TABLE.splitlines()
    if not line.startswith("#")
    for name, _, value in (word.partition("=") for word in line.split())
}
_O_LARGEFILE = {"x86_64": 0o100000, "aarch64": 0o400000}
"""The kernel's: to programs of 64 bits it is 0."""


def macro(name: str) -> int | None:
    """Return the value of a well-known macro, or None for an unknown one."""
    if name in _KERNEL:
        return _KERNEL[name]
    if name in ("PAGE_SIZE", "PAGE_SHIFT", "PAGE_MASK"):
        size = os.sysconf("SC_PAGE_SIZE")
        return {"PAGE_SIZE": size, "PAGE_SHIFT": size.bit_length() - 1, "PAGE_MASK": (1 << 64) - size}[name]
    if name == "O_LARGEFILE":
        return _O_LARGEFILE.get(os.uname().machine)
    if name.startswith(_CALLS):
        call = name.partition("_" if name[0] == "S" else "__NR_")[2]
        return next((number for number, each in syscall_names(os.uname().machine).items() if each == call), None)
    if not name.isupper():
        return None
    for module, prefixes in _MODULES:
        if name.startswith(prefixes):
            value = getattr(import_module(module), name, None)
            if isinstance(value, int):
                return int(value)
    return None
