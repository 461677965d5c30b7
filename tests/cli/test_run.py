"""The words of `tracetop run`, where its script comes from, and which files it does not write to."""

import os
from pathlib import Path

import pytest

from tracetop.cli.commands.run import open_output, order_of, parse
from tracetop.errors import UsageError
from tracetop.model.filter import Filter
from tracetop.model.wire.messages import Run


def order(*words: str) -> Run:
    return order_of(parse(list(words)), "x", "BEGIN {}", child=0)


def test_words_behind_the_file_are_parameters() -> None:
    assert order("x.bt", "openat", "5").params == ("openat", "5")
    assert order("-e", "BEGIN {}", "openat", "-5").params == ("openat", "-5")
    assert order("-e", "BEGIN {}", "--", "-x").params == ("-x",)


def test_options_may_stand_between_file_and_parameters() -> None:
    found = order("x.bt", "-p", "812", "openat", "-f", "json")
    assert found.params == ("openat",)
    assert found.json
    assert (found.pid, found.filter) == (812, Filter(pid=812))


def test_a_script_may_not_act_unless_told() -> None:
    assert not order("x.bt").unsafe
    assert order("--unsafe", "x.bt").unsafe


def test_stages_are_asked_for_by_name() -> None:
    assert order("-d", "ast", "-d", "c", "x.bt").debug == ("ast", "c")


@pytest.mark.parametrize("words", [("-f", "xml", "x.bt"), ("-p", "none", "x.bt"), ("-B", "some", "x.bt")])
def test_words_that_mean_nothing_are_refused(words: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match=words[1]):
        parse(list(words))


def test_output_replaces_what_was_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "out"
    file.write_text("a long text of before")
    with open_output(str(file)) as out:
        out.write(b"new\n")
        out.flush()
        assert file.read_text() == "new\n"


def test_output_is_never_written_through_a_link(tmp_path: Path) -> None:
    """In a folder that others can write, a link of theirs would say where we write."""
    precious, link = tmp_path / "precious", tmp_path / "out"
    precious.write_text("precious")
    link.symlink_to(precious)
    with pytest.raises(UsageError):
        open_output(str(link))
    assert precious.read_text() == "precious"


def test_output_is_not_written_to_another_users_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "out"
    file.write_text("planted")
    monkeypatch.setattr(os, "geteuid", lambda: file.stat().st_uid + 1)
    with pytest.raises(UsageError):
        open_output(str(file))
    assert file.read_text() == "planted"


def test_output_to_a_device_is_no_file_to_replace() -> None:
    with open_output(os.devnull) as out:
        out.write(b"x")


def test_a_folder_is_no_output(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        open_output(str(tmp_path))


def test_long_names_are_those_of_bpftrace() -> None:
    found = parse(["--pid", "812", "--cmd", "ls", "--output", "o", "--quiet", "--verbose", "--debug", "ast", "x.bt"])
    assert (found.pid, found.command, found.output, found.quiet, found.verbose) == (812, "ls", "o", True, True)
    assert found.debug == ["ast"]


@pytest.mark.parametrize(
    ("words", "stages"),
    [
        (("-d", "types"), ("typed",)),
        (("-d", "ast,codegen"), ("ast", "c")),
        (("-d", "codegen-opt", "-d", "ast"), ("c", "ast")),
        (("-d", "all"), ("ast", "typed", "c")),
    ],
)
def test_stages_have_the_names_of_bpftrace_too(words: tuple[str, ...], stages: tuple[str, ...]) -> None:
    assert order(*words, "x.bt").debug == stages


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("-d", "verifier", "x.bt"), "verifier is none of"),
        (("--probe-filter", "(", "x.bt"), "is no regular expression"),
        (("--mode", "codegen", "x.bt"), "codegen"),
    ],
)
def test_values_of_options_that_mean_nothing_are_refused(words: tuple[str, ...], what: str) -> None:
    with pytest.raises(UsageError, match=what):
        parse(list(words))


def test_what_is_run_of_a_script() -> None:
    assert order("--probe-filter", "open", "x.bt").probe_filter == "open"
    assert (order("--no-warnings", "x.bt").warnings, order("x.bt").warnings) == (False, True)
    assert order("--usdt-file-activation", "x.bt") == order("x.bt")


@pytest.mark.parametrize("words", [("-k",), ("-kk",), ("--warnings",)])
def test_reads_that_fail_are_told_where_that_is_asked_for(words: tuple[str, ...]) -> None:
    assert (order(*words, "x.bt").tells_reads, order("x.bt").tells_reads) == (True, False)
