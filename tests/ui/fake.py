"""A source of written-down frames, as the tracer would send them: the same for each seed, so screens compare."""

import re
import threading
from collections.abc import Callable
from functools import partial

import msgspec

from tests.ui.fake_views import FakeViews
from tracetop.errors import Diagnostic, ExitCode
from tracetop.model.filter import Filter
from tracetop.model.frame import (
    Cost,
    Frame,
    Hot,
    PaneFrame,
    PaneState,
    TracerCost,
    Variant,
    View,
)
from tracetop.model.wire.messages import (
    AddPane,
    Checked,
    CheckScript,
    Command,
    Complete,
    Completion,
    Completions,
    Hello,
    Message,
    Proceed,
    RemovePane,
    ReplaceScript,
    SelectVariant,
    SetEnabled,
    SetFilter,
    SetInterval,
    SetOffsets,
    SetParams,
    SetSort,
)
from tracetop.source.source import Ended, Listener

WORDS = (
    ("tracepoint:syscalls:sys_enter_open", "tracepoint"),
    ("tracepoint:syscalls:sys_enter_openat", "tracepoint"),
    ("tracepoint:syscalls:sys_enter_openat2", "tracepoint"),
    ("count", "function: how often"),
    ("comm", "builtin: name of the task"),
    *(
        (f"tracepoint:sched:sched_{name}", "tracepoint")
        for name in (
            "switch",
            "wakeup",
            "wakeup_new",
            "waking",
            "process_exec",
            "process_exit",
            "process_fork",
            "stat_wait",
            "stat_runtime",
            "migrate_task",
        )
    ),
)
VARIANTS = (
    Variant("syscall_latency", "system calls", "syscall"),
    Variant("runqueue", "run queue wait"),
    Variant("block", "block I/O"),
)


Maker = tuple[str, Callable[[], tuple[View, ...]], Cost]
"""Title, views and cost of a pane."""


