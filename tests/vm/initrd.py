"""The first root of a guest: busybox, a script that mounts the host's root under an overlay, and modules for that."""

import lzma
import re
from collections.abc import Iterator
from pathlib import Path

INIT = Path(__file__).with_name("init.sh")
_BUSYBOX = Path("/bin/busybox")
_MODULES = ("virtio_pci", "virtio_console", "virtiofs", "overlay", "virtio_blk", "crc32c_generic", "ext4")
"""What the guest mounts its root and its disk and speaks with; a kernel may have some of it built in."""
_DIRECTORY, _PROGRAM, _FILE = 0o040755, 0o100755, 0o100644


def initrd(modules: Path, command: str) -> bytes:
    """Return the archive for a kernel's modules; the guest runs the shell's `command`."""
    entries = [
        *((name, _DIRECTORY, b"") for name in ("bin", "modules")),
        ("bin/busybox", _PROGRAM, _BUSYBOX.read_bytes()),
        ("init", _PROGRAM, INIT.read_bytes()),
        ("command", _FILE, command.encode()),
    ]
    for index, content in enumerate(_in_order(modules)):
        entries.append((f"modules/{index:02}.ko", _FILE, content))
    return b"".join(_entry(*entry) for entry in [*entries, ("TRAILER!!!", 0, b"")])


def _in_order(modules: Path) -> Iterator[bytes]:
    """Yield the modules, each after those that it needs."""
    paths = {path.name.partition(".ko")[0].replace("-", "_"): path for path in modules.rglob("*.ko*")}
    done: set[str] = set()

    def needed(name: str) -> Iterator[bytes]:
        if name in paths and name not in done:
            done.add(name)
            content = paths[name].read_bytes()
            if paths[name].suffix == ".xz":
                content = lzma.decompress(content)
            for other in re.findall(rb"\0depends=([^\0]*)", content)[0].decode().split(","):
                yield from needed(other.replace("-", "_"))
            yield content

    for name in _MODULES:
        yield from needed(name)


def _entry(name: str, mode: int, content: bytes) -> bytes:
    """Return an entry of a cpio archive, format "newc": thirteen numbers in hex, name and content, padded to 4."""
    numbers = (0, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name) + 1, 0)
    head = b"070701" + b"".join(b"%08x" % number for number in numbers) + name.encode() + b"\0"
    return _padded(head) + _padded(content)


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)
