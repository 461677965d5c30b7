"""A run's messages become bpftrace's streams, files and commands; and every way to end it ends it."""

import io
import json
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tracetop.errors import Diagnostic, ExitCode
from tracetop.headless.run import Style, run_script
from tracetop.headless.streams import Output, OutputError
from tracetop.model.wire import messages as m
from tracetop.source.child import Child
from tracetop.source.source import Ended, Listener

WRONG = Diagnostic(what="no \x1b such probe", hint="name another", code=ExitCode.SCRIPT, detail="verifier\nsays")
ORDER = m.Run(name="x", script="BEGIN {}")
JSON = m.Run(name="x", script="BEGIN {}", json=True)
PLAIN = Style()


class Told:
    """A source that says what it was given, and stops when it is told to, as a tracer does."""

    def __init__(self, *messages: m.Message | Ended, ends: bool = True) -> None:
        self.messages = messages
        self.ends = ends
        self.sent: list[m.Command] = []
        self.closed = False
        self.on_sent: Callable[[], None] = lambda: None
        self._listener: Listener | None = None

    def start(self, listener: Listener) -> None:
        self._listener = listener
        for message in (*self.messages, *([m.Finished()] if self.ends else [])):
            listener(message)

    def send(self, command: m.Command) -> None:
        self.sent.append(command)
        self.on_sent()
        if self._listener and not self.ends:
            self._listener(m.Finished())

    def restart(self) -> None:
        raise AssertionError("a run is never begun again")

    def close(self) -> None:
        self.closed = True


class Command(Child):
    """A watched command that a test ends."""

    def __init__(self) -> None:
        self.released = self.ended = False
        self.over = threading.Event()

    def release(self) -> None:
        self.released = True

    def wait(self) -> None:
        self.over.wait()

    def epitaph(self) -> str:
        return "it ended"

    def end(self) -> None:
        self.ended = True
        self.over.set()


def run(
    *messages: m.Message | Ended, order: m.Run = ORDER, style: Style = PLAIN, child: Command | None = None
) -> tuple[int, str]:
    out = io.BytesIO()
    code = run_script(Told(*messages), order, style, out, child)
    return code, out.getvalue().decode()


def test_output_is_written_byte_by_byte() -> None:
    out = io.BytesIO()
    run_script(Told(m.Output(b"a\xff"), m.Output(b"\x1b\n")), ORDER, Style(), out)
    assert out.getvalue() == b"a\xff\x1b\n"


def test_attached_probes_are_told_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(m.Attached(1), m.Attached(2)) == (0, "")
    assert capsys.readouterr().err == "Attached 1 probe\nAttached 2 probes\n"
    run(m.Attached(1), style=Style(quiet=True))
    assert capsys.readouterr().err == ""


def test_attached_probes_are_a_line_of_json() -> None:
    _, out = run(m.Attached(3), order=JSON)
    assert json.loads(out) == {"type": "attached_probes", "count": 3, "data": {"probes": 3}}


def test_the_exit_code_is_the_scripts() -> None:
    out = io.BytesIO()
    assert run_script(Told(m.Finished(code=7), ends=False), ORDER, Style(), out) == 7
    assert run_script(Told(m.Finished(code=-1), ends=False), ORDER, Style(), out) == 255


def test_notes_and_errors_go_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    """The tracer has spelt out what is data in an error: what is left is the script's own."""
    run(m.Output(b"bad \x1b[31m\n", error=True), m.Finished(notes=("@ \x1b was full",)))
    assert capsys.readouterr().err == "bad \x1b[31m\n@ \\x1b was full\n"


def test_a_refused_script_is_explained_and_gives_its_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(m.Fatal(WRONG)) == (ExitCode.SCRIPT, "")
    assert capsys.readouterr().err == "no \\x1b such probe\nhint: name another\n"
    run(m.Fatal(WRONG), style=Style(verbose=True))
    assert capsys.readouterr().err.endswith("verifier\nsays\n")


def test_a_tracer_that_died_is_no_success() -> None:
    lost = Diagnostic(what="the tracer ended", hint="again", code=ExitCode.TRACER)
    assert run(Ended(lost))[0] == ExitCode.TRACER


