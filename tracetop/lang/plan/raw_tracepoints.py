"""Raw lowering: the cheaper way to the same event, where the raw tracepoint's arguments give all that a script reads.

Owns: one table that says, of a classic tracepoint, how each field of its record is read from the raw arguments. A
field's value is exactly what the record would hold. Refuses to own: whether it is used; `plan` asks.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from tracetop.model.kernel import Kernel, TracepointFormat
from tracetop.model.syscalls import NO_TABLE, TABLE


@dataclass(frozen=True)
class Reading:
    """How one field is read. Exactly one of the two is set."""

    value: str = ""
    """A C expression."""
    kernel: tuple[str, int, int] | None = None
    """A pointer's C expression, and offset and size of what is read there with bpf_probe_read_kernel()."""
    helper: str = ""
    """C of a function that `value` calls."""
    is_argument: bool = False
    """It is a bare argument of the raw tracepoint, which costs nothing to read."""


@dataclass(frozen=True)
class RawForm:
    """A raw tracepoint that stands for a classic one."""

    event: str
    readings: Mapping[str, Reading]
    """By field; of an array, ``name[i]``. Fields that are not here need the classic tracepoint."""
    tasks: Mapping[str, str]
    """By pid field: the C expression of the task's pointer; empty for the current task."""
    task_offsets: tuple[int, int] = (0, 0)
    """Of task_struct's tgid and comm."""
    gate: str = ""
    """A C condition for its being one of the events that it stands for; empty where it is no other's."""
    helper: str = ""
    """C that `gate` and `number` call."""
    number: str = ""
    """A C expression of the hook's number, where it stands for several."""


def raw_form(format_: TracepointFormat, kernel: Kernel) -> RawForm | None:
    """Return the raw form of a tracepoint on this kernel, or None where there is none.

    The events of single system calls have none: they are not tracepoints of their own. A tracepoint that is not in the
    table has a form without fields, good enough for counting.
    """
    if format_.category == "syscalls":
        return None
    build = _FORMS.get((format_.category, format_.event))
    return (build(format_, kernel) if build else None) or RawForm(format_.event, {}, {})


def _argument(index: int) -> str:
    return f"ctx->args[{index}]"


def _bare(index: int) -> Reading:
    return Reading(value=_argument(index), is_argument=True)


def with_table(form: RawForm, kernel: Kernel) -> RawForm:
    """Return the form of a system call's event with the number in it that `model.syscalls` gives names to.

    It costs a load or two. Programs may read the current task without a helper since Linux commit 3ca1032ab7ab ("bpf:
    Implement get_current_task_btf and RET_PTR_TO_BTF_ID"), in v5.11.
    """
    outer = kernel.field_offset("task_struct", "thread_info")
    field, flag = _COMPAT.get(kernel.arch, ("", 0))
    inner = kernel.field_offset("thread_info", field) if field else None
    number = form.readings.get("id")
    if number is None or outer is None or inner is None:
        return form
    if kernel.constant("BPF_FUNC_get_current_task_btf") is None:
        read = (
            f"bpf_probe_read_kernel(&flags, sizeof(flags), (void *)(bpf_get_current_task() + {outer[0] + inner[0]}));"
        )
    else:
        read = f"flags = *(u32 *)((char *)bpf_get_current_task_btf() + {outer[0] + inner[0]});"
    if number.kernel:
        base, offset, _size = number.kernel
        call = f"s32 call = -1;\n    bpf_probe_read_kernel(&call, sizeof(call), (void *)({base} + {offset}));"
    else:
        call = f"s32 call = {number.value};"
    helper = f"""
static __always_inline s64 tt_{form.event}_call(struct bpf_raw_tracepoint_args *ctx)
{{
    {call}
    u32 flags = 0;
    if ((u32)call >= {TABLE})
        return (u32)call < {2 * TABLE} ? call + {NO_TABLE} : call;
    {read}
    return flags & {flag:#x} ? call + {TABLE} : call;
}}
"""
    return replace(form, readings={**form.readings, "id": Reading(f"tt_{form.event}_call(ctx)", helper=helper)})


_COMPAT = {"x86_64": ("status", 0x2), "aarch64": ("flags", 1 << 22)}
"""Where thread_info says that a call is by the numbers of 32-bit programs: TS_COMPAT, TIF_32BIT."""


