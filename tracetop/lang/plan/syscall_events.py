"""The events of many single system calls as one raw tracepoint, that of every call.

Owns: which call an event is of, how its record's fields are read from the raw arguments, and the C that leaves out the
other calls. One program on one hook instead of hundreds: the kernel attaches and detaches it at once, and its way to
the program is shorter. Refuses to own: when that is worth it, since other calls come by too; `plan` decides.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

from tracetop.lang.plan.raw_tracepoints import RawForm, Reading, raw_form
from tracetop.lang.tree.hook import Hook
from tracetop.model.kernel import Kernel
from tracetop.model.kinds import ProbeKind
from tracetop.model.syscalls import syscall_names

_VERBS = {"sys_enter": 0x1000, "sys_exit": 0x2000}
"""The events' prefixes, and what is added to a call's number to make its event's."""
_OTHER_NAMES = {
    "newstat": "stat",
    "newfstat": "fstat",
    "newlstat": "lstat",
    "newuname": "uname",
    "sendfile64": "sendfile",
    "umount": "umount2",
}
"""Events that have the name of the kernel's function, where that is not the call's."""
_RECORD_ARGUMENTS = 16
"""Where a record's first argument stands; 8 bytes each."""
_COMPAT = 0x2
"""TS_COMPAT: a call by the numbers of 32-bit programs, of which the single events are silent."""
_WORD_BITS = 64


@dataclass(frozen=True)
class Calls:
    """The calls of one kernel."""

    kernel: Kernel

    def event_number(self, hook: Hook) -> int | None:
        """Return a number for the event of a single call, from which the call's own follows; None for other hooks."""
        verb, call = self._taken_apart(hook)
        return None if call is None else _VERBS[verb] + call

    def together(self, hooks: Iterable[Hook]) -> dict[Hook, tuple[Hook, ...]]:
        """Return for each hook on a call's event the hooks on the events of its verb, itself included."""
        groups: dict[str, list[Hook]] = {}
        for hook in hooks:
            verb, call = self._taken_apart(hook)
            if call is not None:
                groups.setdefault(verb, []).append(hook)
        return {hook: tuple(group) for group in groups.values() for hook in group}

    def form(self, hooks: tuple[Hook, ...], name: str) -> RawForm | None:
        """Return the raw form that stands for events of several calls, all of one verb; `name` is for its C function.

        None where this kernel's BTF does not tell how.
        """
        verb, _call = self._taken_apart(hooks[0])
        format_ = self.kernel.tracepoint("raw_syscalls", verb)
        raw = raw_form(format_, self.kernel) if format_ else None
        status = self._status_offset
        if raw is None or status is None or "id" not in raw.readings:
            return None
        number = raw.readings["id"]
        readings = {"__syscall_nr": number}
        if verb == "sys_exit":
            readings["ret"] = raw.readings["ret"]
        else:
            readings |= self._arguments(hooks[0], raw)
        wanted = [call for _verb, call in map(self._taken_apart, hooks) if call is not None]
        helper = _gate(name, number, wanted, status)
        call = "ctx->args[1]" if number.kernel is None else f"{name}_number(ctx)"
        return replace(raw, readings=readings, helper=helper, gate=f"{name}(ctx)", number=f"({_VERBS[verb]} + {call})")

    def _taken_apart(self, hook: Hook) -> tuple[str, int | None]:
        """Return the verb of a hook on a single call's event, and the call's number; None for any other hook."""
        if hook.kind is not ProbeKind.TRACEPOINT or hook.category != "syscalls":
            return "", None
        verb = next((verb for verb in _VERBS if hook.event.startswith(f"{verb}_")), "")
        name = hook.event.removeprefix(f"{verb}_")
        return verb, self._numbers.get(_OTHER_NAMES.get(name, name))

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {name: number for number, name in syscall_names(self.kernel.arch).items()}

    @cached_property
    def _status_offset(self) -> int | None:
        """Return where task_struct says that a call is a 32-bit program's."""
        outer = self.kernel.field_offset("task_struct", "thread_info")
        inner = self.kernel.field_offset("thread_info", "status")
        known = self.kernel.arch == "x86_64" and outer and inner and inner[1] == 4
        return outer[0] + inner[0] if known and outer and inner else None

    def _arguments(self, hook: Hook, raw: RawForm) -> dict[str, Reading]:
        """Return how the call's arguments are read, by their names in the record."""
        found: dict[str, Reading] = {}
        for field in hook.format.fields if hook.format else ():
            index, rest = divmod(field.offset - _RECORD_ARGUMENTS, 8)
            if field.size == 8 and not rest and f"args[{index}]" in raw.readings:
                found[field.name] = raw.readings[f"args[{index}]"]
        return found


def _gate(name: str, number: Reading, wanted: list[int], status: int) -> str:
    """Return the C of a function that says whether an event is of a wanted call."""
    words = [0] * (max(wanted) // _WORD_BITS + 1)
    for call in wanted:
        words[call // _WORD_BITS] |= 1 << call % _WORD_BITS
    lines = ["u64 call = ctx->args[1], word = 0;", "u32 status = 0;"]
    read = ""
    if number.kernel:
        base, offset, size = number.kernel
        read = (
            f"\nstatic __always_inline u64 {name}_number(struct bpf_raw_tracepoint_args *ctx)\n{{\n    u64 call = -1;\n"
            f"    bpf_probe_read_kernel(&call, {size}, (void *)({base} + {offset}));\n    return call;\n}}\n"
        )
        lines[0] = f"u64 call = {name}_number(ctx), word = 0;"
    for i, word in enumerate(words):
        lines.append(f"{'else ' if i else ''}if (call < {_WORD_BITS * (i + 1)})")
        lines.append(f"    word = {word:#x}ULL;")
    lines += [
        f"if (!(word >> (call & {_WORD_BITS - 1}) & 1))",
        "    return false;",
        f"bpf_probe_read_kernel(&status, sizeof(status), (void *)(bpf_get_current_task() + {status}));",
        f"return !(status & {_COMPAT});",
    ]
    body = "".join(f"    {line}\n" for line in lines)
    return f"{read}\nstatic __always_inline bool {name}(struct bpf_raw_tracepoint_args *ctx)\n{{\n{body}}}\n"
