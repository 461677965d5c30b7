"""The last pass: a plan written down as C for BCC.

Owns: the order of the text (control, tables, helpers, records, programs) and the frame of a program: read the control
map once, then run each clause whose process is wanted. No byte of a script gets into the C but through generated
names, numbers and strings written as numbers.
"""

from tracetop.lang import emit_integers, emit_strings, prelude, typed
from tracetop.lang.emit_slots import declare
from tracetop.lang.emit_statements import block
from tracetop.lang.generics import value
from tracetop.lang.plan import Plan, PlannedClause, PlannedProgram
from tracetop.lang.source import Source
from tracetop.lang.types import Form
from tracetop.lang.writer import Writer, c_integer, in_parentheses
from tracetop.model.control import COMM_BYTES
from tracetop.model.kernel import Field, TracepointFormat
from tracetop.model.program import MapAction, ProbeKind

_REGISTERED = (emit_integers, emit_strings)
"""Imported for what they register with `generics`."""
STACK_MAP = "tt_kstacks"
STACKS = 65536
"""Slots, for a new stack to find its own free; with the depth below 35 MB of the kernel's memory."""
STACK_DEPTH = 64
"""Frames of a stack, the innermost; kernel stacks of 40 are long."""
MAX_STACK_BYTES = 384
"""Of 512: clang keeps the rest for what it spills."""
_PERF = frozenset({ProbeKind.SOFTWARE, ProbeKind.PROFILE, ProbeKind.INTERVAL})


def emit(plan: Plan, source: Source) -> tuple[str, tuple[MapAction, ...], str]:
    """Return the C text, the requests that it sends to user space, and the name of its stack map (or nothing).

    ScriptError for a clause whose strings do not fit on the stack: LLVM would not refuse it but end the process.
    """
    actions: list[tuple[str, str]] = []
    programs = "".join(_program(program, plan, actions, source) for program in plan.programs)
    stack_map = STACK_MAP if f"{STACK_MAP}." in programs else ""
    tables = [
        "BPF_ARRAY(tt_control, struct tt_control, 1);\n",
        f"BPF_PERCPU_ARRAY(tt_drops, u64, {max(1, len(plan.maps))});\n",
        "BPF_RINGBUF_OUTPUT(tt_events, 16);\n" if actions else "",
        _stack_table() if stack_map else "",
        *(declare(planned) for planned in plan.maps.values()),
    ]
    records = "".join(_record(program) for program in plan.programs if program.spec.kind is ProbeKind.TRACEPOINT)
    raw_helpers = dict.fromkeys(program.raw.helper for program in plan.programs if program.raw)
    used = "".join(helper for helper in raw_helpers if helper and helper.split("(")[0].split()[-1] in programs)
    text = prelude.structs() + "\n" + "".join(tables) + prelude.helpers(programs) + records + used + programs
    return text, tuple(MapAction(*action) for action in actions), stack_map


def _context(program: PlannedProgram) -> str:
    if program.spec.kind is ProbeKind.TRACEPOINT:
        return f"struct {program.spec.function}_record"
    return "struct bpf_perf_event_data" if program.spec.kind in _PERF else "struct bpf_raw_tracepoint_args"


def _stack_table() -> str:
    """Return the declaration of the stack map: BCC's own macro would take 127 frames a slot."""
    table = f'BPF_TABLE("stacktrace", int, struct tt_stack, {STACK_MAP}, {STACKS});'
    return f"struct tt_stack {{ u64 ip[{STACK_DEPTH}]; }};\n{table}\n"


def _record(program: PlannedProgram) -> str:
    """Return the struct of a tracepoint's record, laid out as the format says, with explicit padding."""
    format_ = program.hook.format
    members, end = ["u64 common;"], 8
    for field in sorted(format_.fields, key=lambda field: field.offset) if format_ else ():
        member = _member(field)
        if member is None or field.offset < end:
            continue
        if field.offset > end:
            members.append(f"u8 pad{end}[{field.offset - end}];")
        members.append(member)
        end = field.offset + field.size
    return f"\nstruct {program.spec.function}_record {{\n    " + "\n    ".join(members) + "\n};\n"


