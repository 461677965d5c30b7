"""Whole screens of scripts as panes: prompt, error, words, question, log, several views, tabs; see `test_snapshots`."""

import pytest

from tests.ui.driving import Driven, dashboard
from tests.ui.test_snapshots import compare
from tracetop.ui.prompts.script_prompt import ScriptPrompt

WRONG = 'tracepoint:syscalls:sys_enter_openat /pid == 8/ { @n[comm] = bad(1); $x = "a"; } // opens'
LONG = "// what runs, and for how long\ntracepoint:sched:sched_switch {\n  @a[comm] = count();\n  bad();\n}"
WORDS = "tracepoint:sched:sched_"
ALL = 'a { @a[comm] = count(); @num = count(); @hist = hist(1); @k[kstack] = count(); printf("%s", comm); }'
PRINTS = 'tracepoint:sched:sched_process_exec { printf("%d %s", pid, comm); }'
NUMBER = "tracepoint:syscalls:sys_enter_openat { @num = count(); }"
HOT = "hot { @a = count(); }"
SIZES = {60: (60, 20), 100: (100, 30), 160: (160, 50), 250: (250, 60)}
Steps = tuple[str, ...]
"""Texts that are put into the prompt, each run with Enter, and keys in angle brackets."""
SCREENS: dict[str, tuple[int, str, Steps]] = {
    "script-prompt-60": (60, "tracetop-dark", ("<colon>", PRINTS)),
    "script-error-60": (60, "tracetop-dark", ("<colon>", WRONG)),
    "script-error-100": (100, "tracetop-dark", ("<colon>", WRONG)),
    "script-error-160-light": (160, "tracetop-light", ("<colon>", WRONG)),
    "script-lines-100": (100, "tracetop-dark", ("<colon>", LONG)),
    "script-words-100": (100, "tracetop-dark", ("<colon>", WORDS, "<tab>", "<tab>")),
    "script-words-60": (60, "tracetop-dark", ("<colon>", WORDS)),
    "script-edit-100": (100, "tracetop-dark", ("<shift+tab>", "<e>")),
    "question-100": (100, "tracetop-dark", ("<colon>", HOT, "<enter>")),
    "question-60": (60, "tracetop-dark", ("<colon>", HOT, "<enter>")),
    "sampled-100": (100, "tracetop-dark", ("<colon>", HOT, "<enter>", "<s>")),
    "log-160": (160, "tracetop-dark", ("<colon>", PRINTS, "<enter>")),
    "log-searched-60": (60, "tracetop-dark", ("<colon>", PRINTS, "<enter>", "<slash>", "<s>", "<s>", "<h>", "<enter>")),
    "number-100": (100, "tracetop-dark", ("<colon>", NUMBER, "<enter>")),
    "views-250-light": (250, "tracetop-light", ("<colon>", ALL, "<enter>", "<tab>")),
    "views-zoomed-100": (100, "tracetop-dark", ("<colon>", ALL, "<enter>", "<z>", "<tab>", "<tab>", "<tab>", "<tab>")),
    "views-60": (60, "tracetop-dark", ("<colon>", ALL, "<enter>")),
    "tabs-60": (60, "tracetop-dark", (*("<colon>", NUMBER, "<enter>") * 11, "<shift+tab>")),
}


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ScriptPrompt, "check_after_s", 0.001)
    monkeypatch.setattr(ScriptPrompt, "complete_after_s", 0.002)


@pytest.mark.parametrize("name", SCREENS)
async def test_the_screen_is_as_stored(name: str) -> None:
    width, theme, steps = SCREENS[name]
    async with dashboard(SIZES[width], ticks=5) as on:
        on.app.theme = theme
        await on.pilot.pause()
        await go(on, steps)
        compare(name, on.picture())


async def test_without_colour_the_prompt_is_as_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with dashboard(SIZES[100], ticks=5) as on:
        await go(on, ("<colon>", WRONG))
        compare("script-error-no-color-100", on.picture())


async def go(on: Driven, steps: Steps) -> None:
    """Carry the steps out, and let three ticks come after each that runs something."""
    for step in steps:
        if step.startswith("<"):
            await on.press(step[1:-1])
            await on.tick(3 * (step == "<enter>"))
        else:
            await on.put(step)
