"""Every key of the app and of a pane as a whole: its names, its line of help, and what it does, side by side.

Owns: those keys and their actions. Refuses to own: state, which is that of the parts it acts on; and the keys of views
and prompts, which stand in their classes. Screen process.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

from textual.app import App
from textual.binding import Binding

from tracetop.errors import UsageError
from tracetop.model.filter import parse_filter, written_name
from tracetop.model.wire.messages import Reset
from tracetop.source.thread_ids import of_process
from tracetop.ui.dialogue.keys import MOVE, bind, bindings_of
from tracetop.ui.dialogue.session import Session
from tracetop.ui.dialogue.wishes import Step
from tracetop.ui.draw.bars import KeyBar
from tracetop.ui.focus import Focus
from tracetop.ui.frames import Frames
from tracetop.ui.panes.grid import Grid
from tracetop.ui.prompts.editor import ScriptArea
from tracetop.ui.prompts.help import HelpScreen
from tracetop.ui.prompts.prompt import Question
from tracetop.ui.prompts.script_prompt import ScriptPrompt
from tracetop.ui.scripts import Scripts
from tracetop.ui.views.flame import FlameView
from tracetop.ui.views.log import LogView
from tracetop.ui.views.state import QuestionView
from tracetop.ui.views.table import TableView
from tracetop.ui.views.tree import TreeView
from tracetop.view.text import escape


@dataclass
class Actions:
    """What keys do that takes more than a call of one part."""

    app: App[None]
    session: Session
    grid: Grid
    frames: Frames
    scripts: Scripts
    focus: Focus
    key_bar: KeyBar
    searched: str = ""
    """What `n` looks for."""

    def help(self) -> None:
        """Show every key."""
        self.app.push_screen(HelpScreen(GROUPS))

    def toggle_probes(self, *, number: int) -> None:
        """Switch the probes of a pane on or off."""
        if number <= len(self.grid.panes):
            self.grid.panes[number - 1].toggle()
        else:
            self.key_bar.tell(f"there is no pane {number}")

    def filter(self) -> None:
        """Ask for a filter."""
        now = self.session.trail.filter
        words = (str(now.pid or ""), now.comm and written_name(now.comm))
        hint = "812, nginx, ngin*; empty for all processes"
        question = Question("filter", hint, lambda text: self.session.into(Step(of_process(parse_filter(text)))))
        self.focus.ask(question, " ".join(filter(None, words)))

    def search(self) -> None:
        """Ask what to search in the focused pane; it is searched while it is typed."""
        self.focus.ask(Question("search", "part of a name", self._search, self._seek, lambda: self._search("")))

    def _seek(self, text: str) -> None:
        self.grid.pane.view.find(text, 0)

    def _search(self, text: str) -> None:
        self.searched = text
        if not self.grid.pane.view.find(text, 0) and text:
            self.key_bar.tell(f"not found: {escape(text)}")

    def found(self, step: int) -> None:
        """Go to the next or the previous row that matches."""
        if not self.searched:
            self.key_bar.tell("nothing to search for yet: / asks")
        elif not self.grid.pane.view.find(self.searched, step):
            self.key_bar.tell(f"not found: {escape(self.searched)}")

    def zoom(self) -> None:
        """Give the pane the whole screen, or its place in the grid."""
        self.grid.zoomed = not self.grid.zoomed

    def next_variant(self) -> None:
        """Change the source of the current pane, or of the first that has several."""
        here = self.grid.pane
        several = [pane for pane in (here, *self.grid.panes) if pane.frame and len(pane.frame.variants) > 1]
        (several[0] if several else here).next_variant()

    def parameter(self) -> None:
        """Ask for the system call whose latency is shown."""
        self.focus.ask(Question("latency of", "a system call, e.g. openat; empty for all", self.show_syscall))

    def show_syscall(self, syscall: str) -> None:
        """Show one system call's latency; UsageError where the text cannot be a name."""
        syscall = syscall.strip()
        if syscall and not syscall.replace("_", "").isalnum():
            raise UsageError(f"not a system call: {syscall}", hint="write a name such as openat, or nothing for all")
        if not self.session.show_syscall(syscall):
            self.key_bar.tell("no pane here shows one system call")

    def reset(self) -> None:
        """Count anew."""
        self.session.ask(Reset())
        self.grid.forget()
        for pane in self.grid.panes:
            pane.clear_logs()

    def restart(self) -> None:
        """Start the tracer again after it ended."""
        if not self.session.restart():
            self.key_bar.tell("the tracer is running")


@dataclass(frozen=True)
class Key:
    """A key and what it does."""

    binding: Binding
    act: Callable[[Actions], object]


