"""What the values of a command may be, looked at where it comes in: what is beyond is refused, and changes nothing.

Owns: bounds that follow from the command alone. Refuses to own: what depends on what is open, such as the name of a
pane (`open_panes`). Pure; the tracer.
"""

from tracetop.errors import TracetopError, UsageError
from tracetop.model.abi.control import PARAMS, SAMPLE_NONE
from tracetop.model.filter import COMM_BYTES, PIDS, Filter
from tracetop.model.wire import messages as m

INTERVAL_S = (0.25, 10.0)
"""Least and greatest time between frames."""
_SCRIPT_BYTES = 1 << 20
_NAME_BYTES = 255
_ROWS = 100_000


def check(command: m.Command) -> None:
    """Refuse a command with a value that cannot be. UsageError."""
    if isinstance(command, m.Start | m.SetFilter | m.Run):
        _check_filter(command.filter)
    if isinstance(command, m.Start | m.SetInterval):
        check_interval(command.interval_s)
    if isinstance(command, m.Start | m.AddPane):
        _check_panes(command.panes if isinstance(command, m.Start) else (command.pane,))
    if isinstance(command, m.ReplaceScript | m.CheckScript | m.Complete | m.Run):
        _check_text("the script", command.script, _SCRIPT_BYTES)
    _check_numbers(command)


def _check_numbers(command: m.Command) -> None:
    match command:
        case m.SetParams():
            if len(command.params) > PARAMS:
                raise _beyond(f"{len(command.params)} parameters", f"a script takes at most {PARAMS}")
            for text in command.params:
                _check_text("a parameter", text, _NAME_BYTES)
        case m.SetSort(limit=limit) if not 0 < limit <= _ROWS:
            raise _beyond(f"{limit} rows of a table", f"there can be 1 to {_ROWS:,}")
        case m.Proceed():
            _check_sample(command.sample, 1)
        case m.Complete(at=at) if not 0 <= at <= len(command.script):
            raise _beyond(f"offset {at} of a text", f"the text has {len(command.script)} characters")
        case m.Run():
            _check_pid(command.pid)
            _check_pid(command.child)
        case _:  # nothing that has bounds
            pass


def check_interval(interval_s: float) -> None:
    """Refuse an interval that frames cannot have. UsageError."""
    least, greatest = INTERVAL_S
    if not least <= interval_s <= greatest:  # not a number neither
        raise UsageError(
            f"an interval of {interval_s:g} s",
            why="frames come at most four times a second and at least every ten seconds",
            hint=f"choose between {least:g} and {greatest:g} seconds",
        )


def _check_panes(panes: tuple[m.PaneRequest, ...]) -> None:
    for pane in panes:
        _check_text("the name of a pane", pane.name, _NAME_BYTES)
        _check_text("the script", pane.script, _SCRIPT_BYTES)
        _check_sample(pane.sample, 0)
        if not pane.name:
            raise _beyond("a pane without a name", "panes are told apart by their names")
    names = [pane.name for pane in panes]
    if twice := next((name for name in names if names.count(name) > 1), ""):
        raise _beyond(f"two panes named {twice}", "each has a name of its own")


def _check_sample(sample: int, least: int) -> None:
    if not least <= sample < SAMPLE_NONE:
        raise _beyond(f"1 in {sample} events", "that is not one")


def _check_filter(wanted: Filter) -> None:
    _check_pid(wanted.pid)
    _check_text("the name of a task", wanted.comm.removesuffix("*"), COMM_BYTES - 1)


def _check_pid(pid: int) -> None:
    if not 0 <= pid < PIDS:
        raise _beyond(f"process {pid}", f"processes have numbers up to {PIDS - 1}")


def _check_text(what: str, text: str, most: int) -> None:
    size = len(text.encode(errors="surrogateescape"))
    if size > most or "\0" in text:
        why = f"it has {size:,} bytes, and can have {most:,}" if size > most else "there is a NUL in it"
        raise _beyond(f"{what} cannot be taken", why)


def _beyond(what: str, why: str) -> TracetopError:
    return UsageError(what, why=why, hint="write another; nothing was changed")
