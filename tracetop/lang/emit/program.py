"""The last pass: a plan written down as C for BCC.

Owns: the order of the text (control, tables, helpers, records, programs) and the frame of a program: read the control
map once, then run each clause whose process is wanted. No byte of a script gets into the C but through generated
names, numbers and strings written as numbers.
"""

import re
from dataclasses import dataclass, field

from msgspec import structs

from tracetop.lang.emit import integers, memory, per_cpu_totals, prelude, reads, statements
from tracetop.lang.emit import scratch as emit_scratch
from tracetop.lang.emit.dispatch import value
from tracetop.lang.emit.loops import callback_name, has_loop, open_frame
from tracetop.lang.emit.maps import declare
from tracetop.lang.emit.statements import EVENTS, block
from tracetop.lang.emit.writer import Writer, c_integer, in_parentheses
from tracetop.lang.plan.plan import Plan, PlannedClause, PlannedProgram
from tracetop.lang.source import Source
from tracetop.lang.tree import typed
from tracetop.model.abi.control import SAMPLE_NONE
from tracetop.model.filter import COMM_BYTES
from tracetop.model.kernel import Field, TracepointFormat
from tracetop.model.kinds import Family, ProbeKind
from tracetop.model.program import Action, Exit, Layout, MapAction, ProbeSpec

_REGISTERED = (integers, memory, statements, reads, per_cpu_totals)
"""Imported for what they register with `generics`."""
STACKS = 65536
"""Slots, for a new stack to find its own free; with the depth below 35 MB of the kernel's memory."""
STACK_DEPTH = 64
"""Frames of a stack, the innermost; kernel stacks of 40 are long."""
_EVENT_PAGES, _PRINT_PAGES = 16, 1024
"""Of the ring buffer, for requests and for what is printed."""
MAX_STACK_BYTES = 384
"""Of 512: clang keeps the rest for what it spills."""
MAX_SCRATCH_BYTES = 1 << 15
_NAME, _OWN = "tt_NAME", "tt_OWN"
_STACK_MAP = re.compile(r"\b(tt_[ku]stacks(?:_(\d+))?)\.")


@dataclass(frozen=True)
class Emitted:
    """A script in C, and what goes with it."""

    c_text: str
    actions: tuple[Action, ...]
    stack_maps: tuple[str, ...]
    callbacks: tuple[str, ...]
    probes: tuple[ProbeSpec, ...]
    """Of each program; several may name one function."""


@dataclass
class _Shared:
    """What the programs of one script have in common while they are written."""

    plan: Plan
    source: Source
    actions: list[Action] = field(default_factory=list)
    callbacks: list[str] = field(default_factory=list)
    scratch_bytes: int = 0


@dataclass
class _Function:
    """A program in C."""

    name: str
    text: str
    record: str
    """The struct that it is passed, where that is the script's own."""
    probes: list[ProbeSpec] = field(default_factory=list)


def emit(plan: Plan, source: Source) -> Emitted:
    """Return the script in C, the requests that it sends to user space, and the names of its stack maps.

    ScriptError for a clause whose values do not fit on the stack: LLVM would not refuse it but end the process.
    """
    shared = _Shared(plan, source)
    functions = _functions(plan, shared)
    programs = "".join([*shared.callbacks, *(function.text for function in functions)])
    stacks = dict.fromkeys(_STACK_MAP.findall(programs))
    printing = any(not isinstance(action, MapAction) for action in shared.actions)
    tables = [
        "BPF_ARRAY(tt_control, struct tt_control, 1);\n",
        f"BPF_PERCPU_ARRAY(tt_drops, u64, {len(plan.maps) + 2 + (Exit() in shared.actions)});\n",
        f"BPF_ARRAY(tt_present, u64, {len(plan.maps)});\n" if _has_places(plan) else "",
        f"BPF_RINGBUF_OUTPUT({EVENTS}, {_PRINT_PAGES if printing else _EVENT_PAGES});\n" if shared.actions else "",
        emit_scratch.declare(shared.scratch_bytes, len(plan.programs)) if shared.scratch_bytes else "",
        *(_stack_table(name, int(depth or STACK_DEPTH)) for name, depth in stacks),
        *(declare(planned) for planned in plan.maps.values()),
    ]
    records = "".join(function.record for function in functions)
    raw_helpers = dict.fromkeys(program.raw.helper for program in plan.programs if program.raw)
    used = "".join(helper for helper in raw_helpers if helper and helper.split("(")[0].split()[-1] in programs)
    text = prelude.structs() + "\n" + "".join(tables) + prelude.helpers(programs) + records + used + programs
    callbacks = tuple(callback_name(index) for index in range(len(shared.callbacks)))
    probes = {spec: structs.replace(spec, function=function.name) for function in functions for spec in function.probes}
    return Emitted(
        text,
        tuple(shared.actions),
        tuple(name for name, _depth in stacks),
        callbacks,
        tuple(probes[program.spec] for program in plan.programs),
    )


