"""What leaves `escape` is harmless in a terminal; what leaves `fit` is as wide as asked."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracetop.view.text import cell_width, escape, fit

anything = st.text(st.characters(categories=None) | st.characters(max_codepoint=0x9F))  # with lone surrogates


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain [/] [red] text", "plain [/] [red] text"),
        ("\x1b[31m\x07", "\\x1b[31m\\x07"),
        ("\x9b2J\x7f", "\\x9b2J\\x7f"),
        ("a\nb\tc\rd", "a\\nb\\tc\\rd"),
        ("\u202egnp.exe\u2066", "\\u202egnp.exe\\u2066"),
        ("zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"),
        ("byte \udcff", "byte \\xff"),
        ("\ud800", "\\ud800"),
        ("no\u00a0break\u2028line", "no\\xa0break\\u2028line"),
        ("tag \U000e0041", "tag \\U000e0041"),
        ("hangul filler \u3164", "hangul filler \\u3164"),
        ("日本 é ñ", "日本 é ñ"),
    ],
)
def test_what_a_terminal_interprets_or_hides_is_spelt_out(raw: str, shown: str) -> None:
    assert escape(raw) == shown


@given(anything)
def test_escaped_text_has_only_printable_characters_that_utf_8_can_encode(raw: str) -> None:
    shown = escape(raw)
    assert shown.isprintable()
    assert not {unicodedata.category(char)[0] for char in shown} & {"C"}
    shown.encode()


@given(anything)
def test_escaping_twice_changes_nothing_more(raw: str) -> None:
    assert escape(escape(raw)) == escape(raw)


def test_combining_marks_stay_on_a_letter_but_neither_lead_nor_pile_up() -> None:
    assert escape("e\u0301") == "e\u0301"
    assert escape("\u0301e") == "\\u0301e"
    assert escape(" \u0301") == " \\u0301"
    assert escape("e" + "\u0301" * 4) == "e\u0301\u0301\\u0301\\u0301"


@given(anything, st.integers(0, 40), st.sampled_from(["<", ">"]))
def test_fitted_text_is_exactly_as_wide_as_asked(raw: str, width: int, align: str) -> None:
    assert cell_width(fit(escape(raw), width, align)) == width  # type: ignore[arg-type]


def test_cut_text_ends_in_an_ellipsis_and_wide_characters_are_never_halved() -> None:
    assert fit("abcdef", 4) == "abc…"
    assert fit("日本語", 4) == "日… "
    assert fit("日本語", 4, ">") == " 日…"
    assert fit("ab", 4, ">") == "  ab"
    assert fit("abc", 0) == ""