def test_files_and_commands_keep_their_place_between_what_is_printed(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("from a file\n")
    messages = (m.Output(b"1\n"), m.ShowFile(str(file)), m.Execute("echo from a command"), m.Output(b"2\n"))
    assert run(*messages)[1] == "1\nfrom a file\nfrom a command\n2\n"
    lines = run(*messages[1:3], order=JSON)[1].splitlines()
    assert [json.loads(line) for line in lines] == [
        {"type": "cat", "data": "from a file\n"},
        {"type": "syscall", "data": "from a command\n"},
    ]


def test_a_file_has_its_lines_and_sends_no_terminal_a_sequence(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"a\x1b[31m\n\tb")
    assert run(m.ShowFile(str(file)))[1] == "a\\x1b[31m\n\tb"


def test_the_name_of_a_file_that_is_not_there_begins_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    run(m.ShowFile("/none\nforged"))
    assert capsys.readouterr().err == "ERROR: cat cannot read /none\\nforged: No such file or directory\n"


def test_of_a_large_file_the_beginning_is_printed(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"x" * 20_000)
    assert len(run(m.ShowFile(str(file)))[1]) == 10_240


def test_what_is_no_regular_file_is_not_waited_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A script's data may name a pipe that nobody writes to."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert run(m.ShowFile(str(pipe)), m.ShowFile(str(tmp_path / "none")), m.ShowFile(str(tmp_path)))[1] == ""
    errors = capsys.readouterr().err.splitlines()
    assert [line.rpartition(": ")[2] for line in errors] == [
        "it is not a regular file",
        "No such file or directory",
        "Is a directory",
    ] or errors[2].endswith("it is not a regular file")


def test_the_command_is_released_when_probes_are_attached() -> None:
    child = Command()
    run(m.Attached(1), child=child)
    assert child.released
    assert child.ended
    child = Command()
    run(m.Attached(1), child=child, order=m.Run(name="x", script="", dry_run=True))
    assert not child.released


def test_the_commands_end_stops_the_run(capsys: pytest.CaptureFixture[str]) -> None:
    child = Command()
    child.over.set()
    source = Told(m.Attached(1), ends=False)
    assert run_script(source, ORDER, Style(verbose=True), io.BytesIO(), child) == 0
    assert source.sent == [m.Stop()]
    assert "it ended" in capsys.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_the_run_as_exit_does(number: signal.Signals) -> None:
    source = Told(ends=False)
    threading.Timer(0.05, os.kill, (os.getpid(), number)).start()
    assert run_script(source, ORDER, Style(), io.BytesIO()) == 0
    assert source.sent == [m.Stop()]
    assert source.closed


def test_the_second_signal_does_not_wait() -> None:
    source = Told(ends=False)
    source.messages = ()
    source._listener = None

    def deaf(listener: Listener) -> None:
        threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT)).start()

    source.start = deaf  # type: ignore[method-assign]
    source.on_sent = lambda: os.kill(os.getpid(), signal.SIGINT)
    assert run_script(source, ORDER, Style(), io.BytesIO()) == 128 + signal.SIGINT
    assert source.closed


def test_a_reader_that_has_gone_ends_the_run() -> None:
    read, write = os.pipe()
    os.close(read)
    source = Told(m.Output(b"x"), ends=False)
    with io.BufferedWriter(Output(write, closefd=True)) as out, pytest.raises(OutputError) as lost:
        run_script(source, ORDER, Style(), out)
    assert lost.value.exit_code() == 128 + signal.SIGPIPE
    assert source.closed


def test_output_that_cannot_be_written_ends_the_run(capsys: pytest.CaptureFixture[str]) -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    with io.BufferedWriter(Output(full, closefd=True)) as out, pytest.raises(OutputError) as lost:
        run_script(Told(m.Output(b"x"), ends=False), ORDER, Style(), out)
    assert lost.value.exit_code() == ExitCode.INTERNAL
    assert "cannot write the output" in capsys.readouterr().err


def test_signal_handlers_are_put_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    run()
    assert signal.getsignal(signal.SIGTERM) is before


def test_buffered_output_is_written_at_the_end() -> None:
    class Counted(io.BytesIO):
        flushes = 0

        def flush(self) -> None:
            self.flushes += 1

    out = Counted()
    run_script(Told(m.Output(b"1"), m.Output(b"2")), ORDER, Style(buffered=True), out)
    assert out.flushes <= 2
