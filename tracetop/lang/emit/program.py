"""The last pass: a plan written down as C for BCC.

Owns: the order of the text (control, tables, helpers, records, programs) and the frame of a program: read the control
map once, then run each clause whose process is wanted. No byte of a script gets into the C but through generated
names, numbers and strings written as numbers.
"""

import re
from dataclasses import dataclass

from msgspec import structs

from tracetop.lang.emit import integers, memory, statements
from tracetop.lang.emit.dispatch import value
from tracetop.lang.emit.loops import callback_name, has_loop, open_frame
from tracetop.lang.emit.prelude import CURRENT_WANTED, DROP, HELPERS, RECORD_WANTED, TASK_WANTED, Helper, Unit
from tracetop.lang.emit.reads import record_members
from tracetop.lang.emit.statements import block
from tracetop.lang.emit.tables import scratch_place, tables
from tracetop.lang.emit.writer import Variables, Writer, c_integer, in_parentheses
from tracetop.lang.plan.plan import Plan, PlannedClause, PlannedProgram
from tracetop.lang.source import Source
from tracetop.lang.tree import typed
from tracetop.lang.tree.walk import expressions
from tracetop.model.abi.control import CONTROL, CONTROL_C, SAMPLE_NONE
from tracetop.model.abi.event_slots import SCRATCH, DropSlots
from tracetop.model.abi.values import VALUES_C
from tracetop.model.filter import COMM_BYTES
from tracetop.model.kernel import TracepointFormat
from tracetop.model.kinds import Family, ProbeKind
from tracetop.model.program import Action, ProbeSpec, Warned

_REGISTERED = (integers, memory, statements)
"""Imported for what they register with `dispatch`."""
MAX_STACK_BYTES = 384
"""Of 512: clang keeps the rest for what it spills."""
MAX_SCRATCH_BYTES = 1 << 22
"""The kernel makes no value of a map larger."""
_CURRENT = "current"
"""The C variable that says whether the current process is wanted."""


@dataclass(frozen=True)
class Emitted:
    """A script in C, and what goes with it."""

    c_text: str
    actions: tuple[Action, ...]
    stack_maps: tuple[str, ...]
    callbacks: tuple[str, ...]
    probes: tuple[ProbeSpec, ...]
    """Of each program; several may name one function."""


@dataclass(frozen=True)
class _Clause:
    """A clause in C: the body of a function."""

    lines: tuple[str, ...]
    has_scratch: bool
    condition: str
    """When the program calls it; empty: always."""


@dataclass(frozen=True)
class _Program:
    """A program in C, all but its names: by this, programs on several hooks are known to be the same."""

    context: str
    """The type of what `ctx` points to; empty where that is a struct of the program's own."""
    record: tuple[str, ...]
    """The members of that struct."""
    callbacks: tuple[tuple[int, tuple[str, ...]], ...]
    """The bodies of its loops, with their indexes in ``Program.callbacks``."""
    clauses: tuple[_Clause, ...]
    start: tuple[str, ...]
    """What it does before its clauses run."""
    enter: tuple[str, ...]
    leave: tuple[str, ...]
    """How it takes its scratch memory and gives it back; empty without."""
    asks_current: bool
    """A clause depends on whether the current process is wanted."""

    def write(self, name: str, number: str, comment: str) -> tuple[str, str, str]:
        """Return the text of the record, the callbacks, and the functions of a program.

        `number`: C text of where its scratch memory is.
        """
        context = self.context or f"struct {name}_record"
        record = "".join(f"    {member}\n" for member in self.record)
        callbacks = [
            _function(f"int {callback_name(index)}(struct tt_loop *loop)", (f"    {context} *ctx = loop->ctx;", *lines))
            for index, lines in self.callbacks
        ]
        clauses, calls = [], []
        for i, clause in enumerate(self.clauses, 1):
            parameter, argument = (", char *scratch", ", scratch") if clause.has_scratch else ("", "")
            head = f"void {name}_{i}({context} *ctx, struct {CONTROL} *control{parameter})"
            clauses.append(_function(f"static __always_inline {head}", clause.lines))
            call = f"{name}_{i}(ctx, control{argument});"
            calls += [f"if {in_parentheses(clause.condition)}", f"    {call}"] if clause.condition else [call]
        enter = [f"u32 own = {number};", *self.enter] if self.enter else []
        current = [f"bool current = {CURRENT_WANTED.name}(control);"] if self.asks_current else []
        body = [*self.start, *enter, *current, *calls, *self.leave, "return 0;"]
        main = _function(f"int {name}({context} *ctx)", tuple(f"    {line}" for line in body))
        return (
            f"\nstruct {name}_record {{\n{record}}};\n" if self.record else "",
            "".join(callbacks),
            f"{''.join(clauses)}\n/* {comment} */{main}",
        )


def _function(head: str, lines: tuple[str, ...]) -> str:
    return "\n".join(["", head, "{", *lines, "}", ""])


