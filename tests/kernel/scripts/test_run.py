"""`tracetop run` as a process: its streams, its signals, its process and its file, on the running kernel."""

import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.kernel.batch import go, waiting

pytestmark = pytest.mark.kernel
RUN = (sys.executable, "-m", "tracetop", "run")


def start(*words: str | Path, **rest: int) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    streams = {"stdin": subprocess.DEVNULL, "stdout": pipe, "stderr": pipe} | rest
    return subprocess.Popen([*RUN, *map(str, words)], text=True, **streams)  # type: ignore[call-overload, no-any-return]


def run(
    *words: str | Path, script: str | None = None, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    argv, env = [*RUN, *map(str, words)], {**os.environ, **(environment or {})}
    return subprocess.run(argv, input=script, capture_output=True, text=True, timeout=60, check=False, env=env)


def attached(process: subprocess.Popen[str]) -> None:
    assert process.stderr is not None
    line = process.stderr.readline()
    assert line.startswith("Attached"), line + process.stderr.read()


def test_streams_and_exit_code() -> None:
    done = run("-e", r'BEGIN { printf("hi\n"); @a = 1; exit(3); }')
    assert (done.returncode, done.stdout, done.stderr) == (3, "hi\n\n\n@a: 1\n", "Attached 1 probe\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_prints_the_maps_and_is_no_failure(number: signal.Signals) -> None:
    with start("-e", r'BEGIN { @a = 1; } END { printf("end\n"); } interval:s:60 { @a = 2; }') as process:
        attached(process)
        process.send_signal(number)
        assert process.communicate(timeout=20)[0] == "end\n\n\n@a: 1\n"
        assert process.returncode == 0


def test_a_signal_for_the_script_runs_its_probe_each_time() -> None:
    with start("-e", "self:signal:SIGUSR1 { @ = count(); print(probe); if (@ == 3) { exit(7); } }") as process:
        attached(process)
        assert process.stdout is not None
        for _ in range(3):
            process.send_signal(signal.SIGUSR1)
            assert process.stdout.readline() == "self:signal:SIGUSR1\n"
        assert process.communicate(timeout=20)[0].strip() == "@: 3"
        assert process.returncode == 7


def test_a_signal_for_no_probe_of_the_script_is_nothing() -> None:
    with start("-e", "interval:s:60 { }") as process:
        attached(process)
        process.send_signal(signal.SIGUSR1)
        time.sleep(0.3)
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_all_processes_of_the_command_prints_the_maps_too(number: signal.Signals) -> None:
    """timeout(1) tells the whole process group, and so does a terminal that closes: the tracer as well."""
    with start("-e", "BEGIN { @a = 1; } interval:s:60 { @a = 2; }", process_group=0) as process:
        attached(process)
        os.killpg(process.pid, number)
        out, errors = process.communicate(timeout=20)
        assert (out, errors, process.returncode) == ("\n\n@a: 1\n", "", 0)


def test_a_script_with_nothing_but_begin_and_end_ends_by_itself() -> None:
    done = run("-e", r'BEGIN { printf("begin\n"); @ = 1; } END { printf("end\n"); }')
    assert (done.returncode, done.stdout) == (0, "begin\nend\n\n\n@: 1\n")
    assert run("-q", "-p", str(os.getpid()), "-e", "BEGIN { print(1); }").stdout.startswith("1\n")


def test_an_exit_in_begin_attaches_nothing_and_starts_nothing(tmp_path: Path) -> None:
    """Hooks are patched into the kernel's code for nothing otherwise, and what they count is of no time at all."""
    file = tmp_path / "made"
    script = "BEGIN { exit(4); } tracepoint:raw_syscalls:sys_enter { @[cpu] = count(); } END { @e = 1; }"
    done = run("-c", f"touch {file}", "-e", script)
    assert (done.returncode, done.stdout) == (4, "\n\n@e: 1\n")
    assert not file.exists()


def test_a_signal_after_the_scripts_own_exit_does_not_change_the_code() -> None:
    """The run is over, but the process is not yet: 20 times, each a little later."""
    codes = []
    for i in range(20):
        with start("-q", "-e", "interval:ms:1 { exit(7); } BEGIN { print(1); }") as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(0.004 * i)
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=20)
            codes.append(process.returncode)
    assert set(codes) <= {0, 7}  # 0 where the signal was the first
    assert set(codes[5:]) == {7}


def test_a_signal_ends_a_flood_of_commands() -> None:
    """Thousands wait to be run when it comes; of END each is run."""
    script = 'interval:hz:2000 { system("sleep 0.01"); } END { system("echo the end"); }'
    with start("--unsafe", "-e", script) as process:
        attached(process)
        time.sleep(2)
        process.send_signal(signal.SIGINT)
        begun = time.monotonic()
        out, errors = process.communicate(timeout=20)
        assert time.monotonic() - begun < 5
    assert out == "the end\n\n\n"
    assert "commands of system() were not run any more" in errors


def test_an_exit_holds_when_the_buffer_has_no_room_for_it() -> None:
    done = run("-q", "-e", r'BEGIN { $i = 0; while ($i < 300000) { printf("%d\n", $i); $i++; } exit(); }')
    assert done.returncode == 0
    assert done.stdout.startswith("0\n1\n")
    assert "events were lost" in done.stderr


def test_output_comes_while_the_script_runs() -> None:
    with start("-e", r'interval:ms:50 { printf("tick\n"); }') as process:
        assert process.stdout is not None
        assert [process.stdout.readline() for _ in range(3)] == ["tick\n"] * 3
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)


