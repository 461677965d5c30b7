"""bpftrace, where it can run the same program on the same known load, prints the same: every line, every number."""

import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.kernel.scripts.cases import Case, CaseTracer, run_case

pytestmark = pytest.mark.kernel

ONCE = {
    "numbers": r"""BEGIN { printf("%d|%5d|%-5d|%05d|%x|%X|%o|%c\n", -5, 5, 5, 5, 255, 254, 8, 65); }""",
    "lengths": r"""BEGIN { printf("%lu|%llu|%ld|%hhd|%hd|%p\n", -1, -1, -1, 300, 70000, 4096); }""",
    "strings": r"""BEGIN { printf("%s|%10s|%-10s|%.2s|\n", "a", "abc", "abc", "abc"); print("x"); print(-5); }""",
    "values": r"""BEGIN { print((1, "a", (2, -3))); print((uint64)-1); print((int8)200); @t = (1, "b", (2, 3)); }""",
    "scalars": """BEGIN { @a = 1; @b = "text"; @c = count(); @d = sum(-5); @e = min(4); @f = max(9);
                          @g = (uint64)-1; }""",
    "statistics": """BEGIN { @av = avg(5); @av = avg(6); @s = stats(5); @s = stats(7); @k[1] = stats(3);
                             @z[2] = avg(9); @y = count(); }""",
    "keys": """BEGIN { @a[1, "x"] = 5; @b["s"] = 1; @c[-7] = 2; @d["a", -1, "b"] = count(); }""",
    "order": """BEGIN { @a[3] = 1; @a[1] = 2; @a[2] = 3; @b["x"] = count(); @b["y"] = count(); @b["y"] = count();
                        @s["b"] = "1"; @s["a"] = "2"; @v[1] = avg(9); @v[2] = avg(3); }""",
    "histogram": """BEGIN { @ = hist(-4); @ = hist(0); @ = hist(1); @ = hist(2); @ = hist(3); @ = hist(1000);
                            @ = hist(70000); @ = hist(3000000); @ = hist(7000); @ = hist(7000); @ = hist(6000); }""",
    "histograms": """BEGIN { @h[1] = hist(5); @h[2] = hist(5); @h[2] = hist(9); @g["a", 1] = hist(100);
                             @z = count(); }""",
    "linear": """BEGIN { @ = lhist(5, 0, 10, 2); @ = lhist(50, 0, 10, 2); @ = lhist(-50, 0, 10, 2);
                         @ = lhist(0, 0, 10, 2); @k["x"] = lhist(2500, 0, 5000, 1000); @m = lhist(3000, 0, 8192, 1024);
                         @one = lhist(3, 0, 10, 1); }""",
    "bars": """BEGIN { @h = hist(1); @h = hist(2); @h = hist(2); @h = hist(4); @h = hist(4); @h = hist(4); @h = hist(8);
                       @h = hist(8); @h = hist(8); @h = hist(8); @h = hist(8); @h = hist(16); @h = hist(16); }""",
    "print": """BEGIN { @[1] = count(); @[2] = count(); @[2] = count(); @[3] = count(); @[3] = count(); @[3] = count();
                        print(@); print(@, 2); print(@, 2, 2); printf("between\\n"); clear(@); @x = 3; print(@x);
                        @x = 4; }""",
    "changed": """BEGIN { @a[1] = 5; @a[2] = 6; delete(@a[1]); print(@a); @b = 3; zero(@a); print(@a); @s[1] = stats(5);
                          zero(@s); print(@s); clear(@s); clear(@a); printf("end\\n"); }""",
    "end": """BEGIN { printf("begin\\n"); } END { printf("end %d\\n", @a + 1); @a = 7; }""",
}
"""Programs whose BEGIN is all, about what is printed."""

