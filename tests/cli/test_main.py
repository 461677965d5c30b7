"""The entry point: the order of things, exit codes, and how little a refusal or --help costs."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.source.heard import children, descriptors, stand_in, stand_ins
from tracetop.cli import show as show_module
from tracetop.cli.main import main
from tracetop.errors import ExitCode
from tracetop.source import privileges, spawner

HEAVY = {
    "textual",
    "rich",
    "numpy",
    "psutil",
    "lark",
    "bcc",
    "tracetop.lang",
    "tracetop.bpf",
    "tracetop.tracer",
    "tracetop.ui",
}


@pytest.fixture
def order(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Stand-in tracers, and privileges that are only said to be dropped: the tests go on as root."""
    happened: list[str] = []
    spawn = spawner.Spawner.spawn

    def spawned(self: spawner.Spawner) -> tuple[int, int]:
        happened.append("tracer started")
        return spawn(self)

    monkeypatch.setattr(spawner.Spawner, "spawn", spawned)
    monkeypatch.setattr(spawner.Spawner.__init__, "__defaults__", (stand_in(),))
    monkeypatch.setattr(privileges, "drop_privileges", lambda: happened.append("privileges dropped"))
    return happened


def test_a_refused_script_ends_with_code_2_and_no_tracer(order: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """The tracer loads while the script is read; refused, it is gone before the command ends."""
    before = children(), stand_ins(), descriptors()
    assert main(["batch", "/nosuch/folder/x.bt"]) == ExitCode.USAGE
    assert (children(), stand_ins(), descriptors()) == before
    assert order == ["tracer started", "privileges dropped"]
    said = capsys.readouterr().err
    assert "cannot read /nosuch/folder/x.bt" in said
    assert "hint: " in said


def test_scripts_are_read_with_the_users_rights(order: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Root is given up before any file that the user names is opened."""

    def read(*_: object, **__: object) -> None:
        order.append("scripts read")
        sys.exit(9)

    monkeypatch.setattr(show_module, "pane_requests", read)
    with pytest.raises(SystemExit):
        main(["batch", "x.bt"])
    assert order == ["tracer started", "privileges dropped", "scripts read"]


def test_a_wrong_filter_is_refused_before_anything_starts(order: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-c", "much-too-long-for-a-task"]) == ExitCode.USAGE
    assert order == []
    assert "hint: " in capsys.readouterr().err


def test_hostile_words_are_escaped_in_the_error(order: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["batch", "/nosuch/\x1b[2J\u202e.bt"]) == ExitCode.USAGE
    said = capsys.readouterr().err
    assert "\\x1b[2J\\u202e" in said
    assert "\x1b" not in said


def test_ctrl_c_before_the_screen_is_130_without_a_traceback(order: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(show_module, "pane_requests", interrupted)
    assert main(["batch"]) == 130
    assert stand_ins() == set()


@pytest.mark.parametrize("words", [["--help"], ["batch", "--help"], ["--version"]])
def test_help_loads_nothing_heavy(words: list[str]) -> None:
    code = (
        "import sys\nfrom tracetop.cli.main import main\n"
        f"try:\n    main({words!r})\nexcept SystemExit as end:\n    code = end.code\n"
        "print(code, *sys.modules, sep='\\n', file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    status, *modules = done.stderr.split()
    assert status == "0"
    assert HEAVY.isdisjoint(modules)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--nosuch"], ExitCode.USAGE),
        (["batch", "-n", "none"], ExitCode.USAGE),
        (["-f", "a b"], ExitCode.USAGE),
        (["batch", "/nosuch.bt"], ExitCode.USAGE),
        (["--version"], ExitCode.OK),
    ],
)
def test_exit_codes_of_the_command_itself(words: list[str], code: ExitCode) -> None:
    """As a process of its own, by ``python -m tracetop``."""
    done = subprocess.run([sys.executable, "-m", "tracetop", *words], capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("mode", [0o666, 0o646])
def test_a_script_that_others_can_write_is_refused_as_root(order: list[str], tmp_path: Path, mode: int) -> None:
    path = tmp_path / "x.bt"
    path.write_text("BEGIN {}")
    path.chmod(mode)
    assert main(["batch", str(path)]) == ExitCode.USAGE


def test_the_dashboard_without_a_terminal_points_to_batch(order: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Neither a file nor a pipe gets escape sequences, and no tracer is started for it."""
    assert main([]) == ExitCode.USAGE
    assert order == []
    assert "tracetop batch" in capsys.readouterr().err
