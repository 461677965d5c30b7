"""What a user can do who is not root, and a machine that hides a part: what doctor says is what happens."""

import json
import subprocess
import sys
from typing import Any

import pytest

from tracetop.errors import ExitCode

pytestmark = pytest.mark.kernel
TRACETOP = (sys.executable, "-m", "tracetop")
AS_NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
ENOUGH = "+bpf,+perfmon,+dac_read_search"
WITHOUT_TYPES = ("unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /sys/kernel/btf && exec "$@"', "sh")
Done = subprocess.CompletedProcess[str]


def able(capabilities: str) -> tuple[str, ...]:
    return (*AS_NOBODY, f"--inh-caps={capabilities}", f"--ambient-caps={capabilities}")


def run(how: tuple[str, ...], *words: str) -> Done:
    command = [*how, *TRACETOP, *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=60)


def findings(done: Done) -> dict[str, dict[str, Any]]:
    return {each["id"]: each for each in json.loads(done.stdout)["findings"]}


def test_a_user_with_the_capabilities_is_asked_for_nothing_else() -> None:
    how = able(ENOUGH)
    found = findings(examined := run(how, "doctor", "--json"))
    assert (examined.returncode, examined.stderr, found["capabilities"]["verdict"]) == (0, "", "good")
    counted = run(how, "run", "-q", "-e", 'BEGIN { printf("%d\\n", uid); exit(); }')
    assert (counted.returncode, counted.stdout.split(), counted.stderr) == (0, ["65534"], "")
    listed = run(how, "list", "tracepoint:syscalls:sys_enter_getppid")
    assert listed.stdout == "tracepoint:syscalls:sys_enter_getppid\n"
    shown = run(how, "batch", "-n", "2", "--json", "syscalls")
    assert json.loads(shown.stdout.splitlines()[-1])["panes"]["syscalls"]["state"] == "on"


def test_what_the_capabilities_do_not_reach_is_said_by_doctor_and_by_whoever_is_asked() -> None:
    how = able(ENOUGH)
    programs = run(how, "programs")
    assert programs.returncode == ExitCode.PRIVILEGE
    assert "CAP_SYS_ADMIN" in programs.stderr
    uprobes = findings(run(how, "doctor", "--json"))["uprobe"]
    tried = run(how, "run", "-q", "-e", "uprobe:libc:getppid {} interval:ms:10 { exit(); }")
    listed = run(how, "list", "uprobe:libc:getppid")
    refused = uprobes["verdict"] != "good"
    assert (uprobes["why"] in tried.stderr, uprobes["why"] in listed.stderr) == (True, True)
    assert ("getppid" in tried.stderr, bool(listed.returncode)) == (refused, refused)


@pytest.mark.parametrize("capabilities", ["+bpf", "+perfmon,+dac_read_search", "+bpf,+perfmon"])
def test_a_part_of_the_capabilities_is_not_enough(capabilities: str) -> None:
    """Without the third tracefs cannot be read, where it has the kernel's own rights."""
    done = run((*able(capabilities), "env", "PATH=/nowhere"), "run", "-e", "BEGIN { exit(); }")
    assert done.returncode == ExitCode.PRIVILEGE
    assert "it has not CAP_" in done.stderr


def test_the_screen_keeps_no_capability() -> None:
    """What a hostile text could make of it: no more than of another program of the user's."""
    code = (
        "from tracetop.source.privileges import drop_privileges, has_privilege\n"
        "import pathlib\n"
        "assert has_privilege()\n"
        "drop_privileges()\n"
        "text = pathlib.Path('/proc/self/status').read_text()\n"
        "print([line.split()[1] for line in text.splitlines() if line[:6] in ('CapEff', 'CapPrm', 'CapAmb')])"
    )
    command = [*able(ENOUGH), sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout == f"{['0' * 16] * 3}\n", done.stderr


def test_a_user_without_rights_is_told_that_and_no_more() -> None:
    done = run((*AS_NOBODY, "env", "PATH=/nowhere"), "doctor", "--json")
    found = findings(done)
    assert done.returncode == ExitCode.PRIVILEGE
    assert [id_ for id_, each in found.items() if each["verdict"] == "bad"] == ["capabilities"]
    assert "sudo" in found["capabilities"]["hint"]
    assert "CAP_DAC_READ_SEARCH" in found["capabilities"]["hint"]


@pytest.mark.parametrize(("hidden", "hint"), [(True, "CapabilityBoundingSet"), (False, "--cap-add")])
def test_roots_mend_speaks_of_a_container_only_in_one(hidden: bool, hint: str) -> None:
    code = (
        "import tracetop.bpf.kernel.privileges as privileges\n"
        f"privileges.container = lambda: {'' if hidden else 'docker'!r}\n"
        "from tracetop.errors import PrivilegeError\n"
        "try:\n"
        "    privileges.check_capabilities()\n"
        "except PrivilegeError as error:\n"
        "    print(error.diagnostic.hint)"
    )
    command = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert hint in done.stdout, done.stderr


def test_without_types_runs_what_names_none() -> None:
    """As doctor says: the panes, loops, and neither raw tracepoints nor structs of the kernel."""
    found = findings(examined := run(WITHOUT_TYPES, "doctor", "--json"))
    assert examined.returncode == 0
    assert found["btf"]["verdict"] == "none"
    script = "BEGIN { @a[7] = 1; for ($kv : @a) { @key = $kv.0; } for ($i : 0..100) { @sum = sum($i); } exit(); }"
    looped = run(WITHOUT_TYPES, "run", "-q", "-e", script)
    assert (looped.returncode == 0) == (found["for_each"]["verdict"] == found["bpf_loop"]["verdict"] == "good")
    assert {"@key: 7", "@sum: 4950"} <= set(looped.stdout.splitlines())
    for pane in ("syscalls", "latency", "processes", "stacks"):
        shown = run(WITHOUT_TYPES, "batch", "-n", "1", "--json", pane)
        assert json.loads(shown.stdout.splitlines()[-1])["panes"][pane]["state"] == "on"
    raw = run(WITHOUT_TYPES, "run", "-e", "rawtracepoint:sys_enter { exit(); }")
    assert "does not describe" in raw.stderr
    assert raw.returncode == ExitCode.KERNEL
