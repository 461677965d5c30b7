"""Giving up root in the screen process, once the tracer has been started.

Owns: the one-way drop. Under sudo the process becomes the user again; in a root login it keeps uid 0 (its files stay
readable) but no capability, so that a flaw in drawing hostile text has no more power than an ordinary program.
"""

import ctypes
import os
import pwd
from pathlib import Path

from tracetop.errors import UsageError
from tracetop.model.abi.capabilities import capability_set, may_read_all, may_trace

_PR_CAPBSET_DROP = 24
_PR_SET_NO_NEW_PRIVS = 38
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_CLEAR_ALL = 4
_CAPABILITY_VERSION_3 = 0x20080522
_LAST_CAPABILITY = 63
_TRACEFS = ("/sys/kernel/tracing/events", "/sys/kernel/debug/tracing/events")
_NOBODY_AT_ALL = 0xFFFF_FFFF
"""The kernel's -1: no user and no group has it, nor a number above."""
_MOST_DIGITS, _SHOWN = 10, 40


class _CapabilityHeader(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _CapabilityData(ctypes.Structure):
    _fields_ = (("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32))


def sudo_user() -> tuple[int, int] | None:
    """Return (uid, gid) of who ran sudo, None where this process does not run under it.

    UsageError where the environment names somebody who cannot be: to go on as root would give a user root's rights.
    """
    if os.geteuid() != 0:
        return None
    words = {name: os.environ.get(name, "") for name in ("SUDO_UID", "SUDO_GID")}
    if not any(words.values()):
        return None
    for name, word in words.items():
        if not (word.isascii() and word.isdecimal() and len(word) <= _MOST_DIGITS and int(word) < _NOBODY_AT_ALL):
            raise UsageError(
                f"{name} is not a user's number" if name == "SUDO_UID" else f"{name} is not a group's number",
                why=f"it is {word[:_SHOWN]!r}, and sudo sets both to who ran it" if word else "only the other is set",
                hint="run it with sudo, or as root with both unset: env -u SUDO_UID -u SUDO_GID tracetop ...",
            )
    uid, gid = map(int, words.values())
    return (uid, gid) if uid else None


def ambient_capabilities() -> int:
    """Return the set of capabilities that a program started by this process has too, where this is not root."""
    return capability_set(Path("/proc/self/status").read_text(), "CapAmb")


def has_privilege() -> bool:
    """Say whether what this process starts may trace as it is, with nobody asked for a password: root, or capabilities.

    Those have to be enough to read tracefs too, where not everybody may.
    """
    if os.geteuid() == 0:
        return True
    held = ambient_capabilities()
    return may_trace(held) and (may_read_all(held) or any(os.access(each, os.R_OK | os.X_OK) for each in _TRACEFS))


def drop_privileges() -> None:
    """Give up root for good: this process, its threads to come and what it starts; other users give up capabilities.

    Raises OSError where the kernel refuses, which it has no reason to.
    """
    if os.geteuid() != 0 and not ambient_capabilities():
        return
    libc = ctypes.CDLL(None, use_errno=True)
    for capability in range(_LAST_CAPABILITY + 1) if os.geteuid() == 0 else ():
        libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)  # EINVAL beyond the last one that this kernel knows
    if user := sudo_user():
        _become(*user)
    libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    header = _CapabilityHeader(_CAPABILITY_VERSION_3, 0)
    none = (_CapabilityData * 2)()
    if libc.capset(ctypes.byref(header), ctypes.byref(none)) or libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "cannot give up capabilities")


def become_caller() -> None:
    """Under sudo, become the user before it, with all of that user's rights. Does nothing else."""
    if user := sudo_user():
        _become(*user)


def _become(uid: int, gid: int) -> None:
    """Take a user's ids, groups and home."""
    try:
        entry = pwd.getpwuid(uid)
        groups, home = os.getgrouplist(entry.pw_name, gid), entry.pw_dir
    except KeyError:  # a number without a name
        groups, home = [gid], "/"
    os.setgroups(groups)
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    os.environ["HOME"] = home
