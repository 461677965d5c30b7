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

KERNELS = {
    "5.10": ("bullseye-security", r"linux-image-5\.10\.\d+-\d+-cloud-amd64"),
    "6.1": ("bookworm-security", r"linux-image-6\.1\.\d+-\d+-cloud-amd64"),
    "6.12": ("bookworm-security", r"linux-image-6\.12\.[\d.]+\+deb12-cloud-amd64"),
    "6.18": ("trixie-backports", r"linux-image-6\.18\.[\d.]+\+deb13-cloud-amd64"),
    "7.3": ("trixie-backports", r"linux-image-7\.3\.[\d.]+\+deb13-cloud-amd64"),
}
"""Where the kernels of a series are: a suite, and what their packages are called there. The newest is taken."""
FEW = ("6.1", "6.12")
"""Those that are tried by default: an emulated machine takes its time."""
_ARCHIVES = {"security": "http://deb.debian.org/debian-security", "": "http://deb.debian.org/debian"}
_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


class Kernel(NamedTuple):
    """A kernel, unpacked."""

    image: Path
    modules: Path
    """The folder with its modules, named by its release."""


def kernel(series: str) -> Kernel:
    """Return the kernel of a series, fetched now where the user's cache does not have it (10 to 100 MB)."""
    directory = cache() / series
    if not directory.is_dir():
        directory.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=directory.parent) as temporary:
            unpacked = Path(temporary) / "unpacked"
            for package in _fetch(*KERNELS[series], Path(temporary)):
                subprocess.run(["dpkg-deb", "-x", package, unpacked], check=True)
            shutil.move(unpacked, directory)
    (modules,) = [each for each in directory.glob("**/lib/modules/*") if each.is_dir()]
    (image,) = [*directory.glob("boot/vmlinuz-*"), *modules.glob("vmlinuz")]
    return Kernel(image, modules)


def cache() -> Path:
    """Return the folder with the kernels that were fetched."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tracetop/kernels"


def _fetch(suite: str, name: str, directory: Path) -> list[Path]:
    """Download the newest package whose name matches, and those that have the rest of the kernel; return them."""
    for each in ("lists/partial", "cache/archives/partial"):
        (directory / each).mkdir(parents=True)
    (directory / "status").touch()
    (directory / "sources.list").write_text(f"deb [signed-by={_KEYRING}] {_mirror(suite)} {suite} main\n")
    (directory / "apt.conf").write_text(
        f'Dir::Etc::sourcelist "{directory}/sources.list";\n'
        'Dir::Etc::sourceparts "/dev/null";\n'
        f'Dir::State::lists "{directory}/lists";\n'
        f'Dir::State::status "{directory}/status";\n'
        f'Dir::Cache "{directory}/cache";\n'
        'APT::Sandbox::User "root";\n'
    )
    _apt(directory, "apt-get", "-qq", "update")
    found = re.findall(rf"^{name}$", _apt(directory, "apt-cache", "pkgnames", "linux-image-"), re.MULTILINE)
    assert found, f"{suite} has no package {name}"
    image = max(found, key=lambda each: [int(number) for number in re.findall(r"\d+", each)])
    # From 7.0 on the image is in one package and the modules in another.
    parts = re.findall(r"Depends: (linux-(?:binary|modules)-\S*)", _apt(directory, "apt-cache", "depends", image))
    _apt(directory, "apt-get", "-qq", "download", image, *parts)
    return list(directory.glob("*.deb"))


def _apt(directory: Path, *command: str) -> str:
    environment = {**os.environ, "APT_CONFIG": f"{directory}/apt.conf", "LC_ALL": "C.UTF-8"}
    return subprocess.run(command, cwd=directory, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout


def _mirror(suite: str) -> str:
    """Return the mirror that the machine itself uses for suites of that kind, or Debian's."""
    kind = "security" if suite.endswith("-security") else ""
    sources = [Path("/etc/apt/sources.list"), *Path("/etc/apt/sources.list.d").glob("*")]
    text = "".join(path.read_text() for path in sources if path.is_file())
    ending = "debian-security" if kind else "debian"
    found = re.search(rf"^[^#\n]*?(\w+://\S*/{ending})/?(?:\s|$)", text, re.MULTILINE)
    return found[1] if found else _ARCHIVES[kind]