LANGUAGE = {
    "arithmetic": r"""BEGIN { $a = 17; $b = 5;
                         printf("%d %d %d %d %d %d\n", $a + $b, $a - $b, $a * $b, $a / $b, $a % $b, -$a);
                             printf("%d %d %d %d %d\n", $a & $b, $a | $b, $a ^ $b, $a << 2, $a >> 1);
                             printf("%d %d %d %d %d %d\n", $a < $b, $a <= 17, $a > $b, $a >= 18, $a == 17, $a != 17);
                             printf("%d %d %d %d\n", $a && 0, 0 || $b, !$a, ~$a); }""",
    "casts": r"""BEGIN { printf("%d %d %d %d\n", (uint8)300, (int8)200, (uint16)70000, (int32)5000000000);
                        @a = (uint8)511; @b = (int16)65535; @c[(uint8)257] = 1; print((uint64)7); }""",
    "steps": r"""BEGIN { $x = 5; $x++; ++$x; $x--; printf("%d %d %d\n", $x, $x++, ++$x); @n = 3; @n++; @n += 5; @n *= 2;
                        $y = 7; $y -= 2; $y <<= 3; $y |= 1; $y ^= 3; printf("%d\n", $y); @k["a"]++; @k["a"]++;
                         @k["b"]--; }""",
    "choices": r"""BEGIN { $x = 3; if ($x > 5) { printf("a\n"); } else if ($x == 3) { printf("b\n"); } else {
                         printf("c\n"); }
                          printf("%s %d\n", $x == 3 ? "three" : "other", $x == 4 ? 1 : 2);
                         @s = $x > 1 ? "yes" : "no"; }""",
    "loops": r"""BEGIN { $i = 0; while ($i < 10) { $i++; if ($i == 3) { continue; } if ($i == 6) { break; }
                         printf("%d ", $i);
                        @ = sum($i); } unroll(3) { @u = count(); } printf("\n"); }""",
    "comparisons": r"""BEGIN { $s = "abc"; printf("%d %d %d\n", $s == "abc", $s == "abd", $s != "x"); @["abc"] = 5;
                              printf("%d %d %d\n", strncmp("abcd", "abxx", 2), @["abc"], @["none"]); }""",
    "tuples": r"""BEGIN { $t = (1, "two", (3, 4)); printf("%d %s\n", $t.0, $t.1); print($t); print($t.2);
                         @t[1] = (5, "x");
                         @u = ("k", 1); }""",
    "symbols": r"""BEGIN { $a = kaddr("do_syscall_64"); printf("%s %s %s\n", ksym($a), ksym($a + 3), ksym(0));
                         @[ksym($a)] = 1;
                          printf("%s|%-8s|%8s\n", username, username, username); }""",
    "addresses": r"""BEGIN { printf("%s %s %15s|\n", ntop(0x0100007f), ntop(2, 0x04030201), ntop(0x0a0a0a0a));
                            @[ntop(0x0100007f)] = count(); printf("%d\n", bswap((uint16)0x1234)); }""",
    "structs": r"""struct point { int x; char name[8]; long y; short z[3]; };
                   BEGIN { $p = (struct point *)0; printf("%d %d %d\n", sizeof(struct point), sizeof(uint16), $p->x);
                           printf("%d %d\n", $p->y, sizeof(*$p)); @ = $p->y; }""",
    "enums": r"""enum kind { FIRST, SECOND = 7, THIRD }; BEGIN { printf("%d %d %d\n", FIRST, SECOND, THIRD);
                         @[SECOND + 0] = 1; }""",
    "macros": """#define LIMIT 5\n#define WORD "text"\nBEGIN { printf("%d %s\\n", LIMIT * 2, WORD); @ = LIMIT; }""",
    "escapes": r"""BEGIN { printf("tab\tquote\"back\\\n"); print("a\tb"); @["x\ty"] = 1; }""",
    "zeroes": """BEGIN { @a = 0; @b[0] = 0; @c[1] = sum(0); @d = lhist(0, 0, 10, 5); @e = hist(0); @f = min(0);
                         @g = max(0); }""",
    "several": """BEGIN { @h["a"] = lhist(3, 0, 10, 5); @h["a"] = lhist(7, 0, 10, 5); @h["b"] = lhist(7, 0, 10, 5);
                          @x[1, 2] = hist(8); @x[1, 3] = hist(9); @x[1, 3] = hist(9); }""",
}
"""Programs whose BEGIN is all, about what is computed."""

