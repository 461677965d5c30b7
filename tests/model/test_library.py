"""The bundled scripts: every default pane has one, with a title; unknown panes get a suggestion."""

import pytest

from tracetop.errors import UsageError
from tracetop.library import Library

PANES = ("syscalls", "latency", "processes", "stacks")


@pytest.mark.parametrize("pane", PANES)
def test_every_pane_has_scripts_its_own_first(pane: str) -> None:
    scripts = Library().scripts(pane)
    assert scripts[0].name == pane
    assert all(script.pane == pane and script.text and script.variant.title for script in scripts)
    variants = [script.variant.name for script in scripts]
    assert len(variants) == len(set(variants))


def test_latency_has_its_three_variants_and_one_takes_a_system_call() -> None:
    variants = {script.variant.name: script.variant.parameter for script in Library().scripts("latency")}
    assert variants == {"syscalls": "syscall", "runqueue": "", "blockio": ""}


@pytest.mark.parametrize(("wrong", "meant"), [("syscals", "syscalls"), ("process", "processes"), ("stack", "stacks")])
def test_an_unknown_pane_suggests_the_nearest(wrong: str, meant: str) -> None:
    with pytest.raises(UsageError) as caught:
        Library().scripts(wrong)
    diagnostic = caught.value.diagnostic
    assert diagnostic.hint == f"did you mean {meant}?"
    assert all(pane in diagnostic.why for pane in PANES)


def test_nonsense_gets_a_hint_without_a_guess() -> None:
    with pytest.raises(UsageError) as caught:
        Library().scripts("zzz")
    assert ".bt" in caught.value.diagnostic.hint
