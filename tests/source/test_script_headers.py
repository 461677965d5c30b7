"""Headers of the user's that a script includes: which files are meant, and that each is read as a script is."""

from pathlib import Path

import pytest

from tracetop.errors import UsageError
from tracetop.model.header import IMPORTED
from tracetop.source.script_files import script_text, typed_text
from tracetop.source.script_headers import Headers


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    tmp_path.chmod(0o700)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def names(text: str) -> list[str]:
    return [line.removeprefix(IMPORTED).rpartition("/")[2] for line in text.splitlines() if line.startswith(IMPORTED)]


def test_a_header_beside_the_script_is_put_after_it(folder: Path) -> None:
    (folder / "own.h").write_text("#define ONE 1\n")
    (folder / "x.bt").write_text('#include "own.h"\n#include <linux/sched.h>\n#include "nosuch.h"\nBEGIN {}\n')
    text = script_text("x.bt", as_root=False)
    assert text.startswith('#include "own.h"\n')
    assert names(text) == ["own.h"]
    assert text.endswith("#define ONE 1\n")


def test_those_that_others_need_come_first_and_each_once(folder: Path) -> None:
    (folder / "a.h").write_text('#include "b.h"\n')
    (folder / "b.h").write_text('#include "a.h"\n')
    assert names(typed_text('#include "a.h"\n#include "b.h"\n', as_root=False)) == ["b.h", "a.h"]


def test_a_folder_of_the_command_line_has_those_in_angle_brackets_too(folder: Path) -> None:
    (folder / "include").mkdir()
    (folder / "include/far.h").write_text("")
    assert names(typed_text("#include <far.h>\n", as_root=False)) == []
    assert names(typed_text("#include <far.h>\n", as_root=False, headers=Headers(("include",)))) == ["far.h"]


def test_a_header_of_the_command_line_comes_before_those_of_the_script(folder: Path) -> None:
    (folder / "first.h").write_text("")
    (folder / "second.h").write_text("")
    (folder / "lib.bt").write_text("")
    text = typed_text('import "lib.bt"\n#include "second.h"\n', as_root=False, headers=Headers((), ("first.h",)))
    assert names(text) == ["first.h", "second.h", "lib.bt"]


def test_a_header_of_the_command_line_has_to_be_there(folder: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot include nosuch.h") as refused:
        typed_text("BEGIN {}", as_root=False, headers=Headers(("dir",), ("nosuch.h",)))
    assert "., dir" in refused.value.diagnostic.why


def test_a_header_that_others_can_write_is_refused_as_root(folder: Path) -> None:
    (folder / "open.h").write_text("")
    (folder / "open.h").chmod(0o666)
    with pytest.raises(UsageError, match="as root"):
        typed_text('#include "open.h"\n', as_root=True)
