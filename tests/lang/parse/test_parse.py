"""Text becomes the syntax tree that the language means, however its author lays it out."""

import pytest

from tests.lang.shown import show
from tracetop.errors import ScriptError
from tracetop.lang.parse.grammar import grammar
from tracetop.lang.parse.parser import parse
from tracetop.lang.source import Source
from tracetop.lang.tree import syntax


def only_clause(text: str) -> syntax.Clause:
    (clause,) = parse(Source("t", text)).clauses
    return clause


def only_value(text: str) -> str:
    (statement,) = only_clause(f"BEGIN {{ @ = {text}; }}").body
    assert isinstance(statement, syntax.Assign)
    return show(statement.value)


def statements(text: str) -> list[str]:
    return [show(statement) for statement in only_clause(f"BEGIN {{ {text} }}").body]


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
        ("(uint32)$x + 1", "(((uint32)$x) + 1)"),
        ("(pid) + 1", "(pid + 1)"),
        ("$x++ + ++$x", "(($x++) + (++$x))"),
        ("args->a.b", "args.a.b"),
        ("args.args[2] >> 1", "(args.args[2] >> 1)"),
        ("@a[1, @b[2]]", "@a[1, @b[2]]"),
        ("str(args.name, 16)", "str(args.name, 16)"),
        ("0x1F + 010 + 1e6 + 1_000 + 5ull", "((((31 + 8) + 1000000) + 1000) + 5)"),
        ("a / b / c", "((a / b) / c)"),
        ("*$p + 1", "((*$p) + 1)"),
        ("&$x == **$p", "((&$x) == (*(*$p)))"),
        ("a & &b && c", "((a & (&b)) && c)"),
        ("- -1 - -1", "((-(-1)) - (-1))"),
        ("a ? b : c ? d : e + f", "(a ? b : (c ? d : (e + f)))"),
        ("(a ? b : c) ? d : e", "((a ? b : c) ? d : e)"),
        ("(uint8)$x.y[1]->z", "((uint8)$x.y[1].z)"),
        ("sizeof(int) * 2", "(sizeof(int) * 2)"),
    ],
)
def test_operators_bind_as_in_c(text: str, tree: str) -> None:
    assert only_value(text) == tree


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("$x.0", "$x.0"),
        ("$x.0.1", "$x.0.1"),
        ("@a[1].1", "@a[1].1"),
        ("@a[1][2]", "@a[1][2]"),
        ("$p->a.b[3]->c", "$p.a.b[3].c"),
        ("((struct foo *)arg0)->x", "((struct foo*)arg0).x"),
        ("*(struct foo *)arg0", "(*((struct foo*)arg0))"),
        ('**(int64**)reg("sp") + 16', '((*(*((int64**)reg("sp")))) + 16)'),
        ("curtask->mm->owner", "curtask.mm.owner"),
        ("args.a.b", "args.a.b"),
        ("kstack(3)", "kstack(3)"),
        ("ustack(perf, 3)", "ustack(perf, 3)"),
        ('(1, "a", (2, 3)).2.0', '(1, "a", (2, 3,),).2.0'),
        ("(1,)", "(1,)"),
        ("(1, 2, )", "(1, 2,)"),
        ("()", "(,)"),
        ("(1, 2)[1 - 1]", "(1, 2,)[(1 - 1)]"),
        ("@m[(1, 2)]", "@m[(1, 2,)]"),
        ("f()[1]", "f()[1]"),
        ("sizeof(struct task_struct)", "sizeof(struct task_struct)"),
        ("sizeof(uint8 *)", "sizeof(uint8*)"),
        ("sizeof($x + 1)", "sizeof(($x + 1))"),
        ("sizeof((uint8)1)", "sizeof(((uint8)1))"),
        ("offsetof(struct foo, a.b.c)", "offsetof(struct foo, a.b.c)"),
        ("offsetof(*$x, a)", "offsetof((*$x), a)"),
        ("$1 + $# + $27", "(($1 + $#) + $27)"),
        ("args.let + args->config.unroll", "(args.let + args.config.unroll)"),
    ],
)
def test_what_stands_behind_a_value_belongs_to_it(text: str, tree: str) -> None:
    assert only_value(text) == tree


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("(uint64)x", "((uint64)x)"),
        ("(uint64) - 1", "((uint64)(-1))"),
        ("(uint64)(x)", "((uint64)x)"),
        ("(unsigned long)x", "((unsigned long)x)"),
        ("(unsigned long long int)x", "((unsigned long long int)x)"),
        ("(size_t)x", "((size_t)x)"),
        ("(pid_t)*x", "((pid_t)(*x))"),
        ("(__u32)x", "((__u32)x)"),
        ("(be16)x", "((be16)x)"),
        ("(u8)x", "((u8)x)"),
        ("(bool)x", "((bool)x)"),
        ("(uint8[8])x", "((uint8[8])x)"),
        ("(uint8[])x", "((uint8[])x)"),
        ("(int8 *)x", "((int8*)x)"),
        ("(char * *)x", "((char**)x)"),
        ("(const char *)x", "((char*)x)"),
        ("(char const * const)x", "((char*)x)"),
        ("(void __user *)x", "((void*)x)"),
        ("(string[16])x", "((string[16])x)"),
        ("(struct task_struct *)x", "((struct task_struct*)x)"),
        ("(struct foo)x", "((struct foo)x)"),
        ("(union foo *)x", "((union foo*)x)"),
        ("(enum foo)x", "((enum foo)x)"),
        ("(task_struct *)x", "((task_struct*)x)"),
        ("(foo **)x", "((foo**)x)"),
        ("(uint8)(uint16)x", "((uint8)((uint16)x))"),
        ("(pid) * 2", "(pid * 2)"),
        ("(pid) - 2", "(pid - 2)"),
        ("(pid) & 2", "(pid & 2)"),
        ("(pid * tid)", "(pid * tid)"),
        ("(pid *(tid))", "(pid * tid)"),
        ("(foo_t + 1)", "(foo_t + 1)"),
    ],
)
def test_a_cast_is_told_from_parentheses(text: str, tree: str) -> None:
    assert only_value(text) == tree


