"""The nearest known name is found in one place, for every layer."""

from pathlib import Path

import tracetop
from tracetop.errors import did_you_mean, nearest


def test_the_nearest_name_is_named_else_something_else_is_said() -> None:
    assert nearest("prnt", ["print", "printf", "hist"]) == "print"
    assert nearest("zzz", ["print"]) == ""
    assert nearest("prt", ["print"], 0.8) == ""
    assert did_you_mean("hsit", {"hist": 1, "lhist": 2}, "see --help") == "did you mean hist?"
    assert did_you_mean("zzz", ["hist"], "see --help") == "see --help"


def test_nobody_else_compares_names() -> None:
    files = Path(tracetop.__file__).parent.rglob("*.py")
    assert [file.name for file in files if "difflib" in file.read_text()] == ["errors.py"]