def _member(field: Field) -> str | None:
    """Return a field's declaration, or None for one that no expression can name."""
    sign = "s" if field.signed else "u"
    if "__data_loc" in field.c_type:
        return f"u32 f_{field.name};"
    if "char[" in field.c_type.replace(" ", ""):
        return f"char f_{field.name}[{field.size}];"
    count = field.c_type.rpartition("[")[2].rstrip("]") if "[" in field.c_type else ""
    if count.isdecimal() and int(count) and field.size // int(count) in (1, 2, 4, 8):
        return f"{sign}{8 * field.size // int(count)} f_{field.name}[{count}];"
    return f"{sign}{8 * field.size} f_{field.name};" if field.size in (1, 2, 4, 8) else None


def _program(program: PlannedProgram, plan: Plan, actions: list[tuple[str, str]], source: Source) -> str:
    """Return the functions of a program's clauses, and the program itself, which calls them in order."""
    context, function = _context(program), program.spec.function
    clauses = []
    for i, clause in enumerate(program.clauses, 1):
        out = Writer(plan, program, actions=actions)
        clauses.append(_clause(f"{function}_{i}", clause, out, context))
        if out.stack_bytes > MAX_STACK_BYTES:
            raise source.error(
                clause.clause.at,
                f"strings and keys of this clause take {out.stack_bytes} bytes, at most {MAX_STACK_BYTES} are there",
                why="the stack of a BPF program has 512 bytes in all",
                mend="use fewer strings, or shorter ones: str(POINTER, LENGTH)",
            )
    gates = [_gate(clause, plan, program) for clause in program.clauses]
    body = []
    if len(gates) == 1 and gates[0]:
        body += [f"if (!({gates.pop()}))", "    return 0;"]
        gates.append("")
    body += [
        "u32 zero = 0;",
        "struct tt_control *control = tt_control.lookup(&zero);",
        "if (!control)",
        "    return 0;",
    ]
    wanted = [_wanted(clause.clause.subject, program) for clause in program.clauses]
    if "current" in wanted:
        body.append("bool current = tt_current_wanted(control);")
    for i, conditions in enumerate(zip(gates, wanted, strict=True), 1):
        condition = " && ".join(part for part in conditions if part)
        call = f"{function}_{i}(ctx, control);"
        body += [f"if {in_parentheses(condition)}", f"    {call}"] if condition else [call]
    lines = "".join(f"    {line}\n" for line in [*body, "return 0;"])
    return f"{''.join(clauses)}\n/* {_comment(program)} */\nint {function}({context} *ctx)\n{{\n{lines}}}\n"


def _gate(clause: PlannedClause, plan: Plan, program: PlannedProgram) -> str:
    """Return the C condition that only looks at the hook's arguments, empty where the predicate has none."""
    out = Writer(plan, program)
    written = " && ".join(value(part, out) for part in clause.gate)
    if out.lines:
        raise AssertionError(f"a gate that takes statements: {out.lines}")
    return written


def _comment(program: PlannedProgram) -> str:
    return program.hook.name.replace("*/", "")


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
    for name, type_ in planned.clause.variables:
        out.reserve(type_.size)
        if type_.form is Form.STRING:
            out.line(f"char var_{name}[{type_.size}] = {{}};")
        else:
            out.line(f"{c_integer(type_)} var_{name} = 0;")
    for part in planned.rest:
        out.line(f"if (!{value(part, out)})")
        out.line("    return;")
    block(planned.clause.body, out)
    body = "".join(f"{line}\n" for line in out.lines)
    return f"\nstatic __always_inline void {function}({context} *ctx, struct tt_control *control)\n{{\n{body}}}\n"
