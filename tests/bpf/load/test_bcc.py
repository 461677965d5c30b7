"""BCC is taken from a place that only root can write, is the real one, and cannot be steered by the environment."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tracetop.bpf.load.bcc import find_package, install_command, only_root_writes, scrub_environment
from tracetop.errors import InstallError


def make_package(directory: Path) -> Path:
    package = directory / "bcc"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("class BPF: pass\n")
    return package


def as_if_root_owned(monkeypatch: pytest.MonkeyPatch, *unsafe: Path) -> None:
    monkeypatch.setattr("tracetop.bpf.load.bcc.only_root_writes", lambda path: path not in unsafe)


def test_the_first_package_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    as_if_root_owned(monkeypatch)
    first, second = make_package(tmp_path / "one"), make_package(tmp_path / "two")
    assert find_package([tmp_path / "none", tmp_path / "one", tmp_path / "two"]) == first
    assert find_package([tmp_path / "two"]) == second


@pytest.mark.parametrize("part", ["", "bcc", "bcc/__init__.py"])
def test_a_package_that_others_can_write_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    make_package(tmp_path / "open")
    safe = make_package(tmp_path / "safe")
    as_if_root_owned(monkeypatch, tmp_path / "open" / part)
    assert find_package([tmp_path / "open", tmp_path / "safe"]) == safe


def test_only_unsafe_packages_are_an_error_that_names_the_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = make_package(tmp_path)
    as_if_root_owned(monkeypatch, package)
    with pytest.raises(InstallError) as caught:
        find_package([tmp_path])
    assert caught.value.diagnostic.why == f"{package} can be written by others than root"


def test_no_package_is_an_error_that_names_what_to_install() -> None:
    with pytest.raises(InstallError) as caught:
        find_package([])
    assert "install" in caught.value.diagnostic.hint


@pytest.mark.parametrize(("mode", "safe"), [(0o755, True), (0o775, False), (0o757, False)])
def test_a_directory_that_group_or_others_write_is_unsafe(tmp_path: Path, mode: int, safe: bool) -> None:
    tmp_path.chmod(mode)
    assert only_root_writes(tmp_path) is (safe and os.getuid() == 0)


@pytest.mark.parametrize(
    ("os_release", "command"),
    [
        ({"ID": "debian"}, "apt install python3-bpfcc"),
        ({"ID": "linuxmint", "ID_LIKE": "ubuntu debian"}, "apt install python3-bpfcc"),
        ({"ID": "fedora"}, "dnf install python3-bcc"),
        ({"ID": "rocky", "ID_LIKE": "rhel centos fedora"}, "dnf install python3-bcc"),
        ({"ID": "opensuse-tumbleweed"}, "zypper install python3-bcc"),
        ({"ID": "arch"}, "pacman -S python-bcc"),
    ],
)
def test_the_command_is_the_distributions(os_release: dict[str, str], command: str) -> None:
    assert install_command(os_release) == command


def test_an_unknown_distribution_still_gets_a_name_to_look_for() -> None:
    assert "python3-bpfcc" in install_command({"ID": "plan9"})


def test_variables_that_steer_bcc_are_removed_and_others_stay() -> None:
    environ = {
        "BCC_KERNEL_SOURCE": "/tmp/evil",
        "BCC_SYMFS": "/tmp/evil",
        "LD_PRELOAD": "/tmp/evil.so",
        "DEBUGINFOD_URLS": "https://evil.example",
        "CPATH": "/tmp/evil",
        "ARCH": "mips",
        "TMPDIR": "/tmp/evil",
        "PATH": "/tmp/evil",
        "LANG": "C.UTF-8",
        "SUDO_UID": "1000",
    }
    scrub_environment(environ)
    assert "/tmp" not in environ.pop("PATH")
    assert environ == {"LANG": "C.UTF-8", "SUDO_UID": "1000"}


def test_no_module_of_the_package_imports_bcc_by_itself() -> None:
    """`--help`, and tests of pure layers, run where BCC is not installed."""
    code = (
        "import importlib, pkgutil, sys, tracetop.bpf\n"
        "for module in pkgutil.iter_modules(tracetop.bpf.__path__, 'tracetop.bpf.'):\n"
        "    importlib.import_module(module.name)\n"
        "assert 'bcc' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
