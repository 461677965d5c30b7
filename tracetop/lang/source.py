"""The text of a script and the places in it: turns an offset into ``name:line:col`` and a caret line.

Owns: how a `ScriptError` points at the script. Every pass raises through it, so every error has a place.
"""

import re
from dataclasses import dataclass
from functools import cached_property

from msgspec.structs import replace

from tracetop.errors import ScriptError
from tracetop.model.header import IMPORTED
from tracetop.model.program import Place

_PART = re.compile(rf"^{re.escape(IMPORTED)}(?P<name>.*)\n", re.MULTILINE)
_CALL_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|//[^\n]*|/\*.*?\*/|[()]', re.DOTALL)
"""What may have parentheses in it that are none, and those that are."""
_TAB_WIDTH = 4
_WHOLE_LINE = 240
"""Characters of a line that an error quotes whole."""
_AROUND = 80
"""Characters of a longer one that it quotes on each side of the place."""


@dataclass(frozen=True)
class Part:
    """The text of one file, at `start` of the whole."""

    start: int
    text: str
    file: str
    """As errors show it."""


@dataclass(frozen=True)
class Source:
    """A script's text under the name that errors show (``latency`` for ``latency.bt``)."""

    name: str
    text: str

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """The files that the text is of: the script's own, then those that it imports."""
        marks = list(_PART.finditer(self.text))
        ends = [*(mark.start() for mark in marks), len(self.text)]
        own = Part(0, self.text[: ends[0]], f"{self.name}.bt")
        imported = (Part(m.end(), self.text[m.end() : end], m["name"]) for m, end in zip(marks, ends[1:], strict=True))
        return own, *imported

    def part(self, at: int) -> Part:
        """Return the file that offset `at` is in."""
        return next(part for part in reversed(self.parts) if part.start <= at or not part.start)

    def line_and_column(self, at: int) -> tuple[int, int]:
        """Return the place in its file of the character at offset `at`, both from 1."""
        line_start = self.text.rfind("\n", 0, at) + 1
        return self.text.count("\n", self.part(at).start, at) + 1, at - line_start + 1

    def place(self, at: int) -> Place:
        """Return the place at offset `at`, for what is said of it while the script runs."""
        line, column = self.line_and_column(at)
        part = self.part(at)
        return Place(part.file, line, column, self._excerpt(part.text, line, column))

    def call_place(self, at: int) -> Place:
        """Return the place of the call that begins at offset `at`, up to its closing parenthesis."""
        place, depth = self.place(at), 0
        for token in _CALL_TOKEN.finditer(self.text, at):
            depth += (token[0] == "(") - (token[0] == ")")
            if token[0] == ")" and depth == 0:
                line, column = self.line_and_column(token.end() - 1)
                return replace(place, end_line=line, end_column=column + 1)
        return replace(place, end_line=place.line, end_column=place.column)

    def error(self, at: int, what: str, *, hint: str, why: str = "") -> ScriptError:
        """Return the error that points at offset `at`; the caller raises it."""
        line, column = self.line_and_column(at)
        return ScriptError(
            what,
            why=why,
            hint=hint,
            where=f"{self.part(at).file}:{line}:{column}",
            excerpt=self._excerpt(self.part(at).text, line, column),
            at=at,
        )

    def used(self, error: ScriptError, what: str, at: int) -> ScriptError:
        """Return an error within something, such as a macro, that also says where that was used."""
        said = error.diagnostic
        line, _column = self.line_and_column(at)
        other = "" if self.part(at).start == self.part(said.at).start else f" of {self.part(at).file}"
        where = f"in {what}, used on line {line}{other}"
        return ScriptError(
            said.what,
            why=f"{said.why}; {where}" if said.why else where,
            hint=said.hint,
            where=said.where,
            excerpt=said.excerpt,
            at=said.at,
        )

    @staticmethod
    def _excerpt(part: str, line: int, column: int) -> str:
        """Return the source line, a long one cut around `column` with … for what is left out, and a caret under it.

        Tabs are widened, so that the two stay aligned.
        """
        lines = part.split("\n")
        text = lines[line - 1] if line <= len(lines) else ""
        indent = len(text[: column - 1].expandtabs(_TAB_WIDTH))
        text = text.expandtabs(_TAB_WIDTH)
        if len(text) > _WHOLE_LINE:
            start, end = max(0, indent - _AROUND), indent + 1 + _AROUND
            before, after = "…" if start else "", "…" if end < len(text) else ""
            text, indent = f"{before}{text[start:end]}{after}", indent - start + len(before)
        return f"{text}\n{' ' * indent}^"