def _sys_enter(_format: TracepointFormat, kernel: Kernel) -> RawForm:
    """TP_PROTO(struct pt_regs *regs, long id)."""
    readings = {"id": _bare(1)}
    for i, register in enumerate(_SYSCALL_ARGUMENTS.get(kernel.arch, ())):
        name, skip = register
        found = kernel.field_offset("pt_regs", name)
        if found:
            readings[f"args[{i}]"] = Reading(kernel=(_argument(0), found[0] + skip, 8))
    return RawForm("sys_enter", readings, {})


def _sys_exit(_format: TracepointFormat, kernel: Kernel) -> RawForm:
    """TP_PROTO(struct pt_regs *regs, long ret): the number is where syscall_get_nr() takes it from."""
    readings = {"ret": _bare(1)}
    name = {"x86_64": "orig_ax", "aarch64": "syscallno"}.get(kernel.arch, "")
    found = kernel.field_offset("pt_regs", name) if name else None
    if found:
        readings["id"] = Reading(kernel=(_argument(0), *found))
    return RawForm("sys_exit", readings, {})


_SYSCALL_ARGUMENTS = {
    "x86_64": tuple((name, 0) for name in ("di", "si", "dx", "r10", "r8", "r9")),
    "aarch64": (("orig_x0", 0), *(("regs", 8 * i) for i in range(1, 6))),
}
"""Register of each argument, and bytes into the register's field."""


def _wakeup(format_: TracepointFormat, kernel: Kernel) -> RawForm | None:
    """TP_PROTO(struct task_struct *p)."""
    task = _argument(0)
    readings = _task_readings(kernel, task, "")
    offsets = _task_offsets(kernel)
    if offsets is None or "pid" not in readings:
        return None
    cpu = _cpu_of_task(kernel)
    if cpu:
        readings["target_cpu"] = Reading(kernel=(task, *cpu))
    return RawForm(format_.event, readings, {"pid": task}, offsets)


def _switch(_format: TracepointFormat, kernel: Kernel) -> RawForm | None:
    """TP_PROTO(bool preempt, prev, next); prev is the current task.

    Since Linux commit fa2c3254d7cf ("sched/tracing: Don't re-read p->state when emitting sched_switch event"), in
    v5.18, also prev_state.
    """
    prev, next_ = _argument(1), _argument(2)
    readings = _task_readings(kernel, prev, "prev_") | _task_readings(kernel, next_, "next_")
    offsets = _task_offsets(kernel)
    if offsets is None or "next_pid" not in readings:
        return None
    readings["prev_pid"] = Reading(value="(u32)bpf_get_current_pid_tgid()")
    helper = _switch_state_c(kernel)
    if helper:
        readings["prev_state"] = Reading(value="tt_switch_state(ctx)", helper=helper)
    return RawForm("sched_switch", readings, {"prev_pid": "", "next_pid": next_}, offsets)


def _switch_state_c(kernel: Kernel) -> str:
    """Return C that makes a record's prev_state as __trace_sched_switch_state() does, empty where a field is missing.

    That is 0x100 for a preempted task, else the highest reported bit of state and exit_state. The states named in the
    C came later than some kernels; there their bits are never set.
    """
    exit_state = kernel.field_offset("task_struct", "exit_state")
    state = kernel.field_offset("task_struct", "__state") or kernel.field_offset("task_struct", "state")
    passed = kernel.raw_tracepoint_arity("sched_switch") == 4
    if exit_state is None or (state is None and not passed):
        return ""
    read = "state = ctx->args[3];" if passed or state is None else _read_c("state", _argument(1), state[0])
    return f"""
static __always_inline s64 tt_switch_state(struct bpf_raw_tracepoint_args *ctx)
{{
    u32 state = 0, exit_state = 0, reported;
    if (ctx->args[0])
        return 0x100;
    {read}
    {_read_c("exit_state", _argument(1), exit_state[0])}
    reported = (state | exit_state) & 0x7f;
    if ((state & 0x402) == 0x402)  /* TASK_IDLE: uninterruptible, and no load */
        reported = 0x80;
    if (state & 0x9000)  /* TASK_RTLOCK_WAIT, TASK_FROZEN: shown as uninterruptible */
        reported = 0x2;
    reported |= reported >> 1;
    reported |= reported >> 2;
    reported |= reported >> 4;
    return reported - (reported >> 1);
}}
"""


def _read_c(variable: str, pointer: str, offset: int) -> str:
    return f"bpf_probe_read_kernel(&{variable}, sizeof({variable}), (void *)({pointer} + {offset}));"


