"""What serves instead of a kernel function that this kernel lets nobody probe: a tracepoint beside it, or fentry.

Owns: the table of well-known functions. Names only what this kernel has.
"""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from tracetop.errors import nearest
from tracetop.model.kernel import Kernel
from tracetop.model.kinds import Family, ProbeKind

_SIMILAR = 0.75
"""How like a function's name that of a tracepoint must be to be worth a word."""
_WAYS = tuple(kind for kind in ProbeKind if kind.facts.family is Family.FUNCTION)
_SYSTEM_CALLS = {
    "vfs_read": "read",
    "vfs_write": "write",
    "vfs_open": "openat",
    "vfs_fsync*": "fsync",
    "vfs_unlink": "unlinkat",
    "vfs_stat*": "newfstatat",
    "vfs_create": "openat",
    "vfs_rename": "renameat2",
    "vfs_mkdir": "mkdirat",
    "do_sys_open*": "openat",
    "do_filp_open": "openat",
    "do_nanosleep": "clock_nanosleep",
    "hrtimer_nanosleep": "clock_nanosleep",
    "do_futex": "futex",
    "tcp_sendmsg*": "sendto",
    "tcp_recvmsg*": "recvfrom",
    "udp_sendmsg": "sendto",
    "udp_recvmsg": "recvfrom",
    "sock_sendmsg": "sendto",
    "sock_recvmsg": "recvfrom",
    "inet_accept": "accept4",
    "inet_csk_accept": "accept4",
    "inet_listen": "listen",
    "inet_bind": "bind",
    "security_file_open": "openat",
    "do_mmap": "mmap",
}
"""Functions that a system call runs. Patterns, the first that matches."""
_TRACEPOINTS = {
    "tcp_connect": "sock:inet_sock_set_state",
    "tcp_v?_connect": "sock:inet_sock_set_state",
    "tcp_set_state": "sock:inet_sock_set_state",
    "tcp_close": "sock:inet_sock_set_state",
    "tcp_retransmit_skb": "tcp:tcp_retransmit_skb",
    "tcp_drop*": "skb:kfree_skb",
    "kfree_skb*": "skb:kfree_skb",
    "tcp_v?_rcv": "net:netif_receive_skb",
    "tcp_rcv_established": "tcp:tcp_probe",
    "dev_queue_xmit": "net:net_dev_queue",
    "blk_account_io_start": "block:block_io_start",
    "blk_account_io_d*": "block:block_io_done",
    "blk_mq_start_request": "block:block_rq_issue",
    "blk_update_request": "block:block_rq_complete",
    "submit_bio*": "block:block_bio_queue",
    "finish_task_switch*": "sched:sched_switch",
    "schedule": "sched:sched_switch",
    "__schedule": "sched:sched_switch",
    "try_to_wake_up": "sched:sched_wakeup",
    "ttwu_do_wakeup": "sched:sched_wakeup",
    "wake_up_new_task": "sched:sched_wakeup_new",
    "set_task_cpu": "sched:sched_migrate_task",
    "do_exit": "sched:sched_process_exit",
    "kernel_clone": "sched:sched_process_fork",
    "_do_fork": "sched:sched_process_fork",
    "wake_up_process": "sched:sched_waking",
    "do_execve*": "sched:sched_process_exec",
    "begin_new_exec": "sched:sched_process_exec",
    "oom_kill_process": "oom:mark_victim",
    "kmem_cache_alloc*": "kmem:kmem_cache_alloc",
    "kmem_cache_free*": "kmem:kmem_cache_free",
    "kmalloc*": "kmem:kmalloc",
    "__kmalloc*": "kmem:kmalloc",
    "kfree": "kmem:kfree",
    "__alloc_pages*": "kmem:mm_page_alloc",
    "handle_mm_fault": "exceptions:page_fault_user",
    "do_user_addr_fault": "exceptions:page_fault_user",
    "exc_page_fault": "exceptions:page_fault_user",
    "filemap_add_folio": "filemap:mm_filemap_add_to_page_cache",
    "add_to_page_cache_lru": "filemap:mm_filemap_add_to_page_cache",
    "mark_page_accessed": "pagemap:mm_lru_activate",
    "__do_softirq": "irq:softirq_entry",
    "handle_irq_event*": "irq:irq_handler_entry",
    "queue_work*": "workqueue:workqueue_queue_work",
    "process_one_work": "workqueue:workqueue_execute_start",
    "send_signal*": "signal:signal_generate",
    "get_signal": "signal:signal_deliver",
    "shrink_node": "vmscan:mm_vmscan_direct_reclaim_begin",
    "do_try_to_free_pages": "vmscan:mm_vmscan_direct_reclaim_begin",
    "cap_capable": "capability:cap_capable",
}
"""Functions beside a tracepoint. Patterns, the first that matches."""
_SYSTEM_CALL_NAME = re.compile(r"_*(?:(?:x64|arm64|ia32|se|do)_)*_*k?sys_(\w+)")


def substitute(function: str, kind: ProbeKind, kernel: Kernel) -> str:
    """Return what to write instead of a probe of `kind` on a kernel function, as the hint of an error."""
    names = frozenset(kernel.tracepoint_names())
    twin = next(each for each in _WAYS if each is not kind and each.facts.returns == kind.facts.returns)
    has_function = kernel.function(function) is not None
    if has_function and not kernel.refuses(twin):
        return f"use {twin}:{function}"
    for name in _beside(function, kind):
        if name in names:
            return f"use tracepoint:{name}"
    events = {name.partition(":")[2]: name for name in sorted(names)}
    similar = nearest(function, events, _SIMILAR)
    if similar:
        return f"tracepoint:{events[similar]} may serve; see `tracetop list` for others"
    return "look for a tracepoint near it: tracetop list 'tracepoint:*'"


def _beside(function: str, kind: ProbeKind) -> Iterator[str]:
    """Yield tracepoints that tell what a probe on the function would, the best first."""
    verb = "sys_exit" if kind.facts.returns else "sys_enter"
    calls = [call for pattern, call in _SYSTEM_CALLS.items() if _matches(function, pattern)]
    match = _SYSTEM_CALL_NAME.fullmatch(function)
    if match:
        calls.append(match[1])
    for call in calls:
        yield f"syscalls:{verb}_{call}"
    yield from (name for pattern, name in _TRACEPOINTS.items() if _matches(function, pattern))


def _matches(function: str, pattern: str) -> bool:
    """Say whether a function, or a script's wildcard for some, is in the table under that pattern."""
    return fnmatchcase(function, pattern) or fnmatchcase(pattern, function)
