"""The records of the language's functions: each found once, by its file alone."""

import ast
import inspect
from collections import Counter
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest

from tests.lang.fake_kernel import FakeKernel
from tracetop.lang import compile_script, functions
from tracetop.lang.check.scope import Function
from tracetop.lang.completion.completer import Completer
from tracetop.lang.functions import FUNCTIONS
from tracetop.lang.tree import typed
from tracetop.lang.tree.dump import dump
from tracetop.lang.tree.walk import nodes

MODULES = [import_module(f"{functions.__name__}.{module.name}") for module in iter_modules(functions.__path__)]
PACKAGE = Path(inspect.getfile(functions)).parents[2]


def test_every_record_is_found_and_no_name_is_given_twice() -> None:
    records = [each for module in MODULES for each in vars(module).values() if isinstance(each, Function)]
    assert Counter(each.name for each in records) == dict.fromkeys(FUNCTIONS, 1)
    assert FUNCTIONS.keys() >= {"count", "delete", "printf", "str", "kstack", "strerror", "strlen"}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_says_how_it_is_written_and_what_it_does(name: str) -> None:
    record = FUNCTIONS[name]
    assert record.usage.startswith(f"{name}(")
    assert record.usage.endswith(")")
    assert record.about


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_prompt_offers_every_function(name: str) -> None:
    text = f"BEGIN {{ {name[:-1]}"
    _at, words = Completer(FakeKernel()).complete(text, len(text))
    assert any(word.word.startswith(f"{name}(") for word in words)


def test_neither_check_nor_emit_knows_a_function_by_name() -> None:
    """They are handed the records: an import would be a list of them."""
    for folder in ("check", "plan", "emit", "tree"):
        for path in (PACKAGE / "lang" / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.ImportFrom):
                    assert not (node.module or "").startswith(functions.__name__), path


def test_calls_that_are_the_same_are_equal_nodes_and_are_shown_by_name() -> None:
    seen: dict[str, object] = {}
    text = "kprobe:vfs_read { @[str(arg0, 9)] = count(); @b[buf(arg1, 5)] = strlen(str(arg0, 9)); @c = buf(arg1, 5); }"
    compile_script(text, "t", FakeKernel(), seen=seen.__setitem__)
    script = seen["typed"]
    assert isinstance(script, typed.Script)
    calls = [node for node in nodes(script.clauses) if isinstance(node, typed.Call | typed.MemoryCall)]
    assert len(calls) == 5
    assert len(set(calls)) == 3
    assert "c: _str_c\n" in dump(script)
    assert "<function" not in dump(script)
