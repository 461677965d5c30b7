"""Runtime cases: scripts with what they must print, written down in tests/cases/*.cases; and a tracer to run them in.

A case begins with ``NAME``; each line that begins with a keyword begins an item, other lines go on with it; empty lines
and those that begin with ``#`` are left out. The items:

    PROG            the script
    OPTIONS         words of ``tracetop run``, such as ``-f json`` or ``--unsafe``, quoted as in a shell
    PARAMS          the script's positional parameters, quoted as in a shell; {calls} as in AFTER
    AFTER           a command to start once the probes are attached; the run ends with it; {calls} and the like are
                    the programs of tests/load
    EXPECT          lines that must stand in the output, in one piece
    EXPECT_NONE     lines that must not
    EXPECT_REGEX    a pattern that must match somewhere; ^ and $ match at lines
    EXPECT_JSON     a JSON value that one of the output's lines must be
    EXPECT_STDERR   text that must stand in what was printed as an error
    ERROR           the script is refused, and this text stands in the reason
    CODE            the exit code, 0 where it is not said
    DIFFERS         why the newest bpftrace prints otherwise, and is not asked (`python -m tests.kernel.scripts.peer`);
                    also as a comment before NAME: ``# differs: WHY``

A script that neither calls exit() nor has an AFTER or a command (``-c``) is stopped once it is attached.
"""

import io
import json
import re
import shlex
import subprocess
import threading
from collections.abc import Mapping
from contextlib import redirect_stderr
from dataclasses import dataclass, field
from pathlib import Path

from tests.patience import SLOWNESS
from tracetop.cli.commands.run import order_of, parse
from tracetop.errors import ExitCode
from tracetop.headless.run import Style, run_script
from tracetop.model.wire import messages as m
from tracetop.source.child import Child
from tracetop.source.source import Ended, Listener
from tracetop.source.spawner import RUNNER

_ITEM = re.compile(
    r"(NAME|PROG|OPTIONS|PARAMS|AFTER|EXPECT_NONE|EXPECT_REGEX|EXPECT_JSON|EXPECT_STDERR|EXPECT|ERROR|CODE|DIFFERS)"
    r"(?: (.*))?$"
)
_DIFFERS = "# differs: "
_LIMIT_S = 10.0 * SLOWNESS


@dataclass
class Case:
    """One case; `items` has what stands after each keyword, in order."""

    file: str
    items: list[tuple[str, str]] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The case's name, with its file's."""
        return f"{self.file}:{self.one('NAME')}"

    def all(self, keyword: str) -> list[str]:
        """Return everything that stands after a keyword."""
        return [text for word, text in self.items if word == keyword]

    def one(self, keyword: str, default: str = "") -> str:
        """Return what stands after a keyword that may stand once."""
        found = self.all(keyword)
        assert len(found) <= 1, f"{self.file}: {keyword} stands twice in one case"
        return found[0] if found else default


def read_cases(path: Path) -> list[Case]:
    """Return the cases of a file, in order."""
    cases: list[Case] = []
    differs = ""
    for number, line in enumerate(path.read_text().splitlines(), 1):
        match = _ITEM.match(line)
        if match and match[1] == "NAME":
            cases.append(Case(path.stem, [("DIFFERS", differs)] if differs else []))
            differs = ""
        if match:
            cases[-1].items.append((match[1], match[2] or ""))
        elif line.startswith(_DIFFERS):
            differs = line.removeprefix(_DIFFERS)
        elif line and not line.startswith("#"):
            assert cases, f"{path}:{number}: no case has begun"
            word, text = cases[-1].items[-1]
            cases[-1].items[-1] = (word, f"{text}\n{line}" if text else line)
    return cases


class CaseTracer:
    """A tracer process that runs one script after the other; as a source it lasts longer than a run."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._thread: threading.Thread | None = None
        self._over = True

    def start(self, listener: Listener) -> None:
        """Pass on the messages of one run."""
        self._thread = threading.Thread(target=self._listen, args=(listener,), daemon=True)
        self._thread.start()

    def send(self, command: m.Command) -> None:
        """Send a command; a run begins with a process that lives."""
        if isinstance(command, m.Run):
            self._begin()
            self._over = False
        if not self._over and self._process and self._process.stdin:
            self._process.stdin.write(m.encode(command))
            self._process.stdin.flush()

    def restart(self) -> None:
        """Not needed: `send` starts a new one."""

    def close(self) -> None:
        """Wait for the run's end; a run that does not end takes the process along."""
        if self._thread:
            self._thread.join(_LIMIT_S)
            if self._thread.is_alive():
                self.end()

    def end(self) -> None:
        """End the process."""
        if self._process:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _begin(self) -> None:
        if self._process is None or self._process.poll() is not None:
            pipe = subprocess.PIPE
            self._process = subprocess.Popen(RUNNER, stdin=pipe, stdout=pipe)
            self._splitter = m.Splitter()

    def _listen(self, listener: Listener) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        while data := self._process.stdout.read1(1 << 16):  # type: ignore[attr-defined]
            for body in self._splitter.feed(data):
                message = m.decode_message(body)
                self._over = isinstance(message, m.Finished | m.Fatal)
                listener(message)
                if self._over:
                    return
        self._over = True
        listener(Ended(None))


