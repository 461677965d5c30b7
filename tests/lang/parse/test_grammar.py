"""The parser that is kept between processes is the one that would be made, and is not taken for another grammar's."""

from pathlib import Path

import pytest
from lark import Lark

from tracetop.lang.parse.grammar import grammar, keep, kept

SCRIPT = 'BEGIN { $x = 1; @y[$x, comm] = hist(2); if ($x) { printf("%d", -3) } }'


def test_a_parser_that_was_kept_makes_the_same_trees_in_the_same_places(tmp_path: Path) -> None:
    file = tmp_path / "made" / "tables"
    keep(grammar(), file, b"this")
    again = kept(file, b"this")
    assert isinstance(again, Lark)
    tree, same = (parser.parse(SCRIPT, start="start") for parser in (grammar(), again))
    assert tree == same
    assert [node.meta.start_pos for node in tree.iter_subtrees()] == [
        node.meta.start_pos for node in same.iter_subtrees()
    ]


def test_what_was_kept_of_another_grammar_is_not_used(tmp_path: Path) -> None:
    keep(grammar(), tmp_path / "tables", b"this")
    assert kept(tmp_path / "tables", b"that") is None


@pytest.mark.parametrize("file", ["none", "a file/tables"])
def test_a_folder_that_cannot_hold_it_is_no_error(tmp_path: Path, file: str) -> None:
    (tmp_path / "a file").touch()
    keep(grammar(), tmp_path / "a file" / "tables", b"this")
    assert kept(tmp_path / file, b"this") is None
    assert [path.name for path in tmp_path.iterdir()] == ["a file"]
