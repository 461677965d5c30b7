"""Every key of the dashboard, in one place: the bindings of the app, of a pane and of each kind of view.

Owns: keys, their actions' names and one line of help each; the help screen and the key bar are made from these.
Refuses to own: what an action does. Each has an `id`, so that a key map can change it. Screen process.
"""

from collections.abc import Sequence
from itertools import groupby

from textual.binding import Binding


def _bind(id: str, keys: str, action: str, help_: str, *, shown: str = "", priority: bool = False) -> Binding:  # noqa: A002
    return Binding(keys, action, help_, show=False, key_display=shown or None, id=id, priority=priority)


APP = [
    _bind("help", "question_mark,f1,h", "help", "this help", shown="? F1 h"),
    _bind("quit", "q,f10", "quit", "quit", shown="q F10"),
    _bind("quit.now", "ctrl+c,ctrl+q", "quit", "quit, also from a prompt", shown="Ctrl-C", priority=True),
    _bind("palette", "ctrl+p", "command_palette", "palette: every command by name, themes", shown="Ctrl-P"),
    *(
        _bind(
            f"toggle.{n}",
            str(n),
            f"toggle_probes({n})",
            "switch the probes of that pane on or off",
        )
        for n in range(1, 10)
    ),
    _bind("filter", "f,f4,backslash", "filter", "filter by process: number, name or prefix*", shown="f F4 \\"),
    _bind("back", "escape,backspace", "filter_back", "go back: to the filter before this one", shown="Esc ⌫"),
    _bind("search", "slash", "search", "search the rows of the focused pane", shown="/"),
    _bind("search.next", "n", "found(1)", "next row that matches"),
    _bind("search.previous", "N", "found(-1)", "previous row that matches", shown="N"),
    _bind("script", "colon", "script", "new pane: run a script of your own", shown=":"),
    _bind("pause", "p", "pause", "pause the view; counting goes on"),
    _bind("faster", "minus", "interval(-1)", "shorter interval, down to 0.25 s", shown="-"),
    _bind("slower", "plus,equals_sign", "interval(1)", "longer interval, up to 10 s", shown="+"),
    _bind("zoom", "z", "zoom", "give the focused pane the whole screen, and back"),
    _bind("variant", "v,s", "next_variant", "other source of the latency pane", shown="v s"),
    _bind("parameter", "t", "parameter", "latency of one system call, by name"),
    _bind("reset", "r", "reset", "count anew, from zero"),
    _bind("restart", "R", "restart", "start the tracer again after it ended", shown="R"),
    _bind("focus.next", "tab", "focus_next", "next pane", shown="Tab"),
    _bind("focus.previous", "shift+tab", "focus_previous", "previous pane", shown="Shift-Tab"),
    _bind("suspend", "ctrl+z", "suspend_process", "suspend, as any program; fg comes back", shown="Ctrl-Z"),
]
PANE = [
    _bind("pane.toggle", "space", "toggle_pane", "switch the probes of this pane on or off", shown="Space"),
    _bind("pane.view", "i", "next_view", "other view: call tree / flame, histogram / heat map"),
    _bind("pane.edit", "e", "app.edit_script", "edit the script of this pane"),
    _bind("pane.editor", "ctrl+o", "app.edit_elsewhere", "edit it in $VISUAL or $EDITOR", shown="Ctrl-O"),
    _bind("pane.shipped", "B", "app.shipped_script", "back to the script that tracetop ships", shown="B"),
    _bind("pane.close", "x,ctrl+w", "app.close_pane", "close this pane", shown="x Ctrl-W"),
    _bind("pane.offsets", "o", "offsets", "stack frames with or without +0x offsets"),
]
MOVE = [
    _bind("move.up", "up,k", "move(-1)", "one row up", shown="↑ k"),
    _bind("move.down", "down,j", "move(1)", "one row down", shown="↓ j"),
    _bind("move.page_up", "pageup,ctrl+b", "page(-1)", "one page up", shown="PgUp"),
    _bind("move.page_down", "pagedown,ctrl+f", "page(1)", "one page down", shown="PgDn"),
    _bind("move.first", "home,g", "edge(-1)", "first row", shown="Home g"),
    _bind("move.last", "end,G", "edge(1)", "last row", shown="End G"),
]
TABLE = [
    _bind(
        "table.enter",
        "enter",
        "enter",
        "follow this process, or see this call's latency",
        shown="Enter",
    ),
    _bind("table.comm", "c", "drill_comm", "follow all processes with this row's name"),
    _bind("table.latency", "l", "latency", "show the latency of this row's system call"),
    _bind("table.sort_left", "less_than_sign,comma", "sort(-1)", "sort by the column to the left", shown="<"),
    _bind("table.sort_right", "greater_than_sign,full_stop", "sort(1)", "sort by the column to the right", shown=">"),
    _bind("table.invert", "I", "invert", "turn the order around", shown="I"),
]
TREE = [
    _bind("tree.fold", "left", "fold(False)", "fold this frame, or go to its caller", shown="←"),
    _bind("tree.unfold", "right", "fold(True)", "unfold this frame, or go to its first callee", shown="→"),
    _bind("tree.flip", "enter", "flip", "fold or unfold this frame", shown="Enter"),
    _bind("tree.all", "E,asterisk", "flip_all", "unfold everything, or fold everything", shown="E *"),
]
FLAME = [
    _bind("flame.left", "left", "beside(-1)", "frame to the left", shown="←"),
    _bind("flame.right", "right", "beside(1)", "frame to the right", shown="→"),
    _bind("flame.zoom", "enter", "zoom_in", "zoom in on this frame, or back out", shown="Enter"),
    _bind("flame.out", "escape,backspace", "zoom_out", "back out of a zoomed frame", shown="Esc ⌫"),
]
LOG = [
    _bind("log.left", "left", "sideways(-1)", "to the left along long lines", shown="←"),
    _bind("log.right", "right", "sideways(1)", "to the right along long lines", shown="→"),
    _bind("log.wrap", "w", "wrap", "wrap long lines, or cut them"),
]
QUESTION = [
    _bind("question.run", "r", "proceed(False)", "run it all the same"),
    _bind("question.sample", "s", "proceed(True)", "count 1 in 64 events, and scale back"),
    _bind("question.cancel", "c", "cancel", "close the pane, or go back to the script before"),
]
SCRIPT_PROMPT = [
    _bind("script.run", "enter", "submit", "run the script", shown="Enter"),
    _bind("script.complete", "tab", "complete(1)", "complete the word, or choose the next one", shown="Tab"),
    _bind("script.complete_back", "shift+tab", "complete(-1)", "choose the word before", shown="Shift-Tab"),
    _bind("script.search", "ctrl+r", "recall", "older script in the history that has this text", shown="Ctrl-R"),
    _bind("script.editor", "ctrl+o", "editor", "edit it in $VISUAL or $EDITOR", shown="Ctrl-O"),
    _bind("script.leave", "escape", "leave", "close the prompt", shown="Esc"),
]
EDITING = [
    _bind(
        "script.newline",
        "alt+enter,shift+enter,ctrl+j",
        "newline",
        "a new line; Alt-Enter and Shift-Enter too",
        shown="Ctrl-J",
    ),
    _bind("script.older", "up", "row(-1)", "line above, or the script before in the history", shown="↑"),
    _bind("script.newer", "down", "row(1)", "line below, or the next script in the history", shown="↓"),
    _bind("edit.start", "home,ctrl+a", "cursor_line_start", "start of the line", shown="Ctrl-A Home"),
    _bind("edit.end", "end,ctrl+e", "cursor_line_end", "end of the line", shown="Ctrl-E End"),
    _bind("edit.kill", "ctrl+k", "delete_to_end_of_line", "delete to the end of the line", shown="Ctrl-K"),
    _bind("edit.kill_back", "ctrl+u", "delete_to_start_of_line", "delete to the start of the line", shown="Ctrl-U"),
    _bind("edit.kill_word", "ctrl+w", "delete_word_left", "delete the word before", shown="Ctrl-W"),
    _bind("edit.undo", "ctrl+z", "undo", "undo", shown="Ctrl-Z"),
]
GROUPS = (
    ("Everywhere", tuple(APP)),
    ("In a pane", tuple(PANE)),
    ("Moving", tuple(MOVE)),
    ("In a table", tuple(TABLE)),
    ("In a call tree", tuple(TREE)),
    ("In a flame view", tuple(FLAME)),
    ("In a log", tuple(LOG)),
    ("At the question before a hot script", tuple(QUESTION)),
    ("In the script prompt", (*SCRIPT_PROMPT, *EDITING)),
)

