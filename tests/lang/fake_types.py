"""Types of C that are written down: what Linux 6.18 on x86_64 has of the structs that the tests walk through.

A member is a line ``TYPE NAME OFFSET``, a bit-field's offset ``BYTES:BIT:WIDTH``; an anonymous member's name is ``-``.
"""

from msgspec import structs

from tracetop.model.ctype import CHAR, VOID, CField, CFunction, CKind, CParameter, CStruct, CType

_INTEGERS = {
    "unsigned char": (1, False),
    "short": (2, True),
    "unsigned short": (2, False),
    "int": (4, True),
    "unsigned int": (4, False),
    "long": (8, True),
    "unsigned long": (8, False),
}
_TYPEDEFS = {
    "u8": "unsigned char",
    "u16": "unsigned short",
    "__be16": "unsigned short",
    "u32": "unsigned int",
    "__be32": "unsigned int",
    "u64": "unsigned long",
    "s64": "long",
    "pid_t": "int",
    "uid_t": "unsigned int",
    "gid_t": "unsigned int",
    "dev_t": "unsigned int",
    "gfp_t": "unsigned int",
    "fmode_t": "unsigned int",
    "umode_t": "unsigned short",
    "blk_status_t": "unsigned char",
    "size_t": "unsigned long",
    "ssize_t": "long",
    "loff_t": "long",
    "kuid_t": "struct anonymous#kuid",
    "kgid_t": "struct anonymous#kgid",
    "atomic_t": "struct anonymous#atomic",
}
_ENUMS = {
    "pid_type": (4, ("PIDTYPE_PID", "PIDTYPE_TGID", "PIDTYPE_PGID", "PIDTYPE_SID", "PIDTYPE_MAX")),
    "hrtimer_mode": (4, ("HRTIMER_MODE_ABS", "HRTIMER_MODE_REL", "HRTIMER_MODE_PINNED")),
    "anonymous#tcp": (4, ("", "TCP_ESTABLISHED", "TCP_SYN_SENT", "TCP_SYN_RECV", "TCP_FIN_WAIT1", "TCP_FIN_WAIT2")),
}
_MACROS = {"AF_INET": 2, "AF_INET6": 10, "EPERM": 1, "ENOENT": 2, "O_CREAT": 64, "PAGE_SIZE": 4096, "SIGKILL": 9}
_REGISTERS = (
    *("r15", "r14", "r13", "r12", "bp", "bx", "r11", "r10", "r9", "r8", "ax", "cx", "dx", "si", "di"),
    *("orig_ax", "ip", "csx", "flags", "sp", "ssx"),
)
_STRUCTS: dict[str, tuple[str, ...]] = {
    "struct task_struct 3264": (
        "struct thread_info thread_info 0",
        "unsigned int __state 24",
        "unsigned int flags 44",
        "int on_cpu 52",
        "int prio 108",
        "struct mm_struct * mm 1136",
        "int exit_state 1160",
        "int exit_code 1164",
        "unsigned int in_execve 1192:3:1",
        "unsigned int in_iowait 1192:4:1",
        "pid_t pid 1264",
        "pid_t tgid 1268",
        "struct task_struct * real_parent 1280",
        "struct task_struct * parent 1288",
        "struct list_head children 1296",
        "struct task_struct * group_leader 1328",
        "u64 utime 1488",
        "u64 start_time 1552",
        "struct cred * cred 1736",
        "char[16] comm 1752",
        "struct nsproxy * nsproxy 1840",
    ),
    "struct thread_info 24": ("unsigned long flags 0", "u32 cpu 20"),
    "struct list_head 16": ("struct list_head * next 0", "struct list_head * prev 8"),
    "struct mm_struct 1472": ("struct anonymous#mm - 0", "unsigned long[0] cpu_bitmap 1472"),
    "struct anonymous#mm 1472": (
        "struct anonymous#mm_count - 0",
        "int map_count 176",
        "unsigned long total_vm 360",
        "unsigned long start_code 424",
        "unsigned long arg_start 480",
        "unsigned long arg_end 488",
        "unsigned long[56] saved_auxv 512",
        "struct task_struct * owner 1296",
        "struct file * exe_file 1312",
    ),
    "struct anonymous#mm_count 64": ("atomic_t mm_count 0",),
    "struct anonymous#atomic 4": ("int counter 0",),
    "struct cred 184": ("kuid_t uid 8", "kgid_t gid 12", "kuid_t euid 24"),
    "struct anonymous#kuid 4": ("uid_t val 0",),
    "struct anonymous#kgid 4": ("gid_t val 0",),
    "struct nsproxy 72": ("struct mnt_namespace * mnt_ns 24", "struct net * net_ns 40"),
    "struct file 184": (
        "fmode_t f_mode 4",
        "struct inode * f_inode 32",
        "unsigned int f_flags 40",
        "union anonymous#f_path - 64",
        "loff_t f_pos 112",
    ),
    "union anonymous#f_path 16": ("struct path f_path 0", "struct path __f_path 0"),
    "struct path 16": ("struct vfsmount * mnt 0", "struct dentry * dentry 8"),
    "struct dentry 192": (
        "unsigned int d_flags 0",
        "struct dentry * d_parent 24",
        "union anonymous#d_name - 32",
        "struct inode * d_inode 48",
        "struct super_block * d_sb 104",
    ),
    "union anonymous#d_name 16": ("struct qstr __d_name 0", "struct qstr d_name 0"),
    "struct qstr 16": ("union anonymous#hash_len - 0", "unsigned char * name 8"),
    "union anonymous#hash_len 8": ("struct anonymous#hash - 0", "u64 hash_len 0"),
    "struct anonymous#hash 8": ("u32 hash 0", "u32 len 4"),
    "struct inode 616": (
        "umode_t i_mode 0",
        "kuid_t i_uid 4",
        "struct super_block * i_sb 40",
        "unsigned long i_ino 64",
        "dev_t i_rdev 76",
        "loff_t i_size 80",
    ),
    "struct super_block 1472": ("dev_t s_dev 16", "unsigned long s_magic 96", "char[32] s_id 936"),
    "struct sock 784": ("struct sock_common __sk_common 0", "u16 sk_protocol 532", "u16 sk_type 534"),
    "struct sock_common 136": (
        "union anonymous#skc_addrpair - 0",
        "union anonymous#skc_portpair - 12",
        "unsigned short skc_family 16",
        "unsigned char skc_state 18",
        "unsigned char skc_reuse 19:0:4",
        "unsigned char skc_reuseport 19:4:1",
        "struct in6_addr skc_v6_daddr 56",
        "struct in6_addr skc_v6_rcv_saddr 72",
    ),
    "union anonymous#skc_addrpair 8": ("u64 skc_addrpair 0", "struct anonymous#skc_daddr - 0"),
    "struct anonymous#skc_daddr 8": ("__be32 skc_daddr 0", "__be32 skc_rcv_saddr 4"),
    "union anonymous#skc_portpair 4": ("u32 skc_portpair 0", "struct anonymous#skc_dport - 0"),
    "struct anonymous#skc_dport 4": ("__be16 skc_dport 0", "u16 skc_num 2"),
    "struct in6_addr 16": ("union anonymous#in6_u in6_u 0",),
    "union anonymous#in6_u 16": ("u8[16] u6_addr8 0", "__be16[8] u6_addr16 0", "__be32[4] u6_addr32 0"),
    "struct request 248": ("int tag 32", "unsigned int __data_len 44", "u64 start_time_ns 104"),
    "struct linux_binprm 408": ("struct file * file 64", "int argc 88", "char * filename 96"),
    "struct pt_regs 168": tuple(f"unsigned long {name} {8 * index}" for index, name in enumerate(_REGISTERS)),
}
_FUNCTIONS = {
    "ssize_t vfs_read": "struct file * file, char * buf, size_t count, loff_t * pos",
    "ssize_t vfs_write": "struct file * file, char * buf, size_t count, loff_t * pos",
    "int vfs_open": "struct path * path, struct file * file",
    "int tcp_connect": "struct sock * sk",
    "int tcp_sendmsg": "struct sock * sk, struct msghdr * msg, size_t size",
    "int do_nanosleep": "struct hrtimer_sleeper * t, enum hrtimer_mode mode",
    "void wake_up_new_task": "struct task_struct * p",
    "int do_unlinkat": "int dfd, struct filename * name",
    "void kfree": "void * object",
}
_RAW_TRACEPOINTS = {
    "void sys_enter": "struct pt_regs * regs, long id",
    "void sys_exit": "struct pt_regs * regs, long ret",
    "void sched_wakeup": "struct task_struct * p",
    "void sched_wakeup_new": "struct task_struct * p",
    "void sched_waking": "struct task_struct * p",
    "void sched_switch": "bool preempt, struct task_struct * prev, struct task_struct * next, unsigned int prev_state",
    "void sched_process_exec": "struct task_struct * p, pid_t old_pid, struct linux_binprm * bprm",
    "void sched_process_exit": "struct task_struct * p, bool group_dead",
    "void block_rq_issue": "struct request * rq",
    "void block_rq_complete": "struct request * rq, blk_status_t error, unsigned int nr_bytes",
    "void page_fault_user": "unsigned long address, struct pt_regs * regs, unsigned long error_code",
    "void kmalloc": (
        "unsigned long call_site, void * ptr, size_t bytes_req, size_t bytes_alloc, gfp_t gfp_flags, int node"
    ),
}
_SIZES = {heading.rsplit(" ", 1)[0]: int(heading.rsplit(" ", 1)[1]) for heading in _STRUCTS}


