"""The README says what the program does."""

from pathlib import Path

from tests.setup.keys_table import keys_tables
from tracetop.errors import ExitCode

README = (Path(__file__).resolve().parents[2] / "README.md").read_text()


def test_key_table_is_that_of_the_bindings() -> None:
    table = README.partition("<!-- keys -->\n")[2].partition("<!-- /keys -->")[0]
    assert table.strip() == keys_tables(), "paste what `python -m tests.setup.keys_table` prints"


def test_every_exit_code_has_its_row() -> None:
    for code in ExitCode:
        assert f"\n| {code.value} | " in README


def test_pictures_and_linked_documents_are_there() -> None:
    root = Path(__file__).resolve().parents[2]
    links = [part.partition(")")[0] for part in README.split("](")[1:]]
    assert links
    assert [link for link in links if not (root / link).exists()] == []
