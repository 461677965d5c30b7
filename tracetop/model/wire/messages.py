"""What the two processes say to each other: commands down, messages up; and how they are framed on a pipe.

A command is an imperative (`SetFilter`), a message a past fact (`Frame`, `LogLines`). On the pipe each is a
4-byte big-endian length and that many bytes of msgpack. Pure; both processes.
"""

import struct
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from tracetop.errors import Diagnostic, TracerError
from tracetop.model.filter import Filter
from tracetop.model.frame import Frame, Sort

PROTOCOL = 1
"""Raised with every change that an older reader cannot read."""
MAX_MESSAGE_BYTES = 64 << 20
_LENGTH = struct.Struct(">I")


class PaneRequest(msgspec.Struct, frozen=True):
    """A pane to open. `script` empty: a bundled one of that name; else the script's text, read by the asker."""

    name: str
    script: str = ""
    sample: int = 0
    """1 in so many events is counted, 1: all. 0: all, but ask first (`PaneState.ASKING`) where hooks are very hot."""


class Start(msgspec.Struct, frozen=True, tag="start"):
    """Open these panes. The first command, and the only one before frames come."""

    panes: tuple[PaneRequest, ...]
    filter: Filter = Filter()
    interval_s: float = 1.0


class SetFilter(msgspec.Struct, frozen=True, tag="set_filter"):
    """Count only the events of these processes, in all panes."""

    filter: Filter


class SetInterval(msgspec.Struct, frozen=True, tag="set_interval"):
    """Seconds between frames, 0.25 to 10."""

    interval_s: float


class _OfPane(msgspec.Struct, frozen=True):
    pane: str


class SetEnabled(_OfPane, frozen=True, tag="set_enabled"):
    """Attach or detach a pane's probes."""

    enabled: bool


class SetParams(_OfPane, frozen=True, tag="set_params"):
    """Change a pane's positional parameters; no parameters: all of them unset. Starts its counting anew."""

    params: tuple[str, ...]


class SelectVariant(_OfPane, frozen=True, tag="select_variant"):
    """Show another of a pane's scripts; the old one runs until the new one has loaded."""

    variant: str


class SetSort(_OfPane, frozen=True, tag="set_sort"):
    """Take the top rows of a table by this column, and at most `limit` of them."""

    table: str
    sort: Sort
    limit: int = 200


class SetOffsets(_OfPane, frozen=True, tag="set_offsets"):
    """Show stack frames of a pane with or without their ``+0x`` offset into the function."""

    offsets: bool


class Reset(msgspec.Struct, frozen=True, tag="reset"):
    """Count anew: all totals, distributions and trees begin at zero."""


class AddPane(msgspec.Struct, frozen=True, tag="add_pane"):
    """Open one more pane."""

    pane: PaneRequest


class RemovePane(_OfPane, frozen=True, tag="remove_pane"):
    """Close a pane and free all of it."""


class ReplaceScript(_OfPane, frozen=True, tag="replace_script"):
    """Run this text in the pane instead of its script; the old one runs until the new one has loaded."""

    script: str


class Proceed(_OfPane, frozen=True, tag="proceed"):
    """The answer for a pane that is ASKING: attach it and count 1 in `sample` events; to cancel is `RemovePane`."""

    sample: int = 1


class CheckScript(msgspec.Struct, frozen=True, tag="check_script"):
    """Say what is wrong with a text that is being typed; answered by `Checked` with the same `serial`."""

    serial: int
    script: str


class Complete(msgspec.Struct, frozen=True, tag="complete"):
    """Ask for words that could stand at offset `at` of the text; answered by `Completions` with the same `serial`."""

    serial: int
    script: str
    at: int


class Run(msgspec.Struct, frozen=True, kw_only=True, tag="run"):
    """Run one script as bpftrace would: sent instead of Start, answered by `Output` until `Ended`."""

    name: str
    script: str
    params: tuple[str, ...] = ()
    filter: Filter = Filter()
    pid: int = 0
    """The process that ends the run when it ends, and the only one that its hooks are put on; 0 for none."""
    child: int = 0
    """The process that ``cpid`` names: it waits for `Attached` before it executes its program."""
    mode: str = ""
    """``bench``: measure the script's ``bench`` probes, and run nothing else."""
    unsafe: bool = False
    """Whether ``system()`` and ``signal()`` may be used."""
    dry_run: bool = False
    """End it once it is attached; it has counted and printed nothing then."""
    tells_reads: bool = False
    """Whether it is told where a read of memory fails, which gives zeros."""
    probe_filter: str = ""
    """A regular expression: probes whose names it does not match are left out; empty for none."""
    warnings: bool = True
    """Whether ``warnf`` and what was met at run time are told."""
    debug: tuple[str, ...] = ()
    """Stages to show instead of running: ``ast``, ``typed``, ``c``."""
    json: bool = False
    """Whether what is printed is lines of JSON instead of text."""
    environment: dict[str, str] = {}
    """Variables of the asker's environment that say how a script is meant: ``BPFTRACE_MAX_STRLEN``."""
    file: str = ""
    """What messages of the running script call its file."""


class Signalled(msgspec.Struct, frozen=True, tag="signalled"):
    """The run was sent SIGUSR1: what ``self:signal`` probes are for."""


class FileShown(msgspec.Struct, frozen=True, tag="file_shown"):
    """The text of a file that `ShowFile` of that serial asked for, or a line that says why it cannot be read."""

    serial: int
    data: bytes


class Stop(msgspec.Struct, frozen=True, tag="stop"):
    """Send one last frame and end."""


