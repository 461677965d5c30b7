"""A script that is not of the language: the error stands at the place and says what was probably meant."""

import pytest

from tracetop.errors import ScriptError
from tracetop.lang.parse.parser import parse
from tracetop.lang.source import Source

CASES = [
    # of other languages
    ("BEGIN { int x = 1; }", "int", "a variable has no type before it", "write $x = …"),
    ("BEGIN { struct foo *p = arg0; }", "struct", "a variable has no type before it", "write $p = …"),
    ("BEGIN { unsigned long x; }", "unsigned", "a variable has no type before it", "write $x = …"),
    ("BEGIN { x = 1; }", "x", "x is neither a variable nor a map", "write $x"),
    ("BEGIN { $y = 1; x += 1; }", "x", "x is neither a variable nor a map", "@x for a map"),
    ("BEGIN { x++; }", "x", "x is neither a variable nor a map", "write $x"),
    ("BEGIN /pid = 1/ { }", "=", "= assigns, it does not compare", "write =="),
    ("BEGIN { @x = @y = 1; }", "= 1", "one assignment a statement", "a statement of its own"),
    ("BEGIN { $x := 1; }", ":=", ":= is not an operator", "write ="),
    ("BEGIN { args.x = 1; }", "=", "a field cannot be changed", "a variable or a map"),
    ("BEGIN { $p->x->y = 1; }", "=", "a field cannot be changed", "a variable or a map"),
    ("BEGIN { $x[0] = 1; }", "=", "an element cannot be changed", "@x[…] = …"),
    ("BEGIN { start[tid] = nsecs; }", "=", "an element cannot be changed", "@start[…] = …"),
    ("BEGIN { pid = 1; }", "pid", "pid is a builtin, which cannot be changed", "write =="),
    ("BEGIN { @x =+ 1; }", "=+", "=+ is not an operator", "write +="),
    ('BEGIN /comm =~ "b"/ { }', "=~", "there is no =~", "strcontains"),
    ("BEGIN { unless (pid) { } }", "unless", "unless is not a word of this language", "if (!(…))"),
    ("BEGIN { if (1) { } else if { } }", "}", "taken for the condition of its if", "else if (…)"),
    ("BEGIN { for (@x) { } }", "for", "for goes over a map or a range", "$kv : @map"),
    ("BEGIN { $1 = 2; }", "=", "$1 cannot be assigned to", "a variable or a map"),
    ("BEGIN { if (pid == 1 and 1) { } }", "and", "and is not a word of this language", "write &&"),
    ("BEGIN { if (pid == 1 or 1) { } }", "or", "or is not a word of this language", "write ||"),
    ("BEGIN { if (not pid) { } }", "not", "not is not a word of this language", "write !"),
    ("BEGIN { if (1) { } elif (2) { } }", "elif", "elif is not a word of this language", "else if"),
    ("BEGIN { do { } while (1) }", "do", "do is not a word of this language", "while (…)"),
    ("BEGIN { switch (1) { } }", "switch", "switch is not a word of this language", "if (…)"),
    ("BEGIN { else { } }", "else", "else without if", "after the }"),
    ("BEGIN { for (int i = 0; i < 10; i++) { } }", "for", "for goes over a map or a range", "0..10"),
    ("BEGIN { for ($i = 0; $i < 10; $i++) { } }", "for", "for goes over a map or a range", "0..10"),
    ("BEGIN { for $x in @m { } }", "for", "for goes over a map or a range", "$kv : @map"),
    ("BEGIN { for (i : 0..10) { } }", "i :", "the name of a variable begins with $", "write $i"),
    ("BEGIN { let x = 1; }", "x", "the name of a variable begins with $", "write $x"),
    ("BEGIN { if (pid == 1) print(1); }", "print", "the body of if stands in braces", "if (…) { … }"),
    ("BEGIN { if 1 { } else print(1); }", "print", "the body of else stands in braces", "else { … }"),
    ("BEGIN { while 1 print(1); }", "print", "the body of while stands in braces", "while (…) { … }"),
    ("BEGIN { $x = (foo)$y; }", "foo", "foo is not known as a type", "(struct foo *)"),
    ('BEGIN { print hello; }', "print", "print is called with parentheses", "print(hello)"),
    ('BEGIN { print "hello"; }', "print", "print is called with parentheses", 'print("hello")'),
    ("import foo.bt\nBEGIN { }", "foo.bt", "in double quotes", 'import "foo.bt"'),
    ("macro f { 1 }\nBEGIN { }", "{", "the macro f has no ( )", "macro f()"),
    ("macro f(x : int64) { x }\nBEGIN { }", ":", "has no type", "$x"),
    ("fn f($x : int64) : int64 { }\nBEGIN { }", "fn", "fn is not supported", "write a macro"),
    ("function f() { }", "function", "function is not supported", "write a macro"),
    # slips
    ("BEGIN { printf('hello'); }", "'hello", "strings are written in double quotes", 'write "hello"'),
    ("BEGIN { @x = 'b'; }", "'b", "there are no character literals", "write 98, the code of 'b', or the string \"b\""),
    ("BEGIN { printf(\u201chi\u201d); }", "\u201c", "a sign of typeset text", 'write "'),
    ("BEGIN { @x = 3 \u2013 1; }", "\u2013", "a sign of typeset text", "write -"),
    ('BEGIN { print("abc); }', '"', "this string has no end", 'closing "'),
    ("BEGIN { printf(%d, pid); }", "%", "a format stands in double quotes", "printf("),
    ("BEGIN { } /* so", "/*", "this comment has no end", "add */"),
    ("BEGIN { } # so", "#", "only at the start of a line", "//"),
    ("BEGIN { print(5sec); }", "5sec", "5sec is not a number", "10ms"),
    ("BEGIN { print(0x); }", "0x", "0x is not a number", "0x3e8"),
    ("BEGIN { print(12abc); }", "12abc", "12abc is not a number", "1000"),
    ("BEGIN { print(1.5); }", "1.5", "there are no fractions", "whole numbers"),
    ('BEGIN { print("a\\qb"); }', "\\q", "unknown escape \\q", "\\\\ for a backslash"),
    ("BEGIN { $ = 1; }", "$", "a $ needs a name", "$name"),
    ("BEGIN { $0; }", "$0", "there is no parameter $0", "the first is $1"),
    ("BEGIN { print(1) print(2); }", " print(2", "; is missing before print", "add ;"),
    ("BEGIN {\n  print(1)\n  print(2);\n}", "\n  print(2", "; is missing before print", "add ;"),
    ("BEGIN { print(1);", "{", "this { has no }", "add the }"),
    ("BEGIN {\n  if (pid) {\n    print(1);\n\nEND { }", "{\n    print", "this { has no }", "the probe on line 5"),
    ("BEGIN {\n  print(1);\nkprobe:f { }\n", "{\n", "this { has no }", "the probe on line 3"),
    ("BEGIN { print((1 + 2); }", "((1", "this ( has no )", "add the )"),
    ("BEGIN { @x[1; }", "[", "this [ has no ]", "add the ]"),
    ("BEGIN { @ = 1 }}", "}", "this } closes nothing", "remove it"),
    ("kprobe: vfs_read { }", "vfs", "a probe has no blanks in it", "write kprobe:vfs_read"),
    ("kprobe:f\n/pid == 1/\n/tid == 2/\n{ }", "/tid", "a clause has one predicate", "&&"),
    ("kprobe:f /pid == 1 { }", "{", "the predicate has no end", "write / before this {"),
    ("kprobe f { }", "f", "a probe's parts are joined with colons", "write kprobe:f"),
    ("tracepoint/sched/sched_switch { }", "tracepoint", "joined with colons", "write tracepoint:sched:sched_switch"),
    ("interval:5 s { }", "s {", "a probe has no blanks in it", "write interval:s:5"),
    ("kprobe:f kprobe:g { }", "kprobe:g", "a comma stands between two probes", "write kprobe:f, kprobe:g { … }"),
    ("kprobe:f pid == 1 { }", "pid", "stands between slashes", "write kprobe:f /pid == 1/ { … }"),
    ("kprobe:f if (pid == 1) { }", "if", "stands between slashes", "write kprobe:f /pid == 1/ { … }"),
    ("kprobe:f; { }", ";", "no ; stands between a probe and its {", "remove it"),
    ("BEGIN { };", ";", "no ; stands after a clause's }", "remove it"),
    ("print(1);", "print", "a statement stands in a clause", "BEGIN { print(…); }"),
    ("/vfs_read/ { print(1) }", "/vfs", "where a probe should stand", "BEGIN {"),
    ("probe syscall.read { }", "probe", "probe is not supported", "kprobe:vfs_read { … }"),
    ("@x = 1;", "@x", "a statement stands in a clause", "BEGIN { … }"),
    ("let $x = 1; BEGIN { }", "$x", "a statement stands in a clause", "BEGIN { … }"),
    ("config { } BEGIN { }", "{ } B", "= is missing after config", "config = { … }"),
    ("config = { a=1, b=2 } BEGIN { }", ",", "settings are separated by ;", "write ;"),
    ("config = { a: 1 } BEGIN { }", ": 1", "a setting is written with =", "write a = …"),
    ("BEGIN { if (1 => 2) { } }", "=>", "there is no =>", "write >="),
    ("BEGIN { if (1 === 2) { } }", "= 2", "there is no ===", "write =="),
    ("BEGIN { if (1 <> 2) { } }", "<>", "there is no <>", "write !="),
    ("BEGIN { if (pid > 5 { } }", "(pid", "this ( has no )", "add the )"),
    ("BEGIN { if (pid > 5); { } }", "; {", "no ; stands between if and its {", "remove it"),
    ("BEGIN { while { } }", "}", "after while or unroll", "write while (…) { … }"),
    ("BEGIN { print(1,); }", ",", "nothing stands after this ,", "remove it"),
    ("BEGIN { $x = [1, 2]; }", "[1", "there are no lists", "(1, 2, 3)"),
    ("BEGIN { @[pid][tid] = 1; }", "@", "the keys of a map stand in one [ ]", "write @[pid, tid]"),
    ("BEGIN { @(pid) = 1; }", "(pid", "a map's key stands in [ ]", "write @[…]"),
    ("BEGIN { @my-map = 1; }", "@my", "a name has no - in it", "write @my_map"),
    ("BEGIN { repeat 5 { } }", "repeat", "repeat is not a word of this language", "for ($i : 0..5)"),
    ("kprobe:f -> { }", "->", "-> stands between a probe and its {", "remove it"),
    ("BEGIN END { }", "END", "a comma stands between two probes", "write BEGIN, END { … }"),
    ("BEGIN() { }", "(", "a probe has no ( ) after it", "write BEGIN { … }"),
    ("int main() { }", "main", "unexpected main", "a clause is a probe and what is done there"),
    ("struct foo { int x int y } BEGIN { }", " int y", "; is missing before int", "after each member"),
    ("BEGIN { $x = pid ? 2; }", ";", "? has no :", "CONDITION ? VALUE : OTHER_VALUE"),
    ("BEGIN { print(@x[]); }", "]", "no key stands between [ and ]", "@ for the whole map"),
    ("BEGIN { print(pid)); }", "); }", "this ) closes nothing", "remove it"),
    ("BEGIN { @x[pid]] = 1; }", "] =", "this ] closes nothing", "remove it"),
    ("BEGIN { @x[pid = 1; }", "[", "this [ has no ]", "add the ]"),
    ('BEGIN { printf("%d" pid); }', " pid", ", is missing before pid", "add ,"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "place", "what", "hint"), CASES, ids=[case[0][:60] for case in CASES])
def test_a_syntax_error_says_where_what_and_what_to_write(text: str, place: str, what: str, hint: str) -> None:
    """`place` is the text that the error points at, the last of its kind where there are several."""
    with pytest.raises(ScriptError) as caught:
        parse(Source("t", text))
    error = caught.value.diagnostic
    assert what in error.what
    assert hint in error.hint
    assert text.startswith(place, error.at), text[error.at :]


@pytest.mark.parametrize(
    "text", ["", "\n\n", "// nothing\n", "struct foo { int x; };", "#define A 1\n", "BEGIN", "BEGIN,"]
)
def test_a_script_without_a_clause_ends_too_early(text: str) -> None:
    with pytest.raises(ScriptError) as caught:
        parse(Source("t", text))
    assert caught.value.diagnostic.what == "the script ends too early"
    assert caught.value.diagnostic.at == len(text.rstrip())