class _After(Child):
    """The command of AFTER, or without one nothing: begins when the probes are attached."""

    def __init__(self, command: str) -> None:
        self._words = shlex.split(command)
        self._released = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None

    def release(self) -> None:
        """Begin."""
        if self._words:
            self._process = subprocess.Popen(self._words, stdout=subprocess.DEVNULL)
        self._released.set()

    def wait(self) -> None:
        """Wait for the end."""
        self._released.wait()
        if self._process:
            self._process.wait()

    def epitaph(self) -> str:
        """Say nothing."""
        return ""

    def end(self) -> None:
        """Begin and end, where it has not."""
        self._released.set()
        if self._process and self._process.poll() is None:
            self._process.kill()


@dataclass(frozen=True)
class Outcome:
    """What a run printed, and its exit code."""

    out: str
    err: str
    code: int


def run_case(case: Case, tracer: CaseTracer, loads: Mapping[str, Path]) -> Outcome:
    """Run a case's script."""
    words = [
        *shlex.split(case.one("OPTIONS")),
        "-e",
        case.one("PROG"),
        "--",
        *shlex.split(case.one("PARAMS").format(**loads)),
    ]
    found = parse(words)
    watched: Child | None = None
    child = 0
    if found.command is not None:
        watched = started = Child(found.command.format(**loads))
        child = started.pid
    elif "exit(" not in case.one("PROG") or case.all("AFTER"):
        watched = _After(case.one("AFTER").format(**loads))
    out, err = io.BytesIO(), io.StringIO()
    order = order_of(found, "case", case.one("PROG"), child=child)
    style = Style(quiet=found.quiet, verbose=found.verbose)
    with redirect_stderr(err):
        tracer.send(order)
        code = run_script(tracer, order, style, out, watched)
    return Outcome(out.getvalue().decode(errors="surrogateescape"), err.getvalue(), code)


def check(case: Case, outcome: Outcome) -> None:
    """Compare. AssertionError that shows what was printed."""
    said = f"\nPROG {case.one('PROG')}\nstdout:\n{outcome.out}\nstderr:\n{outcome.err}\ncode: {outcome.code}"
    lines = f"\n{outcome.out}\n"
    errors = case.all("ERROR")
    for error in errors:
        assert error in outcome.err, f"not refused for {error!r}{said}"
    code = case.one("CODE", str(int(ExitCode.SCRIPT)) if errors else "0")
    assert outcome.code == int(code), f"exit code {outcome.code}{said}"
    for text in case.all("EXPECT"):
        assert f"\n{text}\n" in lines, f"does not print {text!r}{said}"
    for text in case.all("EXPECT_NONE"):
        assert f"\n{text}\n" not in lines, f"prints {text!r}{said}"
    for pattern in case.all("EXPECT_REGEX"):
        assert re.search(pattern, outcome.out, re.MULTILINE), f"{pattern!r} is not there{said}"
    for text in case.all("EXPECT_STDERR"):
        assert text in outcome.err, f"{text!r} is not an error{said}"
    for value in map(json.loads, case.all("EXPECT_JSON")):
        found = [json.loads(line) for line in outcome.out.splitlines() if line.startswith("{")]
        assert value in found, f"no line is {json.dumps(value)}{said}"