LOAD = {
    "count": "tracepoint:syscalls:sys_enter_getppid /pid == cpid/ { @ = count(); @k[comm] = count(); }",
    "lines": r"""tracepoint:syscalls:sys_enter_getppid /pid == cpid/ { @n = @n + 1; printf("%s %d\n", comm, @n); }""",
    "calls": r"""tracepoint:raw_syscalls:sys_enter /pid == cpid && args->id == 110/ { @a = count(); }
                 tracepoint:raw_syscalls:sys_exit /pid == cpid && args->id == 110/ { @b = count();
                         @c = sum(args->ret > 0); }""",
    "wildcards": "tracepoint:syscalls:sys_*ter_getppid /pid == cpid/ { @[probe] = count(); }",
    "hooks": r"""tracepoint:syscalls:sys_enter_getppid, tracepoint:syscalls:sys_exit_getppid /pid == cpid/ {
                         @ = count(); }
                 tracepoint:raw_syscalls:sys_exit /pid == cpid && args->id == 110/ {
                         @k[comm, uid, gid, cpid == pid ? 1 : 0] = count(); }""",
    "latency": r"""tracepoint:syscalls:sys_enter_getppid /pid == cpid/ { @start[tid] = nsecs; }
                   tracepoint:syscalls:sys_exit_getppid /@start[tid]/ { @n = count(); @past = sum(nsecs >= @start[tid]);
                   delete(@start[tid]); }""",
    "tasks": r"""tracepoint:syscalls:sys_enter_getppid /pid == cpid/ { $t = (struct task_struct *)curtask;
                 @[$t->comm, $t->tgid == pid ? 1 : 0, $t->pid == tid ? 1 : 0,
                   $t->real_parent->tgid > 0 ? 1 : 0] = count(); }""",
    "program": r"""tracepoint:syscalls:sys_enter_execve /pid == cpid/ { printf("%s\n", str(args->filename));
                         join(args->argv); }
                   tracepoint:sched:sched_process_exit /pid == cpid/ { printf("exit %s\n", comm); }""",
    "library": r"""uprobe:libc:pthread_create, uprobe:libc:getpid /pid == cpid/ { @u = count(); }
                   uprobe:libc:printf /pid == cpid/ { @printed[str(arg0) == "" ? 1 : 0] = count();
                                                       @f = *(uint8 *)arg0; }""",
    "parity": """tracepoint:syscalls:sys_enter_getppid /pid == cpid/
                 { @n++; @p[@n / 300] = count(); @h = hist(@n); @l = lhist(@n, 0, 400, 50);
                   @s = stats(@n); @a[@n % 3] = avg(@n); @min = min(@n); @max = max(@n); @sum = sum(@n); }""",
}
"""Programs that see a process make so many getppid calls."""
CALLS = 500


def bpftrace(program: str, *options: str) -> str:
    argv = ["bpftrace", "-q", *options, "-e", program]
    return subprocess.run(argv, capture_output=True, text=True, timeout=30, check=True).stdout


def ended(program: str) -> str:
    """Return a program that ends by itself, once its BEGIN is done: what bpftrace needs."""
    return program.replace("BEGIN {", "i:ms:1 { exit(); } BEGIN {", 1)


def ours(program: str, tracer: CaseTracer, loads: Mapping[str, Path], options: str = "") -> str:
    items = [("NAME", "oracle"), ("PROG", program), ("OPTIONS", f"-q {options}")]
    return run_case(Case("oracle", items), tracer, loads).out


def objects(lines: str) -> list[Any]:
    return [json.loads(line) for line in lines.splitlines() if line]


def as_today(text: str) -> str:
    """Return what an older bpftrace printed as the newest prints it: records of stats, headings without a blank.

    Blank lines are left out: where they stand has changed too, and the cases of tests/cases look at them.
    """
    stats = r"{ .count = \1, .average = \2, .total = \3 }"
    text = re.sub(r"count (\d+), average (-?\d+), total (-?\d+)$", stats, text, flags=re.MULTILINE)
    return full_lines(re.sub(r"^(@.*:) $", r"\1", text, flags=re.MULTILINE))


def full_lines(text: str) -> str:
    """Return the lines that are not blank."""
    return "\n".join(line for line in text.split("\n") if line)


def numbers_as_today(value: Any) -> Any:
    """Return a JSON value as the newest writes it: a number that no double holds as text."""
    if isinstance(value, dict):
        return {key: numbers_as_today(each) for key, each in value.items()}
    if isinstance(value, list):
        return [numbers_as_today(each) for each in value]
    return str(value) if isinstance(value, int) and value != int(float(value)) else value


@pytest.mark.parametrize("name", [*ONCE, *LANGUAGE])
def test_the_text_of_a_program(name: str, tracer: CaseTracer, loads: Mapping[str, Path]) -> None:
    program = ended({**ONCE, **LANGUAGE}[name])
    assert full_lines(ours(program, tracer, loads)) == as_today(bpftrace(program))


@pytest.mark.parametrize("name", ONCE)
def test_the_json_of_a_program(name: str, tracer: CaseTracer, loads: Mapping[str, Path]) -> None:
    program = ended(ONCE[name])
    assert objects(ours(program, tracer, loads, "-f json")) == numbers_as_today(
        objects(bpftrace(program, "-f", "json"))
    )


@pytest.mark.parametrize("name", LOAD)
def test_what_is_seen_of_a_load(name: str, tracer: CaseTracer, loads: Mapping[str, Path]) -> None:
    command = f"{loads['calls']} {CALLS}"

    theirs = re.sub(r"^[\d.]+\n", "", bpftrace(LOAD[name], "-c", command), flags=re.MULTILINE)  # what the load prints
    assert full_lines(ours(LOAD[name], tracer, loads, f"-c '{command}'")) == as_today(theirs)
