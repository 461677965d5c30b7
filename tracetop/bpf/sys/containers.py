"""Which kind of container this process seems to be in."""

from contextlib import suppress
from pathlib import Path


def container() -> str:
    """Return its name (``docker``), empty where there are no signs of one."""
    if Path("/.dockerenv").exists():
        return "docker"
    if Path("/run/.containerenv").exists():
        return "podman"
    with suppress(OSError):
        variables = Path("/proc/1/environ").read_bytes().split(b"\0")
        found = next((each for each in variables if each.startswith(b"container=")), b"")
        return found.partition(b"=")[2].decode(errors="replace")
    return ""
