"""May somebody else than root and the caller change a file that a root tracer is to run? Screen process."""

import grp
import os
import pwd
import stat
from pathlib import Path

from tracetop.errors import UsageError

_ACL = "system.posix_acl_access"


def check_trust(path: str, status: os.stat_result) -> None:
    """Refuse a file, or a folder on the way to it, that another user could change. UsageError."""
    parents = [(str(folder), folder.stat()) for folder in Path(path).absolute().parents]
    for name, found in [(path, status), *parents]:
        sticky = stat.S_ISDIR(found.st_mode) and found.st_mode & stat.S_ISVTX
        if (_others_write(name, found) and not sticky) or found.st_uid not in (0, os.getuid()):
            raise UsageError(
                f"will not run {path} as root",
                why=f"another user can change {name}",
                hint="copy the script to a folder of your own, or take the others' right to write away",
            )


def _others_write(path: str, found: os.stat_result) -> bool:
    if found.st_mode & stat.S_IWOTH:
        return True
    # With an access list the group's bits are the most that any user on it may do.
    return bool(found.st_mode & stat.S_IWGRP) and (_has_access_list(path) or not is_own_group(found.st_gid))


def _has_access_list(path: str) -> bool:
    try:
        return bool(os.getxattr(path, _ACL))
    except OSError:  # it has none, or its file system knows none
        return False


def is_own_group(gid: int) -> bool:
    """Say whether nobody but root and the caller is in a group, as in the one that many systems make for each user.

    A group that names nobody may have members all the same, in a directory that does not list its users: it is only
    believed where it has the caller's own name.
    """
    own = {"root"}
    try:
        own.add(pwd.getpwuid(os.getuid()).pw_name)
        group = grp.getgrgid(gid)
    except KeyError:  # a number without a name: nobody knows who is in it
        return False
    members = set(group.gr_mem) | {user.pw_name for user in pwd.getpwall() if user.pw_gid == gid}
    return members <= own and (bool(members) or group.gr_name in own)
