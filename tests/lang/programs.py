"""Random scripts that are right: of every statement, expression and function of the language, types and all.

`programs()` is a hypothesis strategy of their texts. Whatever it makes, the compiler must take and the kernel's
verifier must load, but for a clause that needs more stack than BPF has, which is refused by name.
"""

from collections.abc import Callable
from dataclasses import replace

from hypothesis import strategies as st

from tests.lang.program_values import INT, STR, Hook, Kind, MapOf, Values

HOOKS = (
    Hook("BEGIN"),
    Hook("END"),
    Hook("interval:ms:10"),
    Hook("interval:1s"),
    Hook("profile:hz:99", has_stack=True),
    Hook("software:page-faults:100", has_stack=True),
    Hook("tracepoint:raw_syscalls:sys_enter", ("args.id", "args->args[1]"), has_stack=True),
    Hook("tracepoint:sched:sched_switch", ("args.next_pid", "args->prev_state"), ("args.next_comm",), has_stack=True),
    Hook("rawtracepoint:sys_enter", ("arg1",), has_stack=True),
)
"""Probes that every kernel of these tests has."""
_KEYS: tuple[tuple[Kind, ...], ...] = ((), (INT,), (STR,), (INT, STR), (INT, INT, INT))
_VARIABLES: tuple[Kind, ...] = (INT, INT, STR, (INT, STR), (INT, (STR, INT)), (INT,))
_AGGREGATIONS = ("count", "sum", "avg", "min", "max", "stats", "hist", "lhist")
_CONVERSIONS = ("%d", "%u", "%x", "%5d", "%-8d", "%08x", "%ld", "%lld", "%lu", "%llx", "%i", "%c", "%p")
_MAX_DEPTH = 2

Statement = Callable[[Values, int, bool], str]
"""Makes a statement: depth left, and whether it is within a loop."""


@st.composite
def programs(draw: st.DrawFn, hooks: tuple[Hook, ...] = HOOKS) -> str:
    """Return a script on some of the hooks."""
    maps = draw(_maps())
    clauses = [_clause(draw, draw(st.sampled_from(hooks)), maps) for _ in range(draw(st.integers(1, 3)))]
    first = Values(draw, Hook("BEGIN"), maps)
    assigned = "".join(f"  {_store(first, of)};\n" for of in maps)  # a map is known by what is put into it
    return f"{draw(_preambles())}BEGIN\n{{\n{assigned}}}\n\n" + "\n".join(clauses)


@st.composite
def _maps(draw: st.DrawFn) -> tuple[MapOf, ...]:
    plain = [
        MapOf(f"@v{number}", draw(st.sampled_from(_KEYS)), draw(st.sampled_from([INT, INT, STR])))
        for number in range(draw(st.integers(1, 3)))
    ]
    totals = [
        MapOf(f"@{name}", draw(st.sampled_from(_KEYS)), name, is_aggregation=True)
        for name in draw(st.lists(st.sampled_from(_AGGREGATIONS), max_size=3, unique=True))
    ]
    return (*plain, *totals)


def _preambles() -> st.SearchStrategy[str]:
    parts = (
        "#!/usr/bin/env bpftrace\n",
        "// a comment\n/* and\n another */\n",
        "config = { max_map_keys = 128; stack_mode = perf }\n",
        "#define WIDTH (1 << 3)\n",
        "struct own { int a; unsigned char b[4]; };\n",
        "#include <linux/sched.h>\n",
        "enum colours { RED, GREEN = 4 };\n",
    )
    return st.lists(st.sampled_from(range(len(parts))), unique=True).map(
        lambda chosen: "".join(parts[number] for number in sorted(chosen))
    )


def _clause(draw: st.DrawFn, hook: Hook, maps: tuple[MapOf, ...]) -> str:
    values = Values(draw, hook, maps)
    predicate = f"/{values.integer(1)}/\n" if draw(st.booleans()) else ""
    return f"{hook.probe}\n{predicate}{_block(values, _MAX_DEPTH, in_loop=False)}\n"


def _block(values: Values, depth: int, *, in_loop: bool) -> str:
    """Return a block; what it declares is unknown after it."""
    inner = replace(values, variables=dict(values.variables))
    makers = [*_SIMPLE, *(_COMPOUND if depth > 0 else ()), *(_JUMPS if in_loop else ())]
    chosen = values.draw(st.lists(st.sampled_from(makers), max_size=4))
    lines = [make(inner, depth - 1, in_loop) for make in chosen]
    return "{\n" + "".join(line if line.endswith("}") else f"{line};\n" for line in lines) + "}"


def _store(values: Values, of: MapOf) -> str:
    """Return the assignment that puts something into a map."""
    target = f"{of.name}{values.key(of)}"
    if not of.is_aggregation:
        return f"{target} = {values.of(of.holds)}"
    arguments = {"count": "", "lhist": f"{values.integer(1)}, 0, 100, 10"}.get(str(of.holds), values.integer(1))
    return f"{target} = {of.holds}({arguments})"