def test_a_process_is_followed_to_its_end(loads: Mapping[str, Path]) -> None:
    """Only its calls count, of two processes that make the same; its end is the run's."""
    script = "tracepoint:syscalls:sys_enter_getppid { @ = count(); }"
    with (
        waiting(loads["calls"], "1000", "-w") as wanted,
        waiting(loads["calls"], "500", "-w") as other,
        start("-p", str(wanted.pid), "-e", script) as process,
    ):
        attached(process)
        go(other)
        go(wanted)
        wanted.communicate()
        assert process.communicate(timeout=20)[0].strip() == "@: 1000"
        assert process.returncode == 0


def test_a_process_that_is_not_there_is_refused() -> None:
    done = run("-p", "4194303", "-e", "BEGIN { exit(); }")
    assert done.returncode == 2
    assert "no process 4194303" in done.stderr


def test_a_command_is_seen_from_its_first_call(loads: Mapping[str, Path]) -> None:
    script = r'tracepoint:syscalls:sys_enter_execve /pid == cpid/ { printf("%s\n", str(args.filename)); }'
    done = run("-q", "-c", f"{loads['calls']} 1", "-e", script)
    assert done.stdout.split("\n")[0] == str(loads["calls"]) or str(loads["calls"]) in done.stdout
    assert done.returncode == 0


def test_a_command_ends_with_the_run() -> None:
    with start("-c", "sleep 1000", "-e", r'BEGIN { printf("%d\n", cpid); } interval:ms:100 { exit(); }') as process:
        out = process.communicate(timeout=20)[0]
    pid = int(out.split()[0])
    deadline = time.monotonic() + 10
    while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not Path(f"/proc/{pid}").exists()


def test_a_script_comes_from_a_file_with_bpftraces_own_first_line(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    file = tmp_path / "own"
    file.write_text('#!/usr/bin/env bpftrace\nBEGIN { printf("%s %d\\n", str($1), $2); exit(); }\n')
    assert run("-q", file, "word", "7").stdout == "word 7\n\n\n"


def test_a_script_comes_on_standard_input() -> None:
    assert run("-q", "-", script='BEGIN { printf("in\\n"); exit(); }').stdout == "in\n\n\n"


def test_a_file_gets_the_output(tmp_path: Path) -> None:
    file = tmp_path / "out"
    done = run("-o", file, "-e", r'BEGIN { printf("hi\n"); exit(); }')
    assert done.stdout == ""
    assert file.read_text() == "hi\n\n\n"


def test_a_wrong_script_is_explained_at_its_place() -> None:
    done = run("-e", "BEGIN { @a = ; }")
    assert done.returncode == 3
    assert done.stdout == ""
    assert "^" in done.stderr


def test_stages_of_the_compiler_are_shown() -> None:
    done = run("-d", "ast", "-d", "typed", "-d", "c", "-e", "BEGIN { @ = count(); }")
    assert done.stdout.startswith("Script")
    assert "BPF_PERCPU_ARRAY" in done.stdout
    assert done.returncode == 0


def test_a_dry_run_attaches_nothing() -> None:
    done = run("--dry-run", "-e", r'BEGIN { printf("hi\n"); }')
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "Loaded 1 probe\n")


def test_a_full_map_is_told_with_what_to_do() -> None:
    script = "config = { max_map_keys = 2 } BEGIN { @[1] = 1; @[2] = 1; @[3] = 1; @[4] = 1; exit(); }"
    done = run("-q", "-e", script)
    assert done.stdout.count("@[") == 2
    assert "@ was full: 2 updates were dropped" in done.stderr
    assert "max_map_keys" in done.stderr


def test_data_are_escaped_and_the_scripts_own_words_are_not(tmp_path: Path) -> None:
    """A process of any user can call itself anything."""
    hostile = tmp_path / "hostile.py"
    hostile.write_text("import os\nopen('/proc/self/comm', 'w').write('\\x1b[31mred')\nos.getppid()\n")
    script = (
        r'tracepoint:syscalls:sys_enter_getppid /pid == cpid/ { printf("\x1b[1m%s\n", comm); @[comm] = 1; exit(); }'
    )
    ours, theirs = pty.openpty()
    command = f"{sys.executable} {hostile}"
    with start("-q", "-c", command, "-e", script, stdout=theirs, stderr=subprocess.DEVNULL) as process:
        process.wait(30)
        os.close(theirs)
        shown = os.read(ours, 4096).decode()
    os.close(ours)
    assert "\x1b[1m\\x1b[31mred" in shown
    assert "@[\\x1b[31mred]: 1" in shown


def test_system_and_cat_keep_their_place() -> None:
    script = r'BEGIN { printf("1\n"); system("echo %d", 2); printf("3\n"); cat("/proc/%s/comm", "self"); exit(); }'
    done = run("-q", "--unsafe", "-e", script)
    assert done.stdout.split("\n")[:3] == ["1", "2", "3"]
    refused = run("-q", "-e", script)
    assert refused.returncode == 3
    assert "--unsafe" in refused.stderr


def test_under_sudo_files_are_read_and_commands_run_with_the_users_own_rights(tmp_path: Path) -> None:
    """Data of another user may name the file that a script shows: it cannot be one that only root may read."""
    secret = tmp_path / "secret"
    secret.write_text("secret\n")
    secret.chmod(0o600)
    script = f'BEGIN {{ cat("{secret}"); system("id -u"); exit(); }}'
    done = run("-q", "--unsafe", "-e", script, environment={"SUDO_UID": "65534", "SUDO_GID": "65534"})
    assert "secret" not in done.stdout
    assert f"cannot read {secret}" in done.stderr
    assert "65534" in done.stdout.split()
    child = run("-q", "-c", "id -u", "-e", "BEGIN {}", environment={"SUDO_UID": "65534", "SUDO_GID": "65534"})
    assert "65534" in child.stdout.split()
