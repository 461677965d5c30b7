"""A script with the files that it imports after it: one program, errors in the file where they are."""

import pytest

from tests.lang.fake_kernel import FakeKernel
from tracetop.errors import ScriptError
from tracetop.lang import compile_script
from tracetop.lang.parse.parser import parse
from tracetop.lang.source import Source
from tracetop.model.header import IMPORTED


def bundle(own: str, **files: str) -> str:
    return "\n".join([own, *(f"{IMPORTED}lib/{name}.bt\n{text}" for name, text in files.items())])


def refusal(text: str) -> ScriptError:
    with pytest.raises(ScriptError) as caught:
        compile_script(text, "mine", FakeKernel())
    return caught.value


def test_clauses_of_imported_files_come_first_and_names_are_shared() -> None:
    text = bundle(
        'import "lib";\nBEGIN { $s = (struct point *)0; print(one() + N + A); @m[1] = (mine)1; }',
        first="#!bpftrace\n#define N 4\nstruct point { int x; }\ntypedef long mine; macro one() { 1 }\nEND { }",
        second="enum { A = 2 } let @m = hash(5);",
    )
    script = parse(Source("mine", text))
    assert [clause.probes[0].text for clause in script.clauses] == ["END", "BEGIN"]
    assert compile_script(text, "mine", FakeKernel()).maps[0].max_entries == 5


def test_an_error_stands_in_its_file() -> None:
    error = refusal(bundle('import "a.bt";\nBEGIN { }', a="macro ok() { 1 }\nBEGIN { print(nosuch); }")).diagnostic
    assert error.where == "lib/a.bt:2:15"
    assert error.excerpt.splitlines()[0] == "BEGIN { print(nosuch); }"


def test_a_text_that_does_not_parse_is_pointed_at_in_its_file() -> None:
    error = refusal(bundle('import "a.bt";\nBEGIN { }', a="\n\nBEGIN { 1 +; }")).diagnostic
    assert error.where == "lib/a.bt:3:12"


def test_a_mistake_in_an_imported_macro_says_where_it_was_used() -> None:
    error = refusal(bundle('import "a.bt";\n\nBEGIN { bad(pid); }', a="macro bad(x) { x.y }")).diagnostic
    assert error.where == "lib/a.bt:1:18"
    assert error.why == "in the macro bad, used on line 3 of mine.bt"


def test_a_directive_that_is_wrong_is_pointed_at_in_its_file() -> None:
    assert refusal(bundle('import "a.bt";\nBEGIN { }', a="\n#if 1\n")).diagnostic.where == "lib/a.bt:2:1"


def test_an_imported_file_has_no_config() -> None:
    error = refusal(bundle('import "a.bt";\nBEGIN { }', a="config = { max_map_keys = 1 }")).diagnostic
    assert error.what == "an imported file has no config"


def test_what_was_not_read_is_said() -> None:
    assert refusal('import "a.bt"; BEGIN { }').diagnostic.what == "a.bt was not read"
    compile_script('import "stdlib/map"; BEGIN { }', "mine", FakeKernel())