def _functions(plan: Plan, shared: _Shared) -> list[_Function]:
    """Return the functions of all programs. Programs that many hooks share are written once where they are the same."""
    functions: dict[tuple[str, str], _Function] = {}
    for i, program in enumerate(plan.programs):
        name, callbacks = program.spec.function, len(shared.callbacks)
        text = _program(program, shared)
        record = _record(program, text) if program.spec.kind is ProbeKind.TRACEPOINT else ""
        shared.callbacks[callbacks:] = [callback.replace(_NAME, name) for callback in shared.callbacks[callbacks:]]
        same = (text, record) if program.shared else (name, "")
        if same not in functions:
            comment = f"\n/* {_comment(program)} */"
            text = text.replace(f"\nint {_NAME}(", f"{comment}\nint {_NAME}(").replace(_NAME, name)
            functions[same] = _Function(name, text.replace(_OWN, str(i)), record.replace(_NAME, name))
        functions[same].probes.append(program.spec)
    return list(functions.values())


def _has_places(plan: Plan) -> bool:
    """Say whether the script has maps without a key that all CPUs share: an array cannot tell that one is not there."""
    return any(planned.spec.layout is Layout.ARRAY for planned in plan.maps.values())


def _context(program: PlannedProgram) -> str:
    return program.spec.kind.facts.context or f"struct {_NAME}_record"


def _stack_table(name: str, depth: int) -> str:
    """Return the declaration of a stack map: BCC's own macro would take 127 frames a slot."""
    table = f'BPF_TABLE("stacktrace", int, struct {name}_frames, {name}, {STACKS});'
    return f"struct {name}_frames {{ u64 ip[{depth}]; }};\n{table}\n"


def _record(program: PlannedProgram, text: str) -> str:
    """Return the struct of a tracepoint's record, laid out as the format says, with explicit padding.

    Of a program that other hooks may share it has only what its `text` reads, for their records may differ elsewhere.
    """
    format_ = program.hook.format
    members, end = ["u64 common;"], 8
    for member_field in sorted(format_.fields, key=lambda each: each.offset) if format_ else ():
        member = _member(member_field)
        if program.shared and not re.search(rf"\bf_{re.escape(member_field.name)}\b", text):
            continue
        if member is None or member_field.offset < end:
            continue
        if member_field.offset > end:
            members.append(f"u8 pad{end}[{member_field.offset - end}];")
        members.append(member)
        end = member_field.offset + member_field.size
    return f"\nstruct {_NAME}_record {{\n    " + "\n    ".join(members) + "\n};\n"


def _member(field: Field) -> str | None:
    """Return a field's declaration, or None for one that no expression can name."""
    sign = "s" if field.signed else "u"
    if "__data_loc" in field.c_type or "__rel_loc" in field.c_type:
        return f"u32 f_{field.name};"
    if "char[" in field.c_type.replace(" ", ""):
        return f"char f_{field.name}[{field.size}];"
    count = field.c_type.rpartition("[")[2].rstrip("]") if "[" in field.c_type else ""
    if count.isdecimal() and int(count) and field.size // int(count) in (1, 2, 4, 8):
        return f"{sign}{8 * field.size // int(count)} f_{field.name}[{count}];"
    return f"{sign}{8 * field.size} f_{field.name};" if field.size in (1, 2, 4, 8) else None


