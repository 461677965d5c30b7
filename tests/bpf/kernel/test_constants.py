"""Well-known macros have the values that C's own headers give them."""

import os
import subprocess
from pathlib import Path

import pytest

from tracetop.bpf.kernel.constants import macro

OF_HEADERS = (
    *("EPERM", "ENOENT", "EAGAIN", "ETIMEDOUT", "SIGKILL", "SIGCHLD", "SIGSTOP"),
    *("AF_UNIX", "AF_LOCAL", "AF_INET", "AF_INET6", "AF_NETLINK", "SOCK_STREAM", "SOCK_DGRAM", "SOCK_NONBLOCK"),
    *("IPPROTO_TCP", "IPPROTO_UDP", "SOL_SOCKET", "SO_REUSEADDR", "TCP_NODELAY", "MSG_DONTWAIT"),
    *("O_RDONLY", "O_WRONLY", "O_RDWR", "O_CREAT", "O_CLOEXEC", "O_DIRECT", "O_APPEND", "SEEK_END", "AT_FDCWD"),
    *("S_IFMT", "S_IFREG", "S_IFDIR", "S_IFLNK", "S_IRUSR", "S_IXOTH", "AT_EMPTY_PATH", "AT_SYMLINK_NOFOLLOW"),
    *("PROT_READ", "PROT_EXEC", "MAP_SHARED", "MAP_ANONYMOUS", "F_DUPFD", "F_SETFL", "LOCK_EX", "RLIMIT_NOFILE"),
    *("CLOCK_MONOTONIC", "CLOCK_REALTIME", "EPOLLIN", "POLLHUP", "SCHED_FIFO", "WNOHANG", "NAME_MAX", "PATH_MAX"),
    *("CLONE_VM", "CLONE_FILES", "CLONE_THREAD", "CLONE_VFORK", "CLONE_NEWNS", "CLONE_NEWPID", "CLONE_NEWUSER"),
    *("CLONE_NEWNET", "CLONE_NEWUTS", "CLONE_NEWIPC", "CLONE_NEWCGROUP", "CLONE_IO", "CLONE_PIDFD", "CLONE_SETTLS"),
    *("FUTEX_WAIT", "FUTEX_WAKE", "FUTEX_REQUEUE", "FUTEX_WAKE_OP", "FUTEX_LOCK_PI", "FUTEX_WAIT_BITSET"),
    *("FUTEX_CMP_REQUEUE_PI", "FUTEX_PRIVATE_FLAG", "FUTEX_CLOCK_REALTIME", "ETH_P_IP", "ETH_P_IPV6", "ETH_ALEN"),
    *("ETH_P_ARP", "ETH_P_8021Q", "IFNAMSIZ", "INT_MAX", "INT_MIN", "UINT_MAX", "LONG_MAX", "LONG_MIN", "ULONG_MAX"),
)
HEADERS = (
    *("errno.h", "signal.h", "sys/socket.h", "netinet/in.h", "netinet/tcp.h", "fcntl.h", "sys/stat.h", "sys/mman.h"),
    *("sys/file.h", "sys/resource.h", "time.h", "sys/epoll.h", "poll.h", "sched.h", "sys/wait.h", "limits.h"),
    *("linux/limits.h", "linux/futex.h", "linux/if_ether.h", "net/if.h", "stdio.h", "unistd.h"),
)


def test_macros_agree_with_the_headers_of_c(tmp_path: Path) -> None:
    source, program = tmp_path / "macros.c", tmp_path / "macros"
    lines = [
        "#define _GNU_SOURCE",
        *(f"#include <{header}>" for header in HEADERS),
        "int main(void) {",
        *(f'printf("{name} %lld\\n", (long long){name});' for name in OF_HEADERS),
        "return 0; }",
    ]
    source.write_text("\n".join(lines))
    subprocess.run(["gcc", "-w", "-o", program, source], check=True)
    printed = subprocess.run([program], check=True, capture_output=True, text=True).stdout
    truth = {name: int(value) % (1 << 64) for name, value in map(str.split, printed.splitlines())}
    found = {name: macro(name) for name in OF_HEADERS}
    assert {name: value % (1 << 64) for name, value in found.items() if value is not None} == truth


def test_pages_are_as_large_as_this_machine_has_them() -> None:
    size, shift, mask = macro("PAGE_SIZE"), macro("PAGE_SHIFT"), macro("PAGE_MASK")
    assert size == os.sysconf("SC_PAGE_SIZE")
    assert shift is not None
    assert 1 << shift == size
    assert mask == (1 << 64) - size


@pytest.mark.parametrize("name", ["NO_SUCH_MACRO", "errorcode", "environ", "path", "E", "O_", "AF_NONSENSE", ""])
def test_what_is_no_macro_of_c_is_none(name: str) -> None:
    """What Python's modules have for themselves is not C's."""
    assert macro(name) is None
