"""What a script imports is read with it, as the user, and is trusted no more than the script itself."""

from pathlib import Path

import pytest

from tests.cli.test_scripts import TEXT, folder, refusal, script
from tracetop.cli.scripts import pane_requests
from tracetop.model.header import IMPORTED
from tracetop.source.script_files import offered_scripts, script_text, typed_text

_FIXTURES = (folder,)


def parts(text: str) -> list[str]:
    """Return the names of the files after a script's own text."""
    return [line.removeprefix(IMPORTED) for line in text.splitlines() if line.startswith(IMPORTED)]


def test_files_stand_after_the_script_those_first_that_others_need(folder: Path) -> None:
    script(folder, "lib/deep.bt", "macro deep() { 1 }")
    script(folder, "lib/near.bt", 'import "deep.bt"; macro near() { deep }')
    own = script(folder, text=f'import "lib/near.bt";\n{TEXT}')
    text = script_text(own, as_root=True)
    assert text.startswith(f'import "lib/near.bt";\n{TEXT}\n')
    assert parts(text) == ["lib/deep.bt", "lib/near.bt"]


def test_a_folder_means_the_scripts_in_it_and_no_file_is_read_twice(folder: Path) -> None:
    script(folder, "lib/a.bt", 'import "b.bt"; import "../mine.bt"; macro a() { 1 }')
    script(folder, "lib/b.bt", 'import "a.bt"; macro b() { 1 }')
    script(folder, "lib/notes.txt", "no script")
    own = script(folder, text=f'import "lib"; import "lib/a.bt"; {TEXT}')
    assert parts(script_text(own, as_root=True)) == ["lib/b.bt", "lib/a.bt"]


def test_comments_strings_and_the_standard_library_import_nothing(folder: Path) -> None:
    own = script(
        folder, text=f'// import "x.bt";\n/* import "y.bt"; */ import "stdlib/map"; BEGIN {{ print("z"); }}\n{TEXT}'
    )
    assert parts(script_text(own, as_root=True)) == []


def test_a_program_that_is_typed_imports_from_where_the_user_stands(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(folder, "util.bt", "macro one() { 1 }")
    monkeypatch.chdir(folder)
    assert parts(typed_text('import "util.bt"; BEGIN { print(one); }', as_root=True)) == ["util.bt"]


def test_what_is_not_there_or_is_no_script_is_refused(folder: Path) -> None:
    own = script(folder, text=f'import "gone.bt"; {TEXT}')
    assert refusal(own).what == "cannot import gone.bt"
    script(folder, "other.c", "int x;")
    assert refusal(script(folder, text=f'import "other.c"; {TEXT}')).why == "it is not a script"


@pytest.mark.parametrize("mode", [0o646, 0o666])
def test_an_imported_file_that_others_can_write_is_refused_as_root(folder: Path, mode: int) -> None:
    other = script(folder, "lib/util.bt", "macro one() { 1 }", mode=mode)
    found = refusal(script(folder, text=f'import "lib/util.bt"; {TEXT}'))
    assert found.what == f"will not run {other} as root"


def test_a_pane_of_a_file_has_what_it_imports(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script(folder, "util.bt", "macro one() { 1 }")
    own = script(folder, text=f'import "util.bt"; {TEXT}')
    (request,) = pane_requests((own,), (), as_root=True)
    assert parts(request.script) == ["util.bt"]
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder))
    script(folder, "tracetop/util.bt", "macro one() { 1 }")
    script(folder, "tracetop/own.bt", f'import "util.bt"; {TEXT}')
    offers = {offer.name: offer for offer in offered_scripts(as_root=True)}
    assert parts(offers["own"].text) == ["util.bt"]
