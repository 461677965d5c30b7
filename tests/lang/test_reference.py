"""docs/language.md has every builtin and function that the compiler knows."""

from pathlib import Path

from tests.lang.reference import reference


def test_the_reference_is_that_of_the_compilers_tables() -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "language.md").read_text()
    table = text.partition("<!-- reference -->\n")[2].partition("<!-- /reference -->")[0]
    assert table.strip() == reference(), "paste what `python -m tests.lang.reference` prints"
