"""What the words on the command line come to, and which of them are refused."""

import pytest

from tracetop.cli.arguments import Arguments, pane_arguments
from tracetop.cli.commands import COMMANDS, batch, dashboard, run
from tracetop.cli.main import main
from tracetop.errors import ExitCode, UsageError
from tracetop.library import DEFAULT
from tracetop.model.filter import Filter


def arguments(
    *panes: str,
    programs: tuple[str, ...] = (),
    filter_: Filter = Filter(),  # noqa: B008 - frozen
    interval_s: float = 1.0,
) -> Arguments:
    return Arguments(panes=panes, programs=programs, filter=filter_, interval_s=interval_s)


def parse(words: list[str]) -> Arguments:
    """Return what the dashboard, or batch, would show."""
    named_batch = words[:1] == ["batch"]
    return pane_arguments((batch if named_batch else dashboard).parser().parse_args(words[named_batch:]))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], arguments(*DEFAULT)),
        (["latency", "my.bt"], arguments("latency", "my.bt")),
        (["-e", "BEGIN {}"], arguments(programs=("BEGIN {}",))),
        (["-e", "a", "-e", "b", "stacks"], arguments("stacks", programs=("a", "b"))),
        (["-p", "812"], arguments(*DEFAULT, filter_=Filter(812, ""))),
        (["-c", "ngin*"], arguments(*DEFAULT, filter_=Filter(0, "ngin*"))),
        (["-c", "tmux: server"], arguments(*DEFAULT, filter_=Filter(0, "tmux: server"))),
        (["-c", "812"], arguments(*DEFAULT, filter_=Filter(0, "812"))),
        (["-c", "a" * 15], arguments(*DEFAULT, filter_=Filter(0, "a" * 15))),
        (["-f", "812 nginx"], arguments(*DEFAULT, filter_=Filter(812, "nginx"))),
        (["-p", "7", "-c", "sh"], arguments(*DEFAULT, filter_=Filter(7, "sh"))),
        (["-f", "7", "-c", "sh"], arguments(*DEFAULT, filter_=Filter(7, "sh"))),
        (["-i", "0.25"], arguments(*DEFAULT, interval_s=0.25)),
        (["-i", "10"], arguments(*DEFAULT, interval_s=10.0)),
        (["batch"], arguments(*DEFAULT)),
        (["batch", "-n", "3", "--json", "stacks"], arguments("stacks")),
        (["latency", "batch"], arguments("latency", "batch")),
    ],
)
def test_words_become_arguments(words: list[str], expected: Arguments) -> None:
    assert parse(words) == expected


@pytest.mark.parametrize(
    "words",
    [
        ["-p", "0"],
        ["-p", "-1"],
        ["-p", "me"],
        ["-i", "0.1"],
        ["-i", "11"],
        ["-i", "nan"],
        ["-i", "soon"],
        ["-n", "3"],
        ["--json"],
        ["batch", "-n", "0"],
        ["batch", "--js"],
        ["--nosuch"],
        ["-e"],
    ],
)
def test_wrong_words_end_with_code_2_and_say_which(words: list[str]) -> None:
    with pytest.raises(UsageError) as caught:
        parse(words)
    said = caught.value.diagnostic
    assert said.code == ExitCode.USAGE
    assert any(word in said.what for word in words if word != "batch")
    assert said.hint


def test_a_misspelt_option_is_told_its_right_name() -> None:
    with pytest.raises(UsageError) as caught:
        run.parse(["--dryrun", "-e", "BEGIN { }"])
    assert caught.value.diagnostic.hint == "did you mean --dry-run?"


@pytest.mark.parametrize(
    "words",
    [
        ["-p", "99999999"],
        ["-c", "a" * 16],
        ["-c", "a" * 15 + "b*"],
        ["-c", "*"],
        ["-c", "ä" * 8],
        ["-f", "a b"],
        ["-f", "5", "-p", "6"],
        ["-f", "a", "-c", "b"],
        ["-f", "uid=0"],
    ],
)
def test_wrong_filters_are_refused_with_a_hint(words: list[str]) -> None:
    with pytest.raises(UsageError) as caught:
        parse(words)
    assert caught.value.diagnostic.why
    assert caught.value.diagnostic.hint


@pytest.mark.parametrize("words", [["--help"], ["batch", "--help"]])
def test_help_names_panes_and_exit_codes(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parse(words)
    text = capsys.readouterr().out
    assert caught.value.code == 0
    assert all(pane in text for pane in DEFAULT)
    assert "exit codes" in text


@pytest.mark.parametrize("words", [["--help"], *([name, "--help"] for name in COMMANDS)], ids=" ".join)
def test_no_help_is_wider_than_the_narrowest_usual_terminal(
    words: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit):
        main(words)
    assert [line for line in capsys.readouterr().out.splitlines() if len(line) > 80] == []


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        dashboard.run(["--help"])
    text = capsys.readouterr().out
    assert all(f"tracetop {name}" in text and about in text for name, about in COMMANDS.items())


def test_batch_has_ticks_and_json() -> None:
    found = batch.parser().parse_args(["-n", "3", "--json"])
    assert (found.ticks, found.json) == (3, True)
    found = batch.parser().parse_args([])
    assert (found.ticks, found.json) == (None, False)