def emit(plan: Plan, source: Source, *, tells_reads: bool = False) -> Emitted:
    """Return the script in C, the requests that it sends to user space, and the names of its stack maps.

    `tells_reads`: reads of memory that fail are sent too. ScriptError for a clause whose values do not fit on the
    stack: LLVM would not refuse it but end the process.
    """
    unit = Unit(plan, tells_reads=tells_reads)
    names: dict[tuple[_Program, str], str] = {}
    bodies: list[tuple[_Program, str, int, str]] = []
    probes = []
    for i, program in enumerate(plan.programs):
        name = program.spec.function
        body = _program(program, unit, source)
        same = (body, "" if program.shared else name)
        if same not in names:
            names[same] = name
            bodies.append((body, name, i, _comment(program)))
        probes.append(structs.replace(program.spec, function=names[same]))
    written = [body.write(name, scratch_place(unit, i), comment) for body, name, i, comment in bodies]
    records, callbacks, programs = ("".join(parts) for parts in zip(*written, strict=True)) if written else ("",) * 3
    others = [helper for helper in unit.helpers if helper not in HELPERS]
    text = [
        *(CONTROL_C, VALUES_C, "\n", tables(unit)),
        *(helper.text for helper in HELPERS if helper in unit.helpers),
        records,
        *(helper.text for helper in others),
        *(callbacks, programs),
    ]
    callback_names = tuple(callback_name(index) for index in range(len(unit.callbacks)))
    return Emitted("".join(text), unit.actions, tuple(unit.stack_maps), callback_names, tuple(probes))


def _program(program: PlannedProgram, unit: Unit, source: Source) -> _Program:
    """Return a program, with the functions of its clauses, which it calls in order."""
    read: set[str] = set()
    first_callback = len(unit.callbacks)
    context = program.spec.kind.facts.context
    for helper in HELPERS:
        if helper.name == context:
            unit.need(helper)
    start = []
    if program.spec.is_checked:
        start.append(f"{unit.need(DROP)}({DropSlots(len(unit.plan.maps)).runs});")
    if program.spec.kind is ProbeKind.ITER:  # at the end it is called once more, with nothing
        start += ["if (!ctx[1])", "    return 0;"]
    if program.raw and program.raw.gate:
        unit.need(Helper(program.raw.gate, program.raw.helper))
        start += [f"if (!{program.raw.gate})", "    return 0;"]
    gates = [_gate(clause, unit, program, read) for clause in program.clauses]
    if len(gates) == 1 and gates[0]:
        start += [f"if (!({gates[0]}))", "    return 0;"]
        gates = [""]
    start += [
        "u32 zero = 0;",
        f"struct {CONTROL} *control = {CONTROL}.lookup(&zero);",
        "if (!control)",
        "    return 0;",
        *_pick(program),
    ]
    clauses, scratch, asks_current = [], 0, False
    for clause, gate, picked in zip(program.clauses, gates, _picked(program), strict=True):
        variables = Variables(dict(clause.clause.variables))
        out = Writer(unit, program, variables, read, aliased=_takes_addresses(clause.clause))
        place = source.place(clause.clause.at)
        unit.failed_read = Warned("a read of memory failed, here are zeros", place) if unit.tells_reads else None
        _write_clause(clause, out)
        unit.failed_read = None
        _refuse_large(clause, out, source)
        scratch = max(scratch, out.scratch_bytes)
        wanted = _wanted(clause.clause.subject, out)
        asks_current |= wanted == _CURRENT
        conditions = (gate, picked, wanted)
        clauses.append(_Clause(tuple(out.lines), bool(out.scratch_bytes), " && ".join(filter(None, conditions))))
    unit.scratch_bytes = max(unit.scratch_bytes, scratch)
    if asks_current:
        unit.need(CURRENT_WANTED)
    enter, leave = _scratch(program, unit) if scratch else ((), ())
    callbacks = tuple(enumerate(unit.callbacks))[first_callback:]
    record = () if context else record_members(program, read)
    return _Program(context, record, callbacks, tuple(clauses), tuple(start), enter, leave, asks_current)


def _takes_addresses(clause: typed.Clause) -> bool:
    """Say whether a clause takes the address of a variable or of a map's value."""
    held = typed.VarValue | typed.MapValue
    unary = (node for node in expressions(clause) if isinstance(node, typed.Unary))
    return any(node.op == "&" and isinstance(node.operand, held) for node in unary)


def _write_clause(planned: PlannedClause, out: Writer) -> None:
    """Write the body of a clause's function."""
    if has_loop(planned.clause):
        open_frame(out)
    for name, type_ in () if out.frame else out.variables.places.items():
        if type_.is_scalar:
            out.stack_bytes += 8
            out.line(f"{c_integer(type_)} {name} = 0;")
        else:
            out.line(f"char *{name} = {out.array(type_.size)};")
    for part in planned.rest:
        out.when(f"!{value(part, out)}", "return;")
    block(planned.clause.body, out)


