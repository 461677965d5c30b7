"""Batch text: every pane in aligned lines, harmless, no wider than asked."""

import pytest

from tests.headless import frames
from tracetop.headless.report import text
from tracetop.model.frame import Log, PaneFrame, PaneState
from tracetop.view.text import cell_width


def printed(*panes: PaneFrame, width: int = 120) -> str:
    return text(frames.frame(*panes), width)


def all_kinds(name: str = "nginx") -> list[PaneFrame]:
    return [
        *frames.bundled().panes.values(),
        frames.failed("broken"),
        frames.pane(
            "mine", frames.sizes_histogram(), frames.big_number(), frames.processes_table(name), frames.log(0, name)
        ),
    ]


@pytest.mark.parametrize("width", [20, 80, 160])
def test_no_line_is_wider_than_asked_and_none_has_a_control_character(width: int) -> None:
    lines = printed(*all_kinds(frames.HOSTILE), width=width).split("\n")
    assert all(cell_width(line) <= width and (line.isprintable() or not line) for line in lines)


def test_a_table_has_its_sums_its_head_with_the_sort_mark_and_exact_totals() -> None:
    lines = printed(frames.pane("syscalls", frames.syscalls_table())).split("\n")
    assert lines[2:7] == [
        "System calls: on, 0.0% of a core (53 ns at 2.00k/s)",
        "  1.62k/s  1.25M total  2.0 errors/s, 2 of 41 rows",
        "syscall                /s▼     %        total  errors/s       errors",
        "read                 1.20k  74.1      1234567       2.0           40",
        "futex                  310  19.1         9800         0            0",
    ]


def test_a_distribution_has_its_percentiles_and_one_bar_a_power_of_two() -> None:
    lines = printed(frames.pane("latency", frames.latency_histogram()), width=60).split("\n")
    assert lines[3] == "  n 100  p50 88 ns  p90 88 ns  p99 4.7 ms  max ≥4.7 ms"
    assert lines[5] == "   64 ns - 128 ns      90     900 " + "█" * 26
    assert lines[-3].startswith("  4.2 ms - 8.4 ms      10     100 ██")
    assert len(lines) == 5 + 17 + 2


def test_bounds_are_shown_as_bounds() -> None:
    assert "  comm sh: n 4  p50 ≥0  p90 ≥100  p99 ≥100  max ≥100" in printed(frames.pane("m", frames.sizes_histogram()))


def test_stacks_are_a_tree_and_their_losses_are_told() -> None:
    lines = printed(frames.pane("stacks", frames.stack_tree())).split("\n")
    assert "incomplete: at least 3 stacks lost (collision)" in lines[2]
    assert lines[3] == "  ≥100 samples, 9 in the last 30 s"
    assert lines[5:8] == [
        "   100    5.0  do_syscall_64",
        "  80.0   80.0    vfs_read",
        "  15.0   15.0    schedule",
    ]


def test_a_failed_pane_says_what_why_and_the_hint() -> None:
    assert printed(frames.failed()).split("\n")[2:6] == [
        "Kernel stacks: failed: the profile probe cannot attach",
        "  stacks.bt:4:1: the profile probe cannot attach",
        "  why: this kernel allows no perf events",
        "  hint: set kernel.perf_event_paranoid to 2 or less",
    ]


def test_a_pane_that_has_ended_itself_shows_what_it_printed() -> None:
    log = Log(name="printed", first=0, lines=("the\x1b end",))
    off = frames.pane("mine", frames.syscalls_table(), log, state=PaneState.OFF)
    assert "  the\\x1b end\n" in printed(off)
    assert "read" not in printed(off)


def test_a_pane_that_is_off_shows_no_old_numbers() -> None:
    off = frames.pane("syscalls", frames.syscalls_table(), state=PaneState.OFF)
    assert "read" not in printed(off)
    assert "System calls: off" in printed(off)


def test_what_a_script_printed_stands_line_by_line() -> None:
    lines = printed(frames.pane("mine", frames.log(7, "one", "two\x1b[2J"))).split("\n")
    assert lines[3:5] == ["  one", "  two\\x1b[2J"]