def test_a_word_that_the_script_made_a_type_is_one_in_a_cast() -> None:
    (clause,) = parse(Source("t", "typedef struct { char a[4]; } number[2]; BEGIN { @ = (number) -1; }")).clauses
    assert show(clause.body[0]) == "@ = ((number)(-1))"
    assert only_value("(number) -1") == "(number - 1)"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("let $x;", ["let $x"]),
        ("let $x = 1;", ["let $x = 1"]),
        ("let $x : uint64 = 1", ["let $x: uint64 = 1"]),
        ("let $x : struct foo *; let $y : foo_t[3];", ["let $x: struct foo*", "let $y: foo_t[3]"]),
        ("while ($i < 3) { $i++; }", ["while ($i < 3) { ($i++); }"]),
        ("while 1 { break; continue; }", ["while 1 { break; continue; }"]),
        ("for ($kv : @m) { print($kv.0); }", ["for $kv : @m { print($kv.0); }"]),
        ("for $kv : @m { }", ["for $kv : @m { }"]),
        ("for ($i : 0..10) { }", ["for $i : 0..10 { }"]),
        ("for ($i : $a + 1 .. ncpus) { }", ["for $i : ($a + 1)..ncpus { }"]),
        ("for ($i : @a .. @b[1]) { }", ["for $i : @a..@b[1] { }"]),
        ("for $i : (1)..(2) { }", ["for $i : 1..2 { }"]),
        ("unroll(5) { @++; }", ["unroll 5 { (@++); }"]),
        ("unroll ($1) { }", ["unroll $1 { }"]),
        ("{ let $x = 1; } { }", ["{ let $x = 1; }", "{ }"]),
        ("return;", ["return"]),
        ("return 1 + 2", ["return (1 + 2)"]),
        ("if pid == 1 { } else if (tid) { return }", ["if (pid == 1) { } else { if tid { return; }; }"]),
        ("if (a) && (b) { }", ["if (a && b) { }"]),
        ("_ = f(1);", ["f(1)"]),
        ("@x[1]++; --$y; ++@z; $w--", ["(@x[1]++)", "(--$y)", "(++@z)", "($w--)"]),
        ("while (1) { } $x = 1; for $k : @m { } @x = 1", ["while 1 { }", "$x = 1", "for $k : @m { }", "@x = 1"]),
        ("$a == 1 ? print(1) : print(2)", ["(($a == 1) ? print(1) : print(2))"]),
    ],
)
def test_statements_of_every_kind(text: str, shown: list[str]) -> None:
    assert statements(text) == shown


@pytest.mark.parametrize("op", ["=", "<<=", ">>=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^="])
@pytest.mark.parametrize("target", ["$x", "@x", "@x[1, 2]"])
def test_every_operator_assigns_to_variables_and_maps(target: str, op: str) -> None:
    assert statements(f"{target} {op} 1;") == statements(f"{target}{op}1") == [f"{target} {op} 1"]


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        ("0", 0),
        ("0xFF", 255),
        ("0X_ff_ff", 65535),
        ("0b101", 5),
        ("017", 15),
        ("1e3", 1000),
        ("2E0", 2),
        ("1_000_000", 1_000_000),
        ("10u", 10),
        ("10UL", 10),
        ("0xffull", 255),
        ("18446744073709551615", (1 << 64) - 1),
        ("3ns", 3),
        ("3us", 3_000),
        ("10ms", 10_000_000),
        ("1s", 1_000_000_000),
        ("1m", 60_000_000_000),
        ("2h", 7_200_000_000_000),
        ("1d", 86_400_000_000_000),
        ("1e3us", 1_000_000),
    ],
)
def test_integers_are_spelt_in_many_ways(literal: str, value: int) -> None:
    assert only_value(literal) == str(value)


