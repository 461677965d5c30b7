"""``tracetop --panes``: every pane that can be opened by name, shipped or in one of the folders for scripts."""

import shutil
import sys
from collections.abc import Iterator
from textwrap import fill

from tracetop.errors import ExitCode
from tracetop.library import Library
from tracetop.model.escape import escape
from tracetop.source.privileges import drop_privileges
from tracetop.source.script_files import offered_scripts, script_folders


def print_panes(*, as_root: bool) -> int:
    """Print a line for each, as the user who asks; return the exit code."""
    drop_privileges()
    columns = shutil.get_terminal_size().columns if sys.stdout.isatty() else sys.maxsize
    for line in lines(as_root=as_root, columns=columns):
        print(line)
    return ExitCode.OK


def lines(*, as_root: bool, columns: int) -> Iterator[str]:
    """Yield the list: names, titles, and what each shows, an entry a line or more where it would be too long."""
    library = Library()
    shipped = [library.scripts(pane)[0] for pane in library.panes()]
    offers = list(offered_scripts(as_root=as_root))
    width = max(len(escape(name)) for name in [*(each.name for each in shipped), *(each.name for each in offers)])
    for script in shipped:
        yield _line(script.name, script.variant.title, script.about, width, columns)
        for other in library.scripts(script.pane)[1:]:
            yield _line("", f"or {other.variant.title}", other.about, width, columns)
    yield ""
    yield fill(f"scripts of your own (*.bt in {', '.join(map(str, script_folders()))}):", columns)
    for offer in offers:
        about = f"cannot be opened: {offer.refusal}" if offer.refusal else offer.about
        yield _line(offer.name, offer.title, about, width, columns)
    if not offers:
        yield "  none"


def _line(name: str, title: str, about: str, width: int, columns: int) -> str:
    text = f"{escape(title)}{f': {escape(about)}' if about else ''}"
    name = f"  {escape(name):<{width}}  "
    return fill(text, columns, initial_indent=name, subsequent_indent=" " * len(name), break_on_hyphens=False)
