"""``tracetop --panes``: every pane that can be opened by name, shipped or in one of the folders for scripts."""

from collections.abc import Iterator

from tracetop.errors import ExitCode
from tracetop.model.escape import escape
from tracetop.probes import Library
from tracetop.source.privileges import drop_privileges
from tracetop.source.scripts import offered_scripts, script_folders


def print_panes(*, as_root: bool) -> int:
    """Print a line for each, as the user who asks; return the exit code."""
    drop_privileges()
    for line in lines(as_root=as_root):
        print(line)
    return ExitCode.OK


def lines(*, as_root: bool) -> Iterator[str]:
    """Yield the list: names, titles, and what each shows."""
    library = Library()
    shipped = [library.scripts(pane)[0] for pane in library.panes()]
    offers = list(offered_scripts(as_root=as_root))
    width = max(len(escape(name)) for name in [*(each.name for each in shipped), *(each.name for each in offers)])
    for script in shipped:
        yield _line(script.name, script.variant.title, script.about, width)
        for other in library.scripts(script.pane)[1:]:
            yield _line("", f"or {other.variant.title}", other.about, width)
    yield ""
    yield f"scripts of your own (*.bt in {', '.join(str(folder) for folder in script_folders())}):"
    for offer in offers:
        yield _line(
            offer.name, offer.title, f"cannot be opened: {offer.refusal}" if offer.refusal else offer.about, width
        )
    if not offers:
        yield "  none"


def _line(name: str, title: str, about: str, width: int) -> str:
    return f"  {escape(name):<{width}}  {escape(title)}{f': {escape(about)}' if about else ''}"