PaneCommand = SetEnabled | SetParams | SelectVariant | SetSort | SetOffsets | RemovePane | ReplaceScript | Proceed
"""What is to be done with the pane that it names."""
PanesCommand = SetFilter | Reset | AddPane | PaneCommand
"""What is about panes, all of them or one: carried out by who has them, every other command by the loop."""
Inquiry = CheckScript | Complete
"""What only wants to know, of a text that is being typed."""
Command = Start | SetInterval | PanesCommand | Inquiry | Run | Signalled | FileShown | Stop


class Hello(msgspec.Struct, frozen=True, tag="hello"):
    """The tracer is there, privileged and with BCC loaded; the first message."""

    protocol: int
    pid: int
    kernel: str
    hostname: str


class Fatal(msgspec.Struct, frozen=True, tag="fatal"):
    """The tracer cannot work at all and ends with `diagnostic.code`."""

    diagnostic: Diagnostic


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """A command was not carried out; what ran before runs on."""

    diagnostic: Diagnostic


class LogLines(msgspec.Struct, frozen=True, tag="log"):
    """What libbcc or the kernel printed in the tracer; unescaped."""

    lines: tuple[str, ...]


class Checked(msgspec.Struct, frozen=True, tag="checked"):
    """The first thing that is wrong with a script, `diagnostic` None where nothing is."""

    serial: int
    diagnostic: Diagnostic | None = None
    at: int = 0
    """Offset of the place in the text."""


class Completion(msgspec.Struct, frozen=True):
    """One word that could stand there, and what it is (``tracepoint``, ``field: pid_t``, ``function``)."""

    word: str
    about: str = ""


class Completions(msgspec.Struct, frozen=True, tag="completions"):
    """Words for the text from offset `start` to where it was asked for, the likeliest first."""

    serial: int
    start: int
    words: tuple[Completion, ...]


class Attached(msgspec.Struct, frozen=True, tag="attached"):
    """BEGIN has run and all other probes are on their hooks, or would be but for a dry run."""

    probes: int
    over: bool = False
    """Whether there is nothing but BEGIN, or it has called ``exit``: nothing is on a hook, nothing is to be started."""


class Output(msgspec.Struct, frozen=True, tag="output"):
    """What a script printed, in order; bytes, since what it prints need not be text."""

    data: bytes
    error: bool = False
    """Whether it belongs on the standard error."""


class ShowFile(msgspec.Struct, frozen=True, tag="show_file"):
    """A script called ``cat``: the asker reads the file, with the rights of its user, and prints it.

    One with a serial is of a pane: it is answered by `FileShown`, and its text comes back in the pane's log.
    """

    path: str
    serial: int = 0
    most: int = 10240
    """Bytes of it that are shown."""


class Execute(msgspec.Struct, frozen=True, tag="execute"):
    """A script called ``system``: the asker runs the command in a shell, with the rights of its user."""

    command: str


class Drained(msgspec.Struct, frozen=True, tag="drained"):
    """All that a script sent before its end has come; what follows is of END."""


class Finished(msgspec.Struct, frozen=True, tag="finished"):
    """A run is over: everything was printed and the kernel is free of it. The last message of a run."""

    code: int = 0
    """What the script gave to ``exit``."""
    notes: tuple[str, ...] = ()
    """One line each: what was lost or cut short, and what to do about it."""


RunMessage = Attached | Output | ShowFile | Execute | Drained | Finished
"""What comes of `Run`; a pane's script shows files too."""
Message = Hello | Frame | Fatal | Refused | LogLines | Checked | Completions | RunMessage

_ENCODER = msgspec.msgpack.Encoder()


def encode(message: msgspec.Struct) -> bytes:
    r"""Return the length-prefixed bytes of one command or message, or of what `inquiries` says.

    Bytes that were not UTF-8 where the text came from (lone surrogates here) travel spelt out, as ``\xff``.
    """
    try:
        body = _ENCODER.encode(message)
    except UnicodeEncodeError:
        body = _ENCODER.encode(_spelt_out(msgspec.to_builtins(message)))
    return _LENGTH.pack(len(body)) + body


def decoding(wanted: Any) -> Callable[[bytes], Any]:
    """Return what reads a body (without its length) as one of the wanted structs; TracerError where it is not one."""
    decoder = msgspec.msgpack.Decoder(wanted)

    def decode(body: bytes) -> Any:
        try:
            return decoder.decode(body)
        except msgspec.MsgspecError as error:
            raise _garbled(error) from error

    return decode


decode_command: Callable[[bytes], Command] = decoding(Command)
decode_message: Callable[[bytes], Message] = decoding(Message)


class Splitter:
    """Cuts a byte stream into message bodies, however the pipe cut it up."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield every body that is whole once `data` is added. TracerError for a length that cannot be."""
        self._buffer += data
        while len(self._buffer) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._buffer)
            if length > MAX_MESSAGE_BYTES:
                raise _garbled(f"a message of {length} bytes")
            end = _LENGTH.size + length
            if len(self._buffer) < end:
                return
            body = bytes(self._buffer[_LENGTH.size : end])
            del self._buffer[:end]
            yield body


def _spelt_out(value: Any) -> Any:
    """Return the same tree of builtins with every text encodable: any process may name itself with any bytes."""
    match value:
        case str():
            return value.encode(errors="surrogateescape").decode(errors="backslashreplace")
        case dict():
            return {_spelt_out(key): _spelt_out(item) for key, item in value.items()}
        case list() | tuple():
            return [_spelt_out(item) for item in value]
        case _:
            return value


def _garbled(why: object) -> TracerError:
    return TracerError(
        "the two processes of tracetop do not understand each other",
        why=str(why),
        hint="start it again; if it stays so, run one version of tracetop, not two mixed",
    )
