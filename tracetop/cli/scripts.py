"""What the words of a command line ask to open: bundled panes, scripts in files, scripts in the words themselves."""

from pathlib import Path

from tracetop.errors import UsageError
from tracetop.library import Library
from tracetop.model.wire.messages import PaneRequest
from tracetop.source.script_files import offered_scripts, script_text


def pane_requests(
    panes: tuple[str, ...], programs: tuple[str, ...], *, as_root: bool, sample: int = 0
) -> tuple[PaneRequest, ...]:
    """Return what to open, file texts included, each under a name of its own.

    A name is that of a bundled pane, or else of a script in one of the folders for them. `as_root`: see `script_text`;
    `sample`: see `PaneRequest`. UsageError for a file that cannot be read or trusted.
    """
    requests = [_pane(pane, as_root=as_root) for pane in panes]
    requests += [_request("script", text, "the program given with -e") for text in programs]
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
        raise UsageError(f"{where} is no script", why="it is empty", hint="write a probe and an action")
    return PaneRequest(name, text)