def _assign(values: Values, _depth: int, _in_loop: bool) -> str:
    kind = values.draw(st.sampled_from(_VARIABLES))
    value = values.of(kind)
    return f"{values.pick('', 'let ')}{values.declare('$x', kind)} = {value}"


def _compound(values: Values, _depth: int, _in_loop: bool) -> str:
    names = [name for name, kind in values.variables.items() if kind == INT and not name.startswith("$i")]
    if not names:
        return _assign(values, 0, False)
    name, value = values.pick(*names), values.integer(1)
    return values.pick(f"{name} {values.pick('+', '-', '*', '&', '|', '^')}= {value}", f"{name}++", f"--{name}")


def _put(values: Values, _depth: int, _in_loop: bool) -> str:
    return _store(values, values.pick(*values.maps))


def _change(values: Values, _depth: int, _in_loop: bool) -> str:
    """Return a change of a map that is there: in place, or of the whole."""
    of = values.pick(*values.maps)
    entry = f"{of.name}{values.key(of)}"
    if of.holds == INT:
        return values.pick(f"{entry}++", f"--{entry}", f"{entry} += {values.integer(1)}", f"clear({of.name})")
    return values.pick(f"clear({of.name})", f"zero({of.name})" if of.is_aggregation else f"clear({of.name})")


def _delete(values: Values, _depth: int, _in_loop: bool) -> str:
    keyed = [of for of in values.maps if of.keys and not of.is_aggregation]
    if not keyed:
        return "return"
    of = values.pick(*keyed)
    keys = [values.of(kind, 1) for kind in of.keys]
    whole = ", ".join(keys)
    return values.pick(f"delete({of.name}[{whole}])", f"delete({of.name}, {f'({whole})' if len(keys) > 1 else whole})")


def _print(values: Values, _depth: int, _in_loop: bool) -> str:
    of = values.pick(*values.maps)
    value = values.of(values.draw(st.sampled_from(_VARIABLES)), 1)
    return values.pick(f"print({of.name})", f"print({value})", f"print({of.name}{', 5' if of.keys else ''})")


def _printf(values: Values, _depth: int, _in_loop: bool) -> str:
    conversions = values.draw(st.lists(st.sampled_from((*_CONVERSIONS, "%s", "%-16s")), max_size=4))
    arguments = [values.string(1) if conversion.endswith("s") else values.integer(1) for conversion in conversions]
    return f"printf({', '.join([chr(34) + ' '.join(conversions) + chr(92) + 'n' + chr(34), *arguments])})"


def _report(values: Values, _depth: int, _in_loop: bool) -> str:
    return values.pick('time("%H:%M:%S\\n")', "exit()", "return", "print((1, 2))", "_ = pid")


def _stack(values: Values, _depth: int, _in_loop: bool) -> str:
    if not values.hook.has_stack:
        return _report(values, 0, False)
    return values.pick("@stacks[kstack] = count()", "@few[kstack(3), comm] = count()", "print(kstack)")


def _if(values: Values, depth: int, in_loop: bool) -> str:
    written = f"if ({values.integer(1)}) {_block(values, depth, in_loop=in_loop)}"
    if values.draw(st.booleans()):
        written += f" else {_block(values, depth, in_loop=in_loop)}"
    return written


def _while(values: Values, depth: int, _in_loop: bool) -> str:
    """Return a loop that ends: its counter is raised first, and nothing else changes it."""
    counter = values.declare("$i", INT)
    block = _block(values, depth, in_loop=True)
    return f"{counter} = 0;\nwhile ({counter} < {values.draw(st.integers(0, 8))}) {{\n{counter}++;\n{block}\n}}"


def _for(values: Values, depth: int, _in_loop: bool) -> str:
    inner = replace(values, variables=dict(values.variables))
    keyed = [of for of in values.maps if of.keys and not of.is_aggregation]
    if values.draw(st.booleans()) and keyed:
        of: MapOf = values.pick(*keyed)
        name = inner.declare("$i", (of.keys[0] if len(of.keys) == 1 else of.keys, of.holds))
        return f"for ({name} : {of.name}) {_block(inner, depth, in_loop=True)}"
    name = inner.declare("$i", INT)
    return f"for ({name} : 0..{values.draw(st.integers(0, 9))}) {_block(inner, depth, in_loop=True)}"


def _unroll(values: Values, depth: int, _in_loop: bool) -> str:
    return f"unroll ({values.draw(st.integers(1, 3))}) {_block(values, depth, in_loop=False)}"


def _nested(values: Values, depth: int, in_loop: bool) -> str:
    return _block(values, depth, in_loop=in_loop)


def _jump(values: Values, _depth: int, _in_loop: bool) -> str:
    return values.pick("break", "continue")


_SIMPLE: tuple[Statement, ...] = (_assign, _compound, _put, _put, _change, _delete, _print, _printf, _report, _stack)
_COMPOUND: tuple[Statement, ...] = (_if, _while, _for, _unroll, _nested)
_JUMPS: tuple[Statement, ...] = (_jump,)
