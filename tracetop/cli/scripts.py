"""What the words of a command line ask to open, and what there is: bundled panes, scripts in files, in the words."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import fill

from tracetop.errors import ExitCode, UsageError
from tracetop.library import Library
from tracetop.model.escape import escape
from tracetop.model.wire.messages import PaneRequest
from tracetop.source.privileges import drop_privileges
from tracetop.source.script_files import offered_scripts, script_folders, script_text, typed_text


def pane_requests(
    panes: tuple[str, ...], programs: tuple[str, ...], *, as_root: bool, sample: int = 0
) -> tuple[PaneRequest, ...]:
    """Return what to open, file texts included, each under a name of its own.

    A name is that of a bundled pane, or else of a script in one of the folders for them. `as_root`: see `script_text`;
    `sample`: see `PaneRequest`. UsageError for a file that cannot be read or trusted.
    """
    requests = [_pane(pane, as_root=as_root) for pane in panes]
    requests += [
        _request("script", typed_text(text, as_root=as_root), "the program given with -e") for text in programs
    ]
    bundled = {request.name for request in requests if not request.script}
    named: dict[str, PaneRequest] = {}
    for request in requests:
        name = request.name
        if request.script:  # a bundled pane keeps its name, and named twice it is one pane
            names = (name, *(f"{name}-{i}" for i in range(2, len(requests) + 2)))
            name = next(name for name in names if name not in named and name not in bundled)
        named[name] = PaneRequest(name, request.script, sample)
    return tuple(named.values())


def _pane(word: str, *, as_root: bool) -> PaneRequest:
    if word.endswith(".bt"):
        return _request(Path(word).stem, script_text(word, as_root=as_root), word)
    if word not in Library().panes():
        for offer in offered_scripts(as_root=as_root):
            if offer.name == word:
                return _request(word, script_text(offer.path, as_root=as_root), offer.path)
    return PaneRequest(word)


def _request(name: str, text: str, where: str) -> PaneRequest:
    if not text.strip():  # an empty request would mean a bundled pane
        raise UsageError(f"{where} is not a script", why="it is empty", hint="write a probe and an action")
    return PaneRequest(name, text)


def print_panes(*, as_root: bool) -> int:
    """Print every pane that can be opened by name, shipped or in a folder, as the user who asks; return the code."""
    drop_privileges()
    columns = shutil.get_terminal_size().columns if sys.stdout.isatty() else sys.maxsize
    for line in pane_lines(as_root=as_root, columns=columns):
        print(line)
    return ExitCode.OK


def pane_lines(*, as_root: bool, columns: int) -> Iterator[str]:
    """Yield that list: names, titles, and what each shows, an entry a line or more where it would be too long."""
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
