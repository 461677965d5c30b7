"""No text makes the parser crash or hang: it becomes a tree, or an error with a place within the text."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.lang.fake_kernel import FakeKernel
from tests.lang.programs import programs
from tests.lang.shown import show
from tracetop.errors import ScriptError
from tracetop.lang import compile_script
from tracetop.lang.ctypes.definitions import define
from tracetop.lang.parse.parser import parse
from tracetop.lang.source import Source
from tracetop.lang.tree import syntax

WORDS = """
BEGIN END kprobe:f tracepoint:a:b uprobe:/bin/sh:"x" uprobe:/a/*:b interval:1s $1 $# $x @ @m { } ( ) [ ] ; , . ..
-> : ? / // /* */ /x/ = == != < <= << <<= > >> >>= + ++ += - -- -= * *= / /= % & && &= | || |= ^ ! ~ 0 1 08 0x1f 1e3
1ms 9e99 1_0 5sec "s" "\\n" "\\q" " ' # #define #if #else #endif #include X struct union enum typedef foo foo_t int
unsigned uint64 void const packed __attribute__((packed)) (*f)(int) if else while for unroll let return break continue
sizeof offsetof config import macro pid args count hist printf str true NULL ( ( ) ) { { } } ; ; ; \\ é “ $ $$ @@ 0..10
"""
TOKENS = [*WORDS.split(), "\x00", "\n", "\t", "\r\n", "\\\n", "\n#define A B\n", "\n#if A\n"]
SOUP = st.lists(st.tuples(st.sampled_from(TOKENS), st.sampled_from(["", " ", " ", "\n"])), max_size=40)


def parsed(text: str) -> syntax.Script | None:
    """Return the tree, or None for text that is refused as it must be: with a place, a reason and a hint."""
    source = Source("t", text)
    try:
        script = parse(source)
        define(source, script.definitions, FakeKernel())
    except ScriptError as error:
        diagnostic = error.diagnostic
        assert 0 <= diagnostic.at <= len(text)
        assert diagnostic.what
        assert diagnostic.hint
        assert diagnostic.where.startswith("t.bt:")
        return None
    return script


@settings(max_examples=400)
@given(SOUP)
def test_any_row_of_tokens_is_a_script_or_an_error_with_its_place(soup: list[tuple[str, str]]) -> None:
    parsed("".join(token + gap for token, gap in soup))


@settings(max_examples=300)
@given(SOUP)
def test_any_row_of_tokens_in_a_clause_is_a_script_or_an_error_with_its_place(soup: list[tuple[str, str]]) -> None:
    parsed(f"BEGIN {{ {''.join(token + gap for token, gap in soup)} }}")


@settings(max_examples=200)
@given(SOUP)
def test_any_row_of_tokens_in_a_struct_is_a_script_or_an_error_with_its_place(soup: list[tuple[str, str]]) -> None:
    parsed(f"struct foo {{ {''.join(token + gap for token, gap in soup)} }} BEGIN {{ }}")


@settings(max_examples=200)
@given(st.text(max_size=200))
def test_any_text_is_a_script_or_an_error_with_its_place(text: str) -> None:
    parsed(text)


LONG = {
    "comments": "/**/" * 20_000 + "BEGIN { }",
    "comments without an end": "/*" * 20_000,
    "predicates": "BEGIN " + "/ " * 20_000,
    "comments after a predicate": "BEGIN / 1 /" + " /**/ // \n" * 5_000 + "2",
    "quotes": '"' * 20_000,
    "escapes": '"' + '\\"' * 20_000,
    "colons": "kprobe" + ":" * 20_000,
    "paths": "uprobe" + ":./x" * 10_000,
    "globs": "kprobe:" + "*" * 20_000,
    "unclosed attributes": "struct __attribute__((" + "packed" * 5_000,
    "attributes": "struct " + "__attribute__((packed)) " * 5_000,
    "function pointers": "struct a { int (*f)(" + "int, " * 5_000,
    "stars": "BEGIN { (x " + "* " * 10_000 + "; }",
    "blanks in a directive": "#define X" + " " * 50_000 + "y\nBEGIN { }",
    "directives": "#if 1\n" * 5_000,
    "statements": "BEGIN { " + "@x = 1; " * 5_000 + "}",
    "semicolons": "BEGIN { " + ";" * 20_000 + "}",
    "digits": "BEGIN { @x = " + "9" * 50_000 + "; }",
    "names": "BEGIN { @x = " + "a" * 50_000 + "; }",
    "enumerators": "enum { " + ", ".join(f"A{i}" for i in range(5_000)) + " }; BEGIN { }",
    "shifts": "enum { A = " + "1 << 63 << 63 << " * 50 + "1 }; BEGIN { }",
    "doubling macros": "".join(f"#define A{i} A{i + 1} + A{i + 1}\n" for i in range(40)) + "BEGIN { @ = A0; }",
    "parentheses": "BEGIN { @ = " + "(" * 5_000 + "1" + ")" * 5_000 + "; }",
    "a macro of itself": "#define A A + 1\nBEGIN { @ = A; }",
    "macros in a circle": "#define A B\n#define B A\nBEGIN { @ = A; }",
}


@pytest.mark.parametrize("text", LONG.values(), ids=LONG)
def test_long_rows_of_one_thing_are_read_in_time(text: str) -> None:
    """With a pattern that can match in more than one way, or anew from each place, these would take for ever."""
    parsed(text)


DEEP = {
    "minuses": "BEGIN { @ = " + "- " * 5_000 + "1; }",
    "sums": "BEGIN { @ = " + "1 + " * 5_000 + "1; }",
    "fields": "BEGIN { @ = args" + ".a" * 5_000 + "; }",
    "casts": "BEGIN { @ = " + "(uint8)" * 5_000 + "1; }",
    "blocks": "BEGIN { " + "{ " * 5_000 + "} " * 5_000 + "}",
    "conditions": "BEGIN { " + "if (1) { " * 5_000 + "} " * 5_000 + "}",
    "else if": "BEGIN { if (1) { } " + "else if (1) { } " * 5_000 + "}",
    "ternaries": "BEGIN { @ = " + "1 ? 2 : " * 5_000 + "3; }",
    "tuples": "BEGIN { @ = " + "(1, " * 5_000 + "1" + ")" * 5_000 + "; }",
    "keys": "BEGIN { @ = " + "@[" * 5_000 + "1" + "]" * 5_000 + "; }",
    "structs": "struct a { " + "struct { " * 2_000 + "int x; " + "}; " * 2_000 + "} BEGIN { }",
    "lengths": "struct a { char x[" + "1 + " * 5_000 + "1]; } BEGIN { }",
    "macros": "#define A " + "1 + " * 5_000 + "1\nBEGIN { @ = A; }",
}


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP)
def test_what_is_nested_too_deeply_is_refused(text: str) -> None:
    with pytest.raises(ScriptError) as caught:
        compile_script(text, "t", FakeKernel())
    assert "nested" in caught.value.diagnostic.what


@settings(max_examples=150)
@given(programs())
def test_every_well_formed_program_is_read_and_reads_the_same_as_its_tree_shown(text: str) -> None:
    """What the tree means, written out, is a script with the same tree."""
    script = parse(Source("t", text))
    shown = "\n".join(
        f"BEGIN {{ {''.join(show(statement) + '; ' for statement in clause.body)} }}" for clause in script.clauses
    )
    again = parse(Source("t", shown))
    assert [[show(statement) for statement in clause.body] for clause in again.clauses] == [
        [show(statement) for statement in clause.body] for clause in script.clauses
    ]
