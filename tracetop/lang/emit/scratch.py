"""C of the scratch memory: what a program keeps for the length of one run and that its 512 bytes of stack do not hold.

Owns: whose it is, and that no two runs share it. What lies in it is the `Writer`'s.
"""

from tracetop.model.kinds import Family, ProbeKind


def declare(size: int, programs: int) -> str:
    """Return the declaration of the memory for what does not fit on the stack.

    Each program has an entry of its own on each CPU: another program of the script may interrupt it. `busy` is for
    those that may meet themselves there, see `enter`.
    """
    return (
        f"struct tt_scratch {{ u64 words[{-(-size // 8)}]; u64 busy; }};\n"
        f"BPF_PERCPU_ARRAY(tt_scratch, struct tt_scratch, {programs});\n"
    )


def enter(kind: ProbeKind, number: str, missed: int, *, shared: bool) -> list[str]:
    """Return the lines that fetch a program's scratch memory; a run that finds it in use is counted and ends.

    `shared`: it is loaded for several events, so that one of them may interrupt another.

    The kernel keeps programs from running within themselves, but for two kinds. A user hook's may be preempted by
    another task that hits it, since Linux commit 8c7dcb84e3b7 ("bpf: implement sleepable uprobes by chaining gps"), in
    v6.0. A raw tracepoint's may be interrupted by its own event before commit 05b24ff9b2cf ("bpf: Prevent bpf program
    recursion for raw tracepoint probes"), in v6.1.
    """
    lines = [
        f"u32 own = {number};",
        "struct tt_scratch *mine = tt_scratch.lookup(&own);",
        "if (!mine)",
        "    return 0;",
        "char *scratch = (char *)mine;",
    ]
    busy = [
        "__sync_fetch_and_add(&mine->busy, 1);",
        "if (*(volatile u64 *)&mine->busy != 1) {",
        "    __sync_fetch_and_add(&mine->busy, -1);",
        f"    tt_drop({missed});",
        "    return 0;",
        "}",
    ]
    return lines + _where_it_may_meet_itself(kind, busy, shared=shared)


def leave(kind: ProbeKind, *, shared: bool) -> list[str]:
    """Return the lines that give it back."""
    return _where_it_may_meet_itself(kind, ["__sync_fetch_and_add(&mine->busy, -1);"], shared=shared)


def _where_it_may_meet_itself(kind: ProbeKind, lines: list[str], *, shared: bool) -> list[str]:
    if kind is ProbeKind.RAW_TRACEPOINT and shared:
        return lines
    if kind is ProbeKind.RAW_TRACEPOINT:
        return ["#if TT_LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)", *lines, "#endif"]
    return lines if kind.facts.family is Family.USER else []