def _refuse_large(planned: PlannedClause, out: Writer, source: Source) -> None:
    stack_bytes = out.stack_bytes + out.apart_stack_bytes + out.callback_stack_bytes
    if max(stack_bytes, out.scratch_bytes - MAX_SCRATCH_BYTES) > MAX_STACK_BYTES:
        raise source.error(
            planned.clause.at,
            f"values of this clause take {out.stack_bytes + out.scratch_bytes} bytes, too much for one program",
            why="a BPF program has little memory of its own",
            hint="split the clause in two on the same probe, or use shorter strings: str(POINTER, LENGTH)",
        )


def _pick(program: PlannedProgram) -> list[str]:
    """Return the lines that leave out all but one event in N, or all while hooks are only counted (SAMPLE_NONE)."""
    if program.spec.kind.facts.family is Family.ONCE:
        return []
    sampled = [clause.sampled for clause in program.clauses]
    if all(sampled):
        return ["if (control->sample > 1 && bpf_get_prandom_u32() % control->sample)", "    return 0;"]
    lines = [f"if (control->sample == {SAMPLE_NONE:#x})", "    return 0;"]
    if any(sampled):
        lines.append("bool picked = control->sample <= 1 || !(bpf_get_prandom_u32() % control->sample);")
    return lines


def _picked(program: PlannedProgram) -> list[str]:
    """Return for each clause the condition that its event was picked, where only some of the program's depend on it."""
    sampled = [clause.sampled for clause in program.clauses]
    return ["picked" if each and not all(sampled) else "" for each in sampled]


def _gate(clause: PlannedClause, unit: Unit, program: PlannedProgram, read: set[str]) -> str:
    """Return the C condition that only looks at the hook's arguments, empty where the predicate has none."""
    out = Writer(unit, program, record_fields=read)
    written = " && ".join(value(part, out) for part in clause.gate)
    if out.lines:
        raise AssertionError(f"a gate that takes statements: {out.lines}")
    return written


def _comment(program: PlannedProgram) -> str:
    """Return the hook's name for a comment: a binary's own names may hold anything, the end of a comment too."""
    return re.sub(r"[^\w:.+/-]", "?", program.hook.name, flags=re.ASCII)


def _wanted(subject: typed.Subject, out: Writer) -> str:
    """Return the C condition for a clause's process being wanted, empty where it is not asked."""
    if not subject.filtered:
        return ""
    if subject.pid_field is None:
        return _CURRENT
    name, raw = subject.pid_field.name, out.program.raw
    if raw is None:
        comm = _comm_beside(name, out.program.hook.format)
        beside = out.record_field(comm) if comm else "NULL"
        return f"{out.need(RECORD_WANTED)}(control, {out.record_field(name)}, {beside})"
    task = raw.tasks[name]
    tgid_offset, comm_offset = raw.task_offsets
    return f"{out.need(TASK_WANTED)}(control, {task}, {tgid_offset}, {comm_offset})" if task else _CURRENT


def _comm_beside(pid_field: str, format_: TracepointFormat | None) -> str:
    """Return the record's comm field that goes with a pid field, empty where there is none."""
    name = pid_field.removesuffix("pid") + "comm"
    sizes = {field.name: field.size for field in format_.fields} if format_ else {}
    return name if sizes.get(name) == COMM_BYTES else ""


def _scratch(program: PlannedProgram, unit: Unit) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the lines that take a program's scratch memory, after ``own`` is its number, and those that give it back.

    A run that finds it in use is counted and ends. The kernel keeps programs from running within themselves, but for
    two kinds. A user hook's may be preempted by another task that hits it, since Linux commit 8c7dcb84e3b7 ("bpf:
    implement sleepable uprobes by chaining gps"), in v6.0. A raw tracepoint's may be interrupted by its own event
    before commit 05b24ff9b2cf ("bpf: Prevent bpf program recursion for raw tracepoint probes"), in v6.1, and by another
    of the events that it is loaded for.
    """
    enter = (
        f"struct {SCRATCH} *mine = {SCRATCH}.lookup(&own);",
        "if (!mine)",
        "    return 0;",
        "char *scratch = (char *)mine;",
    )
    leave = ("__sync_fetch_and_add(&mine->busy, -1);",)
    if program.spec.kind.facts.family is not Family.USER and program.spec.kind is not ProbeKind.RAW_TRACEPOINT:
        return enter, ()
    busy = (
        "__sync_fetch_and_add(&mine->busy, 1);",
        "if (*(volatile u64 *)&mine->busy != 1) {",
        f"    {leave[0]}",
        f"    {unit.need(DROP)}({DropSlots(len(unit.plan.maps)).missed});",
        "    return 0;",
        "}",
    )
    if program.spec.kind is ProbeKind.RAW_TRACEPOINT and not program.shared:
        busy, leave = (
            ("#if TT_LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)", *each, "#endif") for each in (busy, leave)
        )
    return enter + busy, leave