class FakeSource(FakeViews):
    """Answers commands as the tracer does, and makes one frame each time a test (or its own thread) says so."""

    def __init__(self, seed: int = 1) -> None:
        super().__init__(seed)
        self.sent: list[Command] = []
        self.restarts = 0
        self.closed = False
        self._listener: Listener | None = None
        self.interval_s = 1.0
        self.filter = Filter()
        self.variant = VARIANTS[0].name
        self.params: tuple[str, ...] = ()
        self.states = dict.fromkeys(("syscalls", "latency", "processes", "stacks"), PaneState.ON)
        self.changes: dict[str, Callable[[PaneFrame], PaneFrame]] = {}
        """By pane: what a test does to each of its frames."""
        self._stop = threading.Event()
        self.sent_scripts: set[str] = set()
        self.edited: set[str] = set()
        self.refusals: dict[str, Diagnostic] = {}
        self.samples: dict[str, int] = {}

    def start(self, listener: Listener) -> None:
        self._listener = listener
        self.emit(Hello(protocol=1, pid=4711, kernel="6.18.0-cloud-amd64", hostname="db-primary-1"))

    def emit(self, message: Message | Ended) -> None:
        assert self._listener
        self._listener(message)

    def tick(self) -> Frame:
        """Send the next frame."""
        frame = self.next_frame()
        self.emit(frame)
        return frame

    def run(self, interval_s: float = 1.0) -> None:
        """Send frames from a thread until closed."""

        def loop() -> None:
            while not self._stop.wait(interval_s):
                self.tick()

        threading.Thread(target=loop, daemon=True).start()

    def send(self, command: Command) -> None:
        self.sent.append(command)
        match command:
            case SetFilter():
                self.filter = command.filter
            case SetInterval():
                self.interval_s = command.interval_s
            case SetEnabled():
                self.states[command.pane] = PaneState.ON if command.enabled else PaneState.OFF
            case SelectVariant():
                self.variant = command.variant
                self.params = ()
            case SetParams():
                self.params = command.params
            case SetSort():
                self.sorts[command.pane] = command.sort
            case SetOffsets():
                self.offsets = command.offsets
            case CheckScript():
                at = command.script.find("bad")
                wrong = None if at < 0 else wrong_at(command.script, at)
                self.emit(Checked(command.serial, wrong, max(0, at)))
            case Complete():
                self.emit(completions(command))
            case _:
                self._run(command)

    def _run(self, command: Command) -> None:
        match command:
            case AddPane():
                self.states[command.pane.name] = PaneState.LOADING
                self._load(command.pane.name, command.pane.script, bundled=not command.pane.script)
            case ReplaceScript():
                self._load(command.pane, command.script, bundled=False)
            case RemovePane():
                self.states.pop(command.pane, None)
                self.scripts.pop(command.pane, None)
            case Proceed():
                self.states[command.pane] = PaneState.ON
                self.samples[command.pane] = command.sample
            case _:
                pass

    def _load(self, name: str, text: str, *, bundled: bool) -> None:
        """Have a script loaded with the next frame, or refused: one with ``refused`` in it is."""
        self._seq_of_log[name] = 0
        if "refused" not in text:
            self.scripts[name] = text
            self.sent_scripts.discard(name)
            self.edited |= {name} if not bundled else set()
            self.states[name] = PaneState.ASKING if "hot" in text else PaneState.ON
            self.refusals.pop(name, None)
        else:
            self.refusals[name] = wrong_at(text, text.index("refused"))
            if name not in self.scripts:
                self.states[name] = PaneState.FAILED

    def restart(self) -> None:
        self.restarts += 1
        self.emit(Hello(protocol=1, pid=4712, kernel="6.18.0-cloud-amd64", hostname="db-primary-1"))

    def close(self) -> None:
        self.closed = True
        self._stop.set()

    def next_frame(self) -> Frame:
        self._seq += 1
        makers: dict[str, Maker] = {
            "syscalls": ("System calls", self._syscalls, Cost(57, 410_233, 2.34, 3)),
            "latency": ("Latency", self._latency, Cost(223, 205_120, 4.57, 3)),
            "processes": ("Processes", self._processes, Cost(98, 410_233, 4.02, 3)),
            "stacks": ("Kernel stacks", self._stacks, Cost(2900, 392, 0.11, 3)),
        }
        panes = {}
        added: dict[str, Maker] = {
            name: (name, partial(self._views_of, name), Cost(140, 1_200, 0.02, 1))
            for name in [*self.states]  # commands come from another thread
            if name not in makers
        }
        for name, (title, views, cost) in {**makers, **added}.items():
            if name not in self.states:
                continue
            state = self.states[name]
            is_on = state is PaneState.ON
            made = views()
            script = self.scripts.get(name, "") if name not in self.sent_scripts else ""
            self.sent_scripts.add(name)
            frame = PaneFrame(
                name=name,
                title=title,
                state=state,
                script=script,
                bundled=name not in self.edited,
                diagnostic=self.refusals.get(name),
                sample=self.samples.get(name, 1),
                hot=Hot(410_000, 8.0) if state is PaneState.ASKING else None,
                views=made if is_on else (),
                cost=cost if is_on else Cost(),
                variant=self.variant if name == "latency" else "",
                variants=VARIANTS if name == "latency" else (),
                params=self.params if name == "latency" else (),
            )
            panes[name] = self.changes.get(name, _same)(frame)
        return Frame(
            seq=self._seq,
            time=1_800_000_000.0 + self._seq,
            elapsed_s=1.0,
            interval_s=self.interval_s,
            filter=self.filter,
            panes=panes,
            tracer=TracerCost(1.2, 139 << 20),
            cpus=8,
        )


class SlowKernel(FakeSource):
    """Takes commands and never carries them out."""

    def send(self, command: Command) -> None:
        self.sent.append(command)


def wrong_at(text: str, at: int) -> Diagnostic:
    """Return what is wrong with the word at an offset."""
    row, column = text[:at].count("\n"), at - (text.rfind("\n", 0, at) + 1)
    word = re.split(r"\W", text[at:])[0]
    return Diagnostic(
        what=f"unknown function {word}",
        why="there is none of that name",
        hint="did you mean bswap?",
        where=f"script:{row + 1}:{column + 1}",
        excerpt=f"{text.split(chr(10))[row]}\n{' ' * column}^",
        code=ExitCode.SCRIPT,
    )


def completions(asked: Complete) -> Completions:
    """Return the words that begin as the text before the cursor ends."""
    match = re.search(r"[\w:]*$", asked.script[: asked.at])
    begun = match.group() if match else ""
    words = tuple(Completion(word, about) for word, about in WORDS if word.startswith(begun))
    return Completions(asked.serial, asked.at - len(begun), words)


def _same(frame: PaneFrame) -> PaneFrame:
    return frame


def failed(frame: PaneFrame) -> PaneFrame:
    """Return the pane as it is where its tracepoint is unknown."""
    diagnostic = Diagnostic(
        what="unknown tracepoint block:block_rq_issued",
        why="this kernel has no event of that name",
        hint="did you mean block:block_rq_issue?",
        where="latency.bt:3:14",
        excerpt="tracepoint:block:block_rq_issued\n                 ^",
        code=ExitCode.SCRIPT,
    )
    return msgspec.structs.replace(frame, state=PaneState.FAILED, views=(), diagnostic=diagnostic)


def lossy(frame: PaneFrame) -> PaneFrame:
    """Return the pane as it is after its map filled."""
    return msgspec.structs.replace(frame, dropped=12_400)