def _migrate(format_: TracepointFormat, kernel: Kernel) -> RawForm | None:
    """TP_PROTO(struct task_struct *p, int dest_cpu); the task is still on its old CPU."""
    task = _argument(0)
    offsets, cpu = _task_offsets(kernel), _cpu_of_task(kernel)
    if offsets is None or cpu is None:
        return None
    readings = _task_readings(kernel, task, "") | {
        "orig_cpu": Reading(kernel=(task, *cpu)),
        "dest_cpu": _bare(1),
    }
    return RawForm(format_.event, readings, {"pid": task}, offsets)


def _task_readings(kernel: Kernel, task: str, prefix: str) -> dict[str, Reading]:
    found = {name: kernel.field_offset("task_struct", name) for name in ("comm", "pid", "prio")}
    return {prefix + name: Reading(kernel=(task, *place)) for name, place in found.items() if place}


def _task_offsets(kernel: Kernel) -> tuple[int, int] | None:
    tgid, comm = (kernel.field_offset("task_struct", name) for name in ("tgid", "comm"))
    return (tgid[0], comm[0]) if tgid and comm else None


def _cpu_of_task(kernel: Kernel) -> tuple[int, int] | None:
    """Return where task_cpu() is: in thread_info or in task_struct.

    Since Linux commit bcf9033e5449 ("sched: move CPU field back into thread_info if THREAD_INFO_IN_TASK=y"), in
    v5.16, it is in thread_info.
    """
    outer, inner = kernel.field_offset("task_struct", "thread_info"), kernel.field_offset("thread_info", "cpu")
    if outer and inner:
        return outer[0] + inner[0], inner[1]
    return kernel.field_offset("task_struct", "cpu")


REQUEST = "request"
"""A field that no record has: the request that the block layer's raw tracepoints pass."""


def _request(format_: TracepointFormat, kernel: Kernel) -> RawForm | None:
    """TP_PROTO(struct request *rq) of an issue, a start and an end, (rq, status, bytes) of a completion.

    Before Linux commit a54895fa057c ("block: remove the request_queue to argument request based tracepoints"), in
    v5.11, an issue passed the queue first.
    """
    places = {("block_rq_issue", 1): 0, ("block_rq_issue", 2): 1, ("block_rq_complete", 3): 0}
    places |= {("block_io_start", 1): 0, ("block_io_done", 1): 0}
    place = places.get((format_.event, kernel.raw_tracepoint_arity(format_.event) or 0))
    return None if place is None else RawForm(format_.event, {REQUEST: _bare(place)}, {})


def _softirq(format_: TracepointFormat, _kernel: Kernel) -> RawForm:
    """TP_PROTO(unsigned int vec_nr).

    An interrupt comes while other programs are at work. The kernel runs the program of a classic tracepoint on a CPU
    only where no other is; that of a raw one where it is not itself at work there.
    """
    return RawForm(format_.event, {"vec": _bare(0)}, {})


def _irq_entry(format_: TracepointFormat, kernel: Kernel) -> RawForm:
    """TP_PROTO(int irq, struct irqaction *action); the name is that of the action."""
    readings = {"irq": _bare(0)}
    place = kernel.field_offset("irqaction", "name")
    if place:
        helper = f"""
static __always_inline u64 tt_irq_name(struct bpf_raw_tracepoint_args *ctx)
{{
    u64 name = 0;
    {_read_c("name", _argument(1), place[0])}
    return name;
}}
"""
        readings["name"] = Reading(value="tt_irq_name(ctx)", helper=helper)
    return RawForm(format_.event, readings, {})


def _irq_exit(format_: TracepointFormat, _kernel: Kernel) -> RawForm:
    """TP_PROTO(int irq, struct irqaction *action, int ret)."""
    return RawForm(format_.event, {"irq": _bare(0), "ret": _bare(2)}, {})


_FORMS: dict[tuple[str, str], Callable[[TracepointFormat, Kernel], RawForm | None]] = {
    ("raw_syscalls", "sys_enter"): _sys_enter,
    ("raw_syscalls", "sys_exit"): _sys_exit,
    ("sched", "sched_migrate_task"): _migrate,
    ("sched", "sched_wakeup"): _wakeup,
    ("sched", "sched_wakeup_new"): _wakeup,
    ("sched", "sched_waking"): _wakeup,
    ("sched", "sched_switch"): _switch,
    ("block", "block_rq_issue"): _request,
    ("block", "block_rq_complete"): _request,
    ("block", "block_io_start"): _request,
    ("block", "block_io_done"): _request,
    ("irq", "softirq_entry"): _softirq,
    ("irq", "softirq_exit"): _softirq,
    ("irq", "softirq_raise"): _softirq,
    ("irq", "irq_handler_entry"): _irq_entry,
    ("irq", "irq_handler_exit"): _irq_exit,
}
