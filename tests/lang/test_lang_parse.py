"""Text becomes the syntax tree that the language means, however its author lays it out."""

import pytest

from tracetop.lang import syntax
from tracetop.lang.parser import grammar, parse
from tracetop.lang.source import Source


def only_clause(text: str) -> syntax.Clause:
    (clause,) = parse(Source("t", text)).clauses
    return clause


def show(node: object) -> str:  # noqa: PLR0911
    """Return an expression with every operator in parentheses."""
    match node:
        case syntax.Integer(value=value):
            return str(value)
        case syntax.Name(name=name) | syntax.Variable(name=name):
            return name
        case syntax.Map(name=name, keys=keys):
            return f"{name}[{', '.join(map(show, keys))}]" if keys else name
        case syntax.Access(base=base, field=field):
            return f"{show(base)}.{field}"
        case syntax.Index(base=base, index=index):
            return f"{show(base)}[{show(index)}]"
        case syntax.Unary(op=op, operand=operand):
            return f"({op}{show(operand)})"
        case syntax.Binary(op=op, left=left, right=right):
            return f"({show(left)} {op} {show(right)})"
        case syntax.Ternary(condition=condition, then=then, otherwise=otherwise):
            return f"({show(condition)} ? {show(then)} : {show(otherwise)})"
        case syntax.Cast(to=syntax.TypeName(name=name), operand=operand):
            return f"({name}){show(operand)}"
        case syntax.Step(op=op, target=target, prefix=prefix):
            return f"({op}{show(target)})" if prefix else f"({show(target)}{op})"
        case syntax.Call(name=name, arguments=arguments):
            return f"{name}({', '.join(map(show, arguments))})"
    raise AssertionError(node)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("1 + 2 * 3 - 4", "((1 + (2 * 3)) - 4)"),
        ("1 << 2 + 3", "(1 << (2 + 3))"),
        ("1 < 2 == 3 > 4", "((1 < 2) == (3 > 4))"),
        ("1 & 2 == 3", "(1 & (2 == 3))"),
        ("1 | 2 ^ 3 & 4", "(1 | (2 ^ (3 & 4)))"),
        ("1 || 2 && 3", "(1 || (2 && 3))"),
        ("1 ? 2 : 3 ? 4 : 5", "(1 ? 2 : (3 ? 4 : 5))"),
        ("!1 == ~2", "((!1) == (~2))"),
        ("-$x * 2", "((-$x) * 2)"),
        ("(uint32)$x + 1", "((uint32)$x + 1)"),
        ("(pid) + 1", "(pid + 1)"),
        ("$x++ + ++$x", "(($x++) + (++$x))"),
        ("args->a.b", "args.a.b"),
        ("args.args[2] >> 1", "(args.args[2] >> 1)"),
        ("@a[1, @b[2]]", "@a[1, @b[2]]"),
        ("str(args.name, 16)", "str(args.name, 16)"),
        ("0x1F + 010 + 1e6 + 1_000 + 5ull", "((((31 + 8) + 1000000) + 1000) + 5)"),
        ("a / b / c", "((a / b) / c)"),
    ],
)
def test_operators_bind_as_in_c(text: str, tree: str) -> None:
    (statement,) = only_clause(f"BEGIN {{ @ = {text}; }}").body
    assert isinstance(statement, syntax.Assign)
    assert show(statement.value) == tree


def test_a_string_keeps_its_bytes_and_its_escapes_become_theirs() -> None:
    (statement,) = only_clause(r'BEGIN { @ = "a\n\t\"\\\x41\101é//x"; }').body
    assert isinstance(statement, syntax.Assign)
    assert isinstance(statement.value, syntax.String)
    assert statement.value.value == 'a\n\t"\\AAé//x'.encode()


@pytest.mark.parametrize(
    "text",
    [
        "tracepoint:a:b/pid==1/{@[tid]=count();}",
        "tracepoint:a:b /pid == 1/ { @[tid] = count() }",
        "#!/usr/bin/env bpftrace\n\ntracepoint:a:b\n/pid == 1/\n{\n\t@[tid] = count();\n}\n",
        "/* head\n * of it */\ntracepoint:a:b // the probe\n/ pid == 1 / // why\n{\n@[tid] = count(); // so\n}\n// end",
        "tracepoint:a:b\r\n/pid == 1/\r\n{\r\n  @[tid] = count();\r\n}\r\n",
        "tracepoint:a:b /pid/**/==1/ /* { */ { ; @[tid] = count();; }",
    ],
)
def test_layout_and_comments_do_not_matter(text: str) -> None:
    clause = only_clause(text)
    assert [probe.text for probe in clause.probes] == ["tracepoint:a:b"]
    assert show(clause.predicate) == "(pid == 1)"
    (statement,) = clause.body
    assert isinstance(statement, syntax.Assign)
    assert show(statement.value) == "count()"


def test_a_slash_divides_within_a_predicate() -> None:
    assert show(only_clause("BEGIN /pid / 2 == @x[tid] / 3/ { }").predicate) == "((pid / 2) == (@x[tid] / 3))"


@pytest.mark.parametrize(
    "probe",
    [
        "BEGIN",
        "tracepoint:syscalls:sys_enter_*",
        "t:sched:sched_switch",
        "rawtracepoint:sys_enter",
        "software:page-faults:100",
        "profile:hz:99",
        "interval:ms:250",
        "kprobe:vfs_*",
        "uprobe:/bin/bash:readline",
    ],
)
def test_a_probe_is_one_word(probe: str) -> None:
    assert [p.text for p in only_clause(f"{probe},END {{ }}").probes] == [probe, "END"]


def test_no_state_of_the_parser_takes_both_a_probe_and_a_name() -> None:
    states = grammar().parser.parser._parse_table.states.values()
    assert any("PROBE" in state for state in states)
    assert not any("PROBE" in state and "NAME" in state for state in states)


@pytest.mark.parametrize("end", ["delete(@x)", "$y = 1", "@x = 1", "return", "if (2) { }", "str(1)"])
@pytest.mark.parametrize("blocks", ["if (1) { }", "if (1) { } else { }", "if (1) { } else if (2) { }"])
def test_any_statement_may_follow_a_block(blocks: str, end: str) -> None:
    assert len(only_clause(f"BEGIN {{ {blocks} {end} }}").body) == 2


def test_else_if_is_an_if_within_an_else() -> None:
    (outer,) = only_clause("BEGIN { if (1) { @a = 1; } else if (2) { @b = 1; } else { @c = 1; } }").body
    assert isinstance(outer, syntax.If)
    (inner,) = outer.otherwise
    assert isinstance(inner, syntax.If)
    assert len(inner.then) == len(inner.otherwise) == 1


def test_every_node_knows_its_place() -> None:
    text = "BEGIN\n{\n  @x[pid] = tid + 7;\n}"
    (statement,) = only_clause(text).body
    assert isinstance(statement, syntax.Assign)
    assert isinstance(statement.value, syntax.Binary)
    places = [statement.at, statement.value.left.at, statement.value.at, statement.value.right.at]
    assert [text[at] for at in places] == ["@", "t", "+", "7"]