def _key(
    id: str,  # noqa: A002
    keys: str,
    help_: str,
    act: Callable[[Actions], object],
    shown: str = "",
    *,
    priority: bool = False,
) -> Key:
    return Key(bind(id, keys, f"do('{id}')", help_, shown=shown, priority=priority), act)


_TOGGLE = "switch the probes of that pane on or off"
APP = (
    _key("help", "question_mark,f1,h", "this help", Actions.help, "? F1 h"),
    _key("quit", "q,f10", "quit", lambda on: on.app.exit(), "q F10"),
    _key("quit.now", "ctrl+c,ctrl+q", "quit, also from a prompt", lambda on: on.app.exit(), "Ctrl-C", priority=True),
    _key(
        "palette",
        "ctrl+p",
        "palette: every command by name, themes",
        lambda on: on.app.action_command_palette(),
        "Ctrl-P",
    ),
    *(_key(f"toggle.{n}", str(n), _TOGGLE, partial(Actions.toggle_probes, number=n)) for n in range(1, 10)),
    _key("filter", "f,f4,backslash", "filter by process: number, name or prefix*", Actions.filter, "f F4 \\"),
    _key("back", "escape,backspace", "go back: to the filter before this one", lambda on: on.session.back(), "Esc ⌫"),
    _key("search", "slash", "search the rows of the focused pane", Actions.search, "/"),
    _key("search.next", "n", "next row that matches", lambda on: on.found(1)),
    _key("search.previous", "N", "previous row that matches", lambda on: on.found(-1), "N"),
    _key("script", "colon", "new pane: run a script of your own", lambda on: on.scripts.ask(), ":"),
    _key("pause", "p", "pause the view; counting goes on", lambda on: on.frames.pause()),
    _key("faster", "minus", "shorter interval, down to 0.25 s", lambda on: on.session.change_interval(-1), "-"),
    _key("slower", "plus,equals_sign", "longer interval, up to 10 s", lambda on: on.session.change_interval(1), "+"),
    _key("zoom", "z", "give the focused pane the whole screen, and back", Actions.zoom),
    _key("variant", "v,s", "other source of the latency pane", Actions.next_variant, "v s"),
    _key("parameter", "t", "latency of one system call, by name", Actions.parameter),
    _key("reset", "r", "count anew, from zero", Actions.reset),
    _key("restart", "R", "start the tracer again after it ended", Actions.restart, "R"),
    _key("focus.next", "tab", "next pane", lambda on: on.grid.go_by(1), "Tab"),
    _key("focus.previous", "shift+tab", "previous pane", lambda on: on.grid.go_by(-1), "Shift-Tab"),
    _key(
        "suspend",
        "ctrl+z",
        "suspend, as any program; fg comes back",
        lambda on: on.app.action_suspend_process(),
        "Ctrl-Z",
    ),
)
"""The keys that mean the same everywhere but in a prompt."""
PANE = (
    _key("pane.toggle", "space", "switch the probes of this pane on or off", lambda on: on.grid.pane.toggle(), "Space"),
    _key("pane.view", "i", "other view: call tree / flame, histogram / heat map", lambda on: on.grid.pane.next_view()),
    _key("pane.edit", "e", "edit the script of this pane", lambda on: on.scripts.edit(on.grid.pane)),
    _key(
        "pane.editor",
        "ctrl+o",
        "edit it in $VISUAL or $EDITOR",
        lambda on: on.scripts.edit(on.grid.pane, elsewhere=True),
        "Ctrl-O",
    ),
    _key(
        "pane.shipped", "B", "back to the script that tracetop ships", lambda on: on.scripts.go_back(on.grid.pane), "B"
    ),
    _key("pane.close", "x,ctrl+w", "close this pane", lambda on: on.scripts.close(on.grid.pane), "x Ctrl-W"),
    _key("pane.offsets", "o", "stack frames with or without +0x offsets", lambda on: on.grid.pane.toggle_offsets()),
)
"""The keys that mean something where a pane has the focus."""
KEYS = MappingProxyType({str(key.binding.id): key for key in (*APP, *PANE)})
GROUPS = (
    ("Everywhere", tuple(key.binding for key in APP)),
    ("In a pane", tuple(key.binding for key in PANE)),
    ("Moving", MOVE),
    ("In a table", bindings_of(TableView)),
    ("In a call tree", bindings_of(TreeView)),
    ("In a flame view", bindings_of(FlameView)),
    ("In a log", bindings_of(LogView)),
    ("At the question before a hot script", bindings_of(QuestionView)),
    ("In the script prompt", (*bindings_of(ScriptPrompt), *bindings_of(ScriptArea))),
)
"""All keys, as the help and the README list them."""