def c_type(text: str) -> CType | None:
    """Return the type of ``struct NAME``, ``pid_t``, ``char[16]``, ``struct NAME *`` and the like; None for no such."""
    if text.endswith("*"):
        element = c_type(text[:-1].strip())
        return element and CType(kind=CKind.POINTER, size=8, element=element)
    if text.endswith("]"):
        inner, _, count = text[:-1].rpartition("[")
        element = c_type(inner)
        size = element.size * int(count) if element else 0
        return element and CType(kind=CKind.ARRAY, size=size, element=element, count=int(count))
    if text in _TYPEDEFS:
        aliased = c_type(_TYPEDEFS[text])
        return aliased and structs.replace(aliased, alias=text)
    if text in _INTEGERS:
        size, signed = _INTEGERS[text]
        return CType(kind=CKind.INT, size=size, signed=signed, name=text)
    return _tagged(*text.partition(" ")[::2]) or {
        "void": VOID,
        "char": structs.replace(CHAR, signed=False),  # since v6.2 the kernel's have no sign
        "bool": CType(kind=CKind.BOOL, size=1, name="bool"),
    }.get(text)


def _tagged(tag: str, name: str) -> CType | None:
    if tag == "enum" and name in _ENUMS:
        return CType(kind=CKind.ENUM, size=_ENUMS[name][0], name=name)
    if tag in ("struct", "union") and name:
        return CType(kind=CKind(tag), size=_SIZES.get(f"{tag} {name}", 0), name=name)
    return None