def _program(program: PlannedProgram, shared: _Shared) -> str:
    """Return the functions of a program's clauses, and the program itself, which calls them in order.

    The same programs are the same text: their name is `_NAME` in it, and their number `_OWN`.
    """
    plan = shared.plan
    context, function = _context(program), _NAME
    clauses, calls, scratch = [], [], 0
    for i, clause in enumerate(program.clauses, 1):
        out = Writer(
            plan,
            program,
            clause.clause.variables,
            actions=shared.actions,
            callbacks=shared.callbacks,
            context=context,
        )
        clauses.append(_clause(f"{function}_{i}", clause, out, context))
        calls.append(f"{function}_{i}(ctx, control{', scratch' if out.scratch_bytes else ''});")
        scratch = max(scratch, out.scratch_bytes)
        stack_bytes = out.stack_bytes + out.apart_stack_bytes + out.callback_stack_bytes
        if max(stack_bytes, out.scratch_bytes - MAX_SCRATCH_BYTES) > MAX_STACK_BYTES:
            raise shared.source.error(
                clause.clause.at,
                f"values of this clause take {out.stack_bytes + out.scratch_bytes} bytes, too much for one program",
                why="a BPF program has little memory of its own",
                hint="split the clause in two on the same probe, or use shorter strings: str(POINTER, LENGTH)",
            )
    shared.scratch_bytes = max(shared.scratch_bytes, scratch)
    gates = [_gate(clause, plan, program) for clause in program.clauses]
    body = []
    if program.raw and program.raw.gate:
        body += [f"if (!{program.raw.gate})", "    return 0;"]
    if len(gates) == 1 and gates[0]:
        body += [f"if (!({gates.pop()}))", "    return 0;"]
        gates.append("")
    body += [
        "u32 zero = 0;",
        "struct tt_control *control = tt_control.lookup(&zero);",
        "if (!control)",
        "    return 0;",
        *_pick(program),
    ]
    if scratch:
        body += emit_scratch.enter(program.spec.kind, _OWN, missed=len(plan.maps) + 1, shared=program.shared)
    wanted = [_wanted(clause.clause.subject, program) for clause in program.clauses]
    if "current" in wanted:
        body.append("bool current = tt_current_wanted(control);")
    for call, *conditions in zip(calls, gates, _picked(program), wanted, strict=True):
        condition = " && ".join(part for part in conditions if part)
        body += [f"if {in_parentheses(condition)}", f"    {call}"] if condition else [call]
    body += emit_scratch.leave(program.spec.kind, shared=program.shared) if scratch else []
    lines = "".join(f"    {line}\n" for line in [*body, "return 0;"])
    return f"{''.join(clauses)}\nint {function}({context} *ctx)\n{{\n{lines}}}\n"


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


def _gate(clause: PlannedClause, plan: Plan, program: PlannedProgram) -> str:
    """Return the C condition that only looks at the hook's arguments, empty where the predicate has none."""
    out = Writer(plan, program)
    written = " && ".join(value(part, out) for part in clause.gate)
    if out.lines:
        raise AssertionError(f"a gate that takes statements: {out.lines}")
    return written


def _comment(program: PlannedProgram) -> str:
    """Return the hook's name for a comment: a binary's own names may hold anything, the end of a comment too."""
    return re.sub(r"[^\w:.+/-]", "?", program.hook.name, flags=re.ASCII)


def _wanted(subject: typed.Subject, program: PlannedProgram) -> str:
    """Return the C condition for a clause's process being wanted, empty where it is not asked."""
    if not subject.filtered:
        return ""
    if subject.pid_field is None:
        return "current"
    name = subject.pid_field.name
    if program.raw is None:
        return f"tt_record_wanted(control, ctx->f_{name}, {_comm_beside(name, program.hook.format)})"
    task = program.raw.tasks[name]
    tgid, comm = program.raw.task_offsets
    return f"tt_task_wanted(control, {task}, {tgid}, {comm})" if task else "current"


def _comm_beside(pid_field: str, format_: TracepointFormat | None) -> str:
    """Return the record's comm field that goes with a pid field, NULL where there is none."""
    name = pid_field.removesuffix("pid") + "comm"
    fields = {field.name: field for field in format_.fields} if format_ else {}
    return f"ctx->f_{name}" if name in fields and fields[name].size == COMM_BYTES else "NULL"


def _clause(function: str, planned: PlannedClause, out: Writer, context: str) -> str:
    if has_loop(planned.clause):
        open_frame(out)
    for name, type_ in () if out.frame else out.variables:
        if type_.is_scalar:
            out.reserve(8)
            out.line(f"{c_integer(type_)} var_{name} = 0;")
        else:
            out.line(f"char *var_{name} = {out.array(type_.size)};")
    for part in planned.rest:
        out.line(f"if (!{value(part, out)})")
        out.line("    return;")
    block(planned.clause.body, out)
    body = "".join(f"{line}\n" for line in out.lines)
    scratch = ", char *scratch" if out.scratch_bytes else ""
    return (
        f"\nstatic __always_inline void {function}({context} *ctx, struct tt_control *control{scratch})\n{{\n{body}}}\n"
    )