@pytest.mark.parametrize(
    "literal", ["08", "0b2", "18446744073709551616", "1e20", "1e99", "300000000d", "0x1ffffffffffffffff"]
)
def test_an_integer_is_one_of_64_bits(literal: str) -> None:
    with pytest.raises(ScriptError):
        only_value(literal)


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        (r'"\033[31m\x41\101\e\0"', b"\033[31mAA\033\0"),
        (r'"\a\b\f\v\r\"\\\?"', b'\a\b\f\v\r"\\?'),
        ('"one " "and"\n"two"', b"one andtwo"),
        ('"// no comment /* either */ # nor this"', b"// no comment /* either */ # nor this"),
    ],
)
def test_strings_have_the_escapes_of_c_and_join_side_by_side(literal: str, value: bytes) -> None:
    assert only_value(literal) == show(syntax.String(at=0, value=value))


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
        "kprobe:foo+0x10",
        "kprobe:mod:foo",
        "kprobe:*sock[a-z]?",
        "fentry:vmlinux:tcp_reset",
        'uprobe:/bin/sh:"std::vector<int, x>::push{}"',
        'uprobe:/bin/sh:cpp:"f(int)"+5',
        "uprobe:/bin/bash:readline+5",
        "uprobe:./a.out:main",
        "uprobe:../a.out:main.main",
        "uprobe:bin/test:main",
        "uprobe:libc:malloc",
        "uprobe:/lib/x86_64-linux-gnu/libc.so.6:*alloc",
        "uprobe:/opt/*/bin/x:f",
        'uprobe:"/opt/my app/x":f',
        "uprobe:/bin/x:0x1234",
        "usdt:/path:prov:name",
        "usdt:/path::name",
        "usdt:*:name",
        "begin",
        "interval:1s",
        "profile:99ms",
        "hardware:cache-misses:1e6",
        "software:faults:",
        "self:signal:SIGUSR1",
        "bench:my_loop",
        "test:okay",
        "watchpoint:0x10000000:8:rw",
        "watchpoint:increment+arg1:4:w",
        "iter:task_file:/sys/fs/bpf/files",
        "fentry:bpf:123:prog",
        "tracepoint:xhci-hcd:xhci_setup_device_slot",
        "tracepoint:$1:$2",
        "uprobe:$1/bin/x:f",
        "interval:s:$1",
        "t*:sched:*",
        "name=kprobe:f",
    ],
)
def test_a_probe_is_one_word(probe: str) -> None:
    assert [p.text for p in only_clause(f"{probe},END {{ }}").probes] == [probe, "END"]
    assert only_clause(f"{probe}{{ }}").probes[0].text == probe


@pytest.mark.parametrize(
    "probe", ["kprobe:f", "interval:1s", "uprobe:/bin/sh:f", 'uprobe:/bin/sh:"f"', "BEGIN", "usdt:*:f"]
)
@pytest.mark.parametrize("predicate", ["/pid == 1/", "/ @x[tid] /", "/args.a[1]/", '/comm == "a/b"/', "/1 ? 2 : 3/"])
def test_a_predicate_may_stand_directly_behind_its_probe(probe: str, predicate: str) -> None:
    clause = only_clause(f"{probe}{predicate}{{ }}")
    assert [written.text for written in clause.probes] == [probe]
    assert show(clause.predicate) == only_value(predicate[1:-1])


@pytest.mark.parametrize("gap", [",", " , ", ",\n", ",  // why\n", "\n,\n"])
def test_probes_are_separated_by_commas_and_one_may_be_left_over(gap: str) -> None:
    assert [probe.text for probe in only_clause(f"kprobe:f{gap}BEGIN{gap}{{ }}").probes] == ["kprobe:f", "BEGIN"]


def test_no_state_of_the_parser_takes_both_a_probe_and_a_name() -> None:
    states = grammar().parser.parser._parse_table.states.values()
    assert any("PROBE" in state for state in states)
    assert not any("PROBE" in state and "NAME" in state for state in states)


@pytest.mark.parametrize("end", ["delete(@x)", "$y = 1", "@x = 1", "return", "if (2) { }", "str(1)"])
@pytest.mark.parametrize(
    "blocks",
    [
        "if (1) { }",
        "if (1) { } else { }",
        "if (1) { } else if (2) { }",
        "while (1) { }",
        "for ($k : @m) { }",
        "unroll(2) { }",
        "{ }",
    ],
)
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
