"""Finds the distribution's BCC from any virtual environment and loads just that package.

Owns: where BCC may come from, the check that it is the real one, and the environment it may see. Refuses to own:
what is done with it. PyPI's `bcc` is another thing altogether and never used. The privileged tracer process.
"""

import importlib.util
import os
import platform
import stat
import sys
from collections.abc import Iterable, Mapping, MutableMapping
from pathlib import Path
from types import ModuleType

from tracetop.errors import InstallError

_SAFE_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_STEERING_PREFIXES = ("BCC_", "CCC_", "CLANG_", "DEBUGINFOD_", "LD_", "LLVM_")
_STEERING_NAMES = frozenset(
    {"ARCH", "COMPILER_PATH", "CPATH", "CPLUS_INCLUDE_PATH", "C_INCLUDE_PATH", "GCC_EXEC_PREFIX", "LIBRARY_PATH"}
    | {"SDKROOT", "TEMP", "TMP", "TMPDIR"}
)
_PACKAGES = {
    "debian": "apt install python3-bpfcc",
    "ubuntu": "apt install python3-bpfcc",
    "fedora": "dnf install python3-bcc",
    "rhel": "dnf install python3-bcc",
    "centos": "dnf install python3-bcc",
    "opensuse": "zypper install python3-bcc",
    "suse": "zypper install python3-bcc",
    "arch": "pacman -S python-bcc",
    "alpine": "apk add py3-bcc",
}


def load_bcc() -> ModuleType:
    """Return the distribution's package `bcc`, imported once. InstallError where there is none to trust."""
    loaded = sys.modules.get("bcc")
    if loaded is not None and hasattr(loaded, "BPF"):
        return loaded
    scrub_environment(os.environ)
    package = find_package(search_directories())
    spec = importlib.util.spec_from_file_location(
        "bcc", package / "__init__.py", submodule_search_locations=[str(package)]
    )
    if spec is None or spec.loader is None:
        raise _missing(f"{package} is not a Python package")
    module = importlib.util.module_from_spec(spec)
    # Its own submodules import it by name, so it has to stand there while it loads.
    sys.modules["bcc"] = module
    try:
        spec.loader.exec_module(module)
    except (ImportError, OSError) as error:
        del sys.modules["bcc"]
        raise _missing(f"{package} does not load: {error}") from error
    if not hasattr(module, "BPF"):
        del sys.modules["bcc"]
        raise _missing(f"{package} is not the BPF Compiler Collection")
    return module


def search_directories() -> list[Path]:
    """Return the directories that distributions install Python packages to, the likeliest first."""
    fixed = [Path("/usr/lib/python3/dist-packages")]
    versioned = [*Path("/usr/lib").glob("python3.*"), *Path("/usr/lib64").glob("python3.*")]
    # Pure Python on ctypes: it does not matter which minor version it was packaged for.
    own = f"python3.{sys.version_info.minor}"
    versioned.sort(key=lambda path: (path.name != own, path.name))
    return fixed + [path / "site-packages" for path in versioned]


def find_package(directories: Iterable[Path]) -> Path:
    """Return the first `bcc` package in `directories` that only root can write. InstallError where there is none."""
    reasons = []
    for directory in directories:
        package = directory / "bcc"
        if not (package / "__init__.py").is_file():
            continue
        unsafe = next(
            (path for path in (directory, package, package / "__init__.py") if not only_root_writes(path)), None
        )
        if unsafe is None:
            return package
        reasons.append(f"{unsafe} can be written by others than root")
    raise _missing("; ".join(reasons) or "it is in none of the distribution's places")


def only_root_writes(path: Path) -> bool:
    """Say whether `path` belongs to root and neither group nor others may write it."""
    status = path.stat()
    return status.st_uid == 0 and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def scrub_environment(environ: MutableMapping[str, str]) -> None:
    """Remove every variable that steers libbcc, clang or the dynamic loader, and fix PATH, in place."""
    for name in [name for name in environ if name.startswith(_STEERING_PREFIXES) or name in _STEERING_NAMES]:
        del environ[name]
    environ["PATH"] = _SAFE_PATH


def install_command(os_release: Mapping[str, str]) -> str:
    """Return the command that installs BCC on the distribution that an os-release file describes."""
    for family in (os_release.get("ID", ""), *os_release.get("ID_LIKE", "").split()):
        for name, command in _PACKAGES.items():
            if family == name or family.startswith(f"{name}-"):
                return command
    return "install your distribution's package of BCC for Python (python3-bpfcc or python3-bcc)"


def _missing(why: str) -> InstallError:
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        release = {}
    return InstallError(
        "BCC, the BPF Compiler Collection, is not installed", why=why, hint=f"{install_command(release)} (as root)"
    )
