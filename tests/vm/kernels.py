"""Debian's kernels for virtual machines: fetched once through apt, with a configuration of its own, and kept.

The machine's own lists, sources and packages are neither read nor changed, but for the mirror that its sources name.
"""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

KERNELS = {"6.1": "linux-image-cloud-amd64", "6.12": "linux-image-6.12-cloud-amd64"}
"""Packages of bookworm-security that depend on the newest of a series, by the series."""
_SUITE = "bookworm-security"
_MIRROR = "http://deb.debian.org/debian-security"
_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


class Kernel(NamedTuple):
    """A kernel, unpacked."""

    image: Path
    modules: Path
    """The folder with its modules, named by its release."""


def kernel(series: str) -> Kernel:
    """Return the kernel of a series, fetched now where the user's cache does not have it (10 MB)."""
    directory = _cache() / series
    if not directory.is_dir():
        directory.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=directory.parent) as temporary:
            unpacked = Path(temporary) / "unpacked"
            subprocess.run(["dpkg-deb", "-x", _fetch(KERNELS[series], Path(temporary)), unpacked], check=True)
            shutil.move(unpacked, directory)
    (image,) = (directory / "boot").glob("vmlinuz-*")
    return Kernel(image, directory / "lib/modules" / image.name.removeprefix("vmlinuz-"))


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tracetop/kernels"


def _fetch(package: str, directory: Path) -> Path:
    """Download the package that `package` depends on for a kernel; return where it is."""
    for name in ("lists/partial", "cache/archives/partial"):
        (directory / name).mkdir(parents=True)
    (directory / "status").touch()
    (directory / "sources.list").write_text(f"deb [signed-by={_KEYRING}] {_mirror()} {_SUITE} main\n")
    (directory / "apt.conf").write_text(
        f'Dir::Etc::sourcelist "{directory}/sources.list";\n'
        'Dir::Etc::sourceparts "/dev/null";\n'
        f'Dir::State::lists "{directory}/lists";\n'
        f'Dir::State::status "{directory}/status";\n'
        f'Dir::Cache "{directory}/cache";\n'
        'APT::Sandbox::User "root";\n'
    )
    _apt(directory, "apt-get", "-qq", "update")
    depends = _apt(directory, "apt-cache", "depends", package)
    image = re.search(r"Depends: (linux-image-\d\S*)", depends)
    assert image, f"{package} depends on no kernel:\n{depends}"
    _apt(directory, "apt-get", "-qq", "download", image[1])
    return next(directory.glob("*.deb"))


def _apt(directory: Path, *command: str) -> str:
    environment = {**os.environ, "APT_CONFIG": f"{directory}/apt.conf", "LC_ALL": "C.UTF-8"}
    return subprocess.run(command, cwd=directory, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout


def _mirror() -> str:
    """Return the mirror of security updates that the machine itself uses, or Debian's."""
    sources = [Path("/etc/apt/sources.list"), *Path("/etc/apt/sources.list.d").glob("*")]
    text = "".join(path.read_text() for path in sources if path.is_file())
    found = re.search(r"^[^#\n]*?(\w+://\S*debian-security)/?\s*", text, re.MULTILINE)
    return found[1] if found else _MIRROR