BAR = (
    ("?", "help", "question_mark"),
    ("q", "quit", "q"),
    ("f", "filter", "f"),
    ("Enter", "drill", "enter"),
    ("Esc", "back", "escape"),
    (":", "script", "colon"),
    ("e", "edit", "e"),
    ("1-9", "on/off", ""),
    ("z", "zoom", "z"),
    ("i", "view", "i"),
    ("v", "source", "v"),
    ("/", "search", "slash"),
    ("p", "pause", "p"),
    ("+ -", "interval", ""),
    ("< >", "sort", ""),
    ("r", "reset", "r"),
    ("Ctrl-P", "palette", "ctrl+p"),
)
"""The key bar, the most wanted first: keys, a word, and the key that a click on it presses (none where empty)."""


def lines(bindings: Sequence[Binding]) -> list[tuple[str, str]]:
    """Return keys and help of each binding; neighbours with one help, such as digits, as one line."""
    merged: list[tuple[str, str]] = []
    for help_, group in groupby(bindings, key=lambda binding: binding.description):
        names = [shown(binding) for binding in group]
        merged.append((names[0] if len(names) == 1 else f"{names[0]} … {names[-1]}", help_))
    return merged


def shown(binding: Binding) -> str:
    """Return the keys of a binding as the help writes them."""
    return binding.key_display or binding.key
