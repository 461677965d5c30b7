"""The limit of locked memory, which older kernels count programs and maps against."""

import errno
import resource
from collections.abc import Callable
from typing import TypeVar

Made = TypeVar("Made")


def within_memory_limit(make: Callable[[], Made]) -> Made:
    """Return what `make` returns; where the kernel refuses it by EPERM, once more with the limit lifted. OSError."""
    try:
        return make()
    except OSError as error:
        if error.errno != errno.EPERM or not _lift():
            raise
    return make()


def _lift() -> bool:
    """Let this process lock any amount of memory; False where it may already, or may not.

    Kernels count programs and maps as locked memory until Linux commit 80ee81e0403c ("bpf: Eliminate rlimit-based
    memory accounting infra for bpf maps"), in v5.11.
    """
    if resource.getrlimit(resource.RLIMIT_MEMLOCK)[0] == resource.RLIM_INFINITY:
        return False
    try:
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    except (ValueError, OSError):
        return False
    return True
