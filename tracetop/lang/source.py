"""The text of a script and the places in it: turns an offset into ``name:line:col`` and a caret line.

Owns: how a `ScriptError` points at the script. Every pass raises through it, so every error has a place.
"""

from dataclasses import dataclass

from tracetop.errors import ScriptError

_TAB_WIDTH = 4


@dataclass(frozen=True)
class Source:
    """A script's text under the name that errors show (``latency`` for ``latency.bt``)."""

    name: str
    text: str

    def line_and_column(self, at: int) -> tuple[int, int]:
        """Return the place of the character at offset `at`, both from 1."""
        line_start = self.text.rfind("\n", 0, at) + 1
        return self.text.count("\n", 0, at) + 1, at - line_start + 1

    def error(self, at: int, what: str, *, hint: str, why: str = "") -> ScriptError:
        """Return the error that points at offset `at`; the caller raises it."""
        line, column = self.line_and_column(at)
        return ScriptError(
            what,
            why=why,
            hint=hint,
            where=f"{self.name}.bt:{line}:{column}",
            excerpt=self._excerpt(line, column),
            at=at,
        )

    def used(self, error: ScriptError, what: str, at: int) -> ScriptError:
        """Return an error within something, such as a macro, that also says where that was used."""
        said = error.diagnostic
        line, _column = self.line_and_column(at)
        where = f"in {what}, used on line {line}"
        return ScriptError(
            said.what,
            why=f"{said.why}; {where}" if said.why else where,
            hint=said.hint,
            where=said.where,
            excerpt=said.excerpt,
            at=said.at,
        )

    def _excerpt(self, line: int, column: int) -> str:
        """Return the source line and a caret under `column`, tabs widened so that the two stay aligned."""
        lines = self.text.split("\n")
        text = lines[line - 1] if line <= len(lines) else ""
        caret = " " * len(text[: column - 1].expandtabs(_TAB_WIDTH)) + "^"
        return f"{text.expandtabs(_TAB_WIDTH)}\n{caret}"
