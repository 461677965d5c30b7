"""Scripts as panes on the running kernel: added, replaced, asked about and sampled by a tracer that goes on running."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.kernel.conftest import StartCaller
from tests.kernel.tracer import tracer
from tracetop.model.filter import Filter
from tracetop.model.frame import Frame, Histogram, Log, Number, PaneFrame, PaneState, StackTree, Table
from tracetop.model.wire import messages as m
from tracetop.tracer.panes import cost_estimate

pytestmark = pytest.mark.kernel

ENTER = "tracepoint:raw_syscalls:sys_enter"
COUNT = f"{ENTER} {{ @ = count(); }}"
CALLS = 400_000
SAMPLE = 16


def is_on(pane: PaneFrame) -> bool:
    return pane.state is PaneState.ON


def counted(least: int) -> Callable[[PaneFrame], bool]:
    """Return what accepts a pane whose first view, a number, has counted so much."""

    def enough(pane: PaneFrame) -> bool:
        total = pane.views[0].cells[-1] if pane.views and isinstance(pane.views[0], Number) else None
        return isinstance(total, int) and total >= least

    return enough


def lines(pane: PaneFrame) -> tuple[str, ...]:
    return next((view.lines for view in pane.views if isinstance(view, Log)), ())


def test_a_script_that_is_added_prints_and_counts_and_leaves_with_its_pane() -> None:
    with tracer(m.PaneRequest("syscalls")) as one:
        one.pane("syscalls", is_on)
        script = 'BEGIN { printf("begun\\n"); } interval:ms:100 { @n = count(); printf("tick %d\\n", 7); }'
        one.send(m.AddPane(m.PaneRequest("mine", script)))
        assert lines(one.pane("mine", lambda pane: bool(lines(pane))))[0] == "begun"
        one.pane("mine", counted(3))
        one.send(m.RemovePane("mine"))
        assert one.until(Frame, lambda frame: "mine" not in frame.panes).panes.keys() == {"syscalls"}


def test_a_map_that_evicts_is_shown_with_its_newest_keys_and_not_as_complete() -> None:
    count = "interval:ms:50 { for $i : 0..20 { @n++; @m[@n] = count(); } }"
    with tracer(m.PaneRequest("mine", f"let @m = percpulruhash(8); {count}")) as one:

        def newest(pane: PaneFrame) -> list[int]:
            table = next((view for view in pane.views if isinstance(view, Table)), None)
            return sorted(int(str(row.cells[0])) for row in table.rows) if table else []

        pane = one.pane("mine", lambda pane: bool(newest(pane)) and newest(pane)[0] > 100)
        assert len(newest(pane)) <= 8
        assert newest(pane)[-1] - newest(pane)[0] < 20
        assert (pane.complete, pane.dropped, pane.limits) == (False, 0, ("@m evicts old entries",))


def test_a_wrong_text_leaves_the_old_script_and_a_good_one_replaces_it() -> None:
    with tracer(m.PaneRequest("mine", "BEGIN { @old = 1; }", 1)) as one:
        one.pane("mine", lambda pane: bool(pane.views))
        one.send(m.ReplaceScript("mine", "BEGIN { @new = nosuch; }"))
        refused = one.pane("mine", lambda pane: pane.diagnostic is not None)
        assert (refused.state, refused.views[0].name) == (PaneState.ON, "@old")
        one.send(m.ReplaceScript("mine", "BEGIN { @new = 2; }"))
        assert one.pane("mine", lambda pane: bool(pane.views) and pane.views[0].name == "@new").diagnostic is None


def test_a_bundled_pane_is_edited_and_brought_back() -> None:
    with tracer(m.PaneRequest("latency")) as one:
        text = one.pane("latency", lambda pane: bool(pane.script)).script
        one.send(m.ReplaceScript("latency", COUNT))
        assert not one.pane("latency", lambda pane: pane.script == COUNT).bundled
        one.send(m.ReplaceScript("latency", text))
        back = one.pane("latency", lambda pane: pane.script == text)
        assert (back.bundled, len(back.variants)) == (True, 3)


def test_a_hot_script_is_asked_about_and_what_is_sampled_is_scaled_back(
    caller: StartCaller, loads: Mapping[str, Path]
) -> None:
    """One call in 16 of 400,000 is counted: the estimate's error is 0.6% in two of three runs."""
    with tracer() as one, subprocess.Popen([loads["calls"], str(1 << 40)], stdout=subprocess.DEVNULL) as noise:
        one.send(m.AddPane(m.PaneRequest("mine", COUNT)))
        asking = one.pane("mine", lambda pane: pane.state is PaneState.ASKING)
        assert asking.hot is not None
        assert asking.hot.events_per_s > cost_estimate.HOT_PER_S or asking.hot.percent > cost_estimate.HOT_PERCENT
        noise.kill()
        mine = caller(CALLS)
        one.send(m.SetFilter(Filter(pid=mine.pid)), m.Proceed("mine", SAMPLE))
        found = one.pane("mine", lambda pane: is_on(pane) and bool(pane.views))
        assert (found.sample, found.complete) == (SAMPLE, False)
        mine.run()
        number = one.pane("mine", counted(CALLS * 9 // 10)).views[0]
        assert isinstance(number, Number)
        assert number.cells[-1] == pytest.approx(CALLS, rel=0.05)


def test_a_latency_is_sampled_by_its_begins(caller: StartCaller) -> None:
    script = (
        f"{ENTER} {{ @start[tid] = nsecs; }} "
        "tracepoint:raw_syscalls:sys_exit /@start[tid]/ { @ns = hist(nsecs - @start[tid]); delete(@start[tid]); }"
    )
    mine = caller(CALLS)
    with tracer() as one:
        one.send(m.SetFilter(Filter(pid=mine.pid)), m.AddPane(m.PaneRequest("mine", script, SAMPLE)))
        one.pane("mine", lambda pane: is_on(pane) and bool(pane.views))
        mine.run()

        def total(pane: PaneFrame) -> int:
            (view,) = pane.views
            assert isinstance(view, Histogram)
            return sum(sum(row.total.values()) for row in view.rows)

        found = one.pane("mine", lambda pane: bool(pane.views) and total(pane) >= CALLS * 9 // 10)
        assert total(found) == pytest.approx(CALLS, rel=0.05)


def test_a_script_that_ends_itself_switches_its_pane_off() -> None:
    script = 'interval:ms:50 { @n = count(); printf("bye\\n"); exit(); } END { printf("end\\n"); }'
    with tracer(m.PaneRequest("mine", script, 1)) as one:
        off = one.pane("mine", lambda pane: pane.state is PaneState.OFF)
        assert "exit()" in off.notes[0]
        said = [line for message in one.heard for line in lines_of(message)]
        assert said == ["bye", "end"]


def test_a_file_that_a_script_shows_is_read_with_the_users_rights_not_the_tracers(tmp_path: Path) -> None:
    """It keeps its place; under sudo it is a file that the user before sudo may read."""
    secret = tmp_path / "secret"
    secret.write_text("secret\n")
    secret.chmod(0o600)
    script = f'BEGIN {{ printf("1\\n"); cat("/proc/version"); printf("2\\n"); cat("{secret}"); printf("3\\n"); }}'
    words = [sys.executable, "-m", "tracetop", "batch", "-n", "1", "-e", script]
    rights = {"SUDO_UID": "65534", "SUDO_GID": "65534"}
    text = subprocess.run(words, env=os.environ | rights, stdout=subprocess.PIPE, text=True, check=True).stdout
    version = Path("/proc/version").read_text().rstrip()
    refusal = f"ERROR: cat cannot read {secret}: Permission denied"
    assert [line.strip() for line in text.rstrip().splitlines()[-5:]] == ["1", version, "2", refusal, "3"]


def test_a_newline_in_data_begins_no_line_of_the_log(loads: Mapping[str, Path]) -> None:
    """A process of any user may have one in its name, its arguments, its paths."""
    script = r'tracepoint:syscalls:sys_enter_getppid /args.__syscall_nr && comm != "sh"/ { printf("%s\n", comm); }'
    with tracer(m.PaneRequest("mine", script, 1)) as one:
        one.pane("mine", is_on)
        subprocess.run([loads["calls"], "1", "-n", "name\nforged"], stdout=subprocess.DEVNULL, check=True)
        said = lines(one.pane("mine", lambda pane: any("name" in line for line in lines(pane))))
    assert "name\\nforged" in said
    assert "forged" not in said


def lines_of(message: m.Message) -> tuple[str, ...]:
    panes = getattr(message, "panes", {})
    return lines(panes["mine"]) if "mine" in panes else ()


def test_keys_and_values_of_every_shape_become_cells(caller: StartCaller) -> None:
    script = (
        f"{ENTER} {{ @t[(comm, args.id)] = count(); @v[pid] = (comm, 1); @u[username] = count(); "
        '@k[ksym(kaddr("schedule"))] = count(); @i[ntop(2, 16777343)] = count(); }'
    )
    mine = caller(1000)
    with tracer() as one:
        one.send(m.SetFilter(Filter(pid=mine.pid)), m.AddPane(m.PaneRequest("mine", script, 1)))
        one.pane("mine", lambda pane: is_on(pane) and bool(pane.views))
        mine.run()
        found = one.pane("mine", lambda pane: all(isinstance(v, Table) and v.rows for v in pane.views))
        cells = {view.name: view.rows[0].cells for view in found.views if isinstance(view, Table)}
        assert cells["@t"][:2] == ("calls", "getppid")
        assert cells["@v"][-1] == "(calls, 1)"
        assert cells["@u"][0] == "root"
        assert cells["@k"][0] == "schedule"
        assert cells["@i"][0] == "127.0.0.1"


def test_one_tree_has_the_programs_frames_over_the_kernels(caller: StartCaller) -> None:
    mine = caller(1000)
    with tracer() as one:
        script = "tracepoint:syscalls:sys_enter_getppid { @[ustack, kstack] = count(); }"
        one.send(m.SetFilter(Filter(pid=mine.pid)), m.AddPane(m.PaneRequest("mine", script, 1)))
        one.pane("mine", lambda pane: is_on(pane) and bool(pane.views))
        mine.run()
        (tree,) = one.pane("mine", lambda pane: bool(pane.views) and tree_total(pane) == 1000).views
        assert isinstance(tree, StackTree)
        heaviest = [tree.symbols[tree.symbol[node]] for node in range(1, len(tree.parent)) if tree.total[node] == 1000]
        assert heaviest.index("syscall") < heaviest.index("do_syscall_64")


def tree_total(pane: PaneFrame) -> int:
    (view,) = pane.views
    assert isinstance(view, StackTree)
    return view.total[0]


def test_texts_are_checked_and_completed_beside_running_panes() -> None:
    with tracer(m.PaneRequest("syscalls")) as one:
        one.pane("syscalls", is_on)
        text = "tracepoint:sched:sched_sw"
        one.send(m.CheckScript(1, "BEGIN { @x = nosuch; }"), m.Complete(2, text, len(text)))
        checked = one.until(m.Checked, lambda _: True)
        assert (checked.serial, checked.at) == (1, 13)
        words = next((message for message in one.heard if isinstance(message, m.Completions)), None)
        words = words or one.until(m.Completions, lambda _: True)
        assert "sched_switch" in [completion.word for completion in words.words]


def test_state_stands_after_what_is_counted_and_a_distribution_by_stack_has_its_key() -> None:
    text = """tracepoint:syscalls:sys_enter_openat { @name[tid] = str(args.filename); }
    tracepoint:syscalls:sys_exit_openat { @n[comm] = count(); delete(@name[tid]); @h[kstack(3)] = hist(args.ret); }"""
    with tracer(m.PaneRequest("opens-by-stack", text, 1)) as one:
        pane = one.pane(
            "opens-by-stack", lambda pane: any(isinstance(view, Histogram) and view.rows for view in pane.views)
        )
        assert [view.name for view in pane.views] == ["@n", "@h", "@name"]
        (histogram,) = (view for view in pane.views if isinstance(view, Histogram))
        assert "do_syscall_64" in str(histogram.rows[0].key)