def _member(line: str) -> CField:
    c_name, name, place = line.rsplit(" ", 2)
    offset, bit_offset, bits = (int(number) for number in f"{place}:0:0".split(":")[:3])
    return CField(name=name.removeprefix("-"), type=_known(c_name), offset=offset, bit_offset=bit_offset, bits=bits)


def _function(heading: str, parameters: str) -> CFunction:
    returns, name = heading.rsplit(" ", 1)
    pairs = (parameter.rsplit(" ", 1) for parameter in parameters.split(", "))
    taken = tuple(CParameter(parameter, _known(c_name)) for c_name, parameter in pairs)
    return CFunction(name=name, parameters=taken, returns=_known(returns))


def _known(text: str) -> CType:
    found = c_type(text)
    assert found, text
    return found


STRUCTS = {
    name: CStruct(name=name, size=int(size), fields=tuple(map(_member, lines)), is_union=tag == "union")
    for (tag, name, size), lines in ((heading.split(), lines) for heading, lines in _STRUCTS.items())
}
NAMED_TYPES = {
    name: _known(name)
    for name in [*_INTEGERS, *_TYPEDEFS, *_SIZES, "void", "char", "bool", *(f"enum {name}" for name in _ENUMS)]
    if "#" not in name
}
ENUMS = {name: {value: each for value, each in enumerate(names) if each} for name, (_, names) in _ENUMS.items()}
CONSTANTS = {
    **{each: (value, _known(f"enum {name}")) for name, names in ENUMS.items() for value, each in names.items()},
    **{name: (value, _known("long")) for name, value in _MACROS.items()},
}
FUNCTIONS = {function.name: function for function in (_function(*each) for each in _FUNCTIONS.items())}
RAW_TRACEPOINTS = {function.name: function for function in (_function(*each) for each in _RAW_TRACEPOINTS.items())}
