"""The line that says that the stream of frames is over, why, and how to go on. Screen process."""

from collections.abc import Sequence

from rich.segment import Segment

from tracetop.source.source import Ended
from tracetop.ui.lines import Line, LineView
from tracetop.ui.theme import Palette
from tracetop.view.text import escape, fit


class Banner(LineView):
    """Shown only after the end."""

    def __init__(self) -> None:
        super().__init__()
        self.ended: Ended | None = None

    def draw(self, width: int, _height: int, ink: Palette) -> Sequence[Line]:
        """Return what happened, and the cause and the mend under it."""
        diagnostic = self.ended.diagnostic if self.ended else None
        what = f" {escape(diagnostic.what) if diagnostic else 'the tracer ended'} "
        lines: list[Line] = [spread_keys(what, width, ink)]
        if diagnostic:
            parts = (f"why: {diagnostic.why}" if diagnostic.why else "", f"mend: {diagnostic.mend}")
            lines.append([Segment(fit(" " + escape("  ".join(filter(None, parts))), width), ink.text)])
        return lines


def spread_keys(what: str, width: int, ink: Palette) -> Line:
    """Return the text left and the two keys right, the keys whole."""
    keys = [Segment("R", ink.key), Segment(" restart  ", ink.text), Segment("q", ink.key), Segment(" quit ", ink.text)]
    room = max(0, width - sum(segment.cell_length for segment in keys))
    return [Segment(fit(what, room), ink.bad), *keys]
