"""What ``tracetop list`` prints: a probe a line, and with -v its arguments behind it. Screen process."""

import signal
import sys
from collections.abc import Iterable
from typing import TextIO

from tracetop.errors import ExitCode
from tracetop.headless.streams import complain, silence
from tracetop.model.wire.inquiries import Answer, Entry, Listing, Remark
from tracetop.model.wire.messages import Fatal
from tracetop.view.text import escape


def print_listing(answers: Iterable[Answer], out: TextIO) -> int:
    """Print probes on `out` and remarks on standard error; return the exit code."""
    try:
        for answer in answers:
            match answer:
                case Listing():
                    out.write("".join(map(_text, answer.entries)))
                case Remark():
                    print(f"note: {escape(answer.text)}", file=sys.stderr)
                case Fatal():
                    complain(answer.diagnostic)
                    return int(answer.diagnostic.code)
        out.flush()
    except BrokenPipeError:
        silence(out)
        return 128 + signal.SIGPIPE
    return ExitCode.OK


def _text(entry: Entry) -> str:
    """Return a probe and its arguments, or where there are any the lines of a type alone, as they are in C."""
    if entry.lines and " " in entry.name:  # a type's lines begin with its name
        return "".join(f"{_indented(line)}\n" for line in (*entry.lines, ""))
    return "".join(f"{escape(line)}\n" for line in (entry.name, *(f"    {line}" for line in entry.lines)))


def _indented(line: str) -> str:
    """Return a line escaped but for the tabs that it begins with."""
    text = line.lstrip("\t")
    return "\t" * (len(line) - len(text)) + escape(text)
