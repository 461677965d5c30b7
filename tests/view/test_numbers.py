"""Numbers keep their width, their unit and their first digits."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracetop.model.frame import Column, ColumnKind
from tracetop.model.program import Unit
from tracetop.view.numbers import format_cell, format_percent, format_value

values = st.floats(-1e30, 1e30) | st.sampled_from([math.nan, math.inf]) | st.integers(-(1 << 63), 1 << 64) | st.none()


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (None, Unit.NONE, "\N{EN DASH}"),
        (math.nan, Unit.NS, "\N{EN DASH}"),
        (0, Unit.NONE, "0"),
        (0.0, Unit.NONE, "0"),
        (0.04, Unit.NONE, "0.04"),
        (3.14, Unit.NONE, "3.1"),
        (12.34, Unit.NONE, "12"),
        (9999, Unit.NONE, "9999"),
        (10_000, Unit.NONE, "10.0k"),
        (999.7, Unit.NONE, "1.00k"),
        (999_600.0, Unit.NONE, "1.00M"),
        (1_234_567, Unit.NONE, "1.23M"),
        (-1_234_567, Unit.NONE, "-1.23M"),
        (812, Unit.NS, "812 ns"),
        (4_480, Unit.US, "4.5 ms"),
        (45, Unit.MS, "45 ms"),
        (1.2, Unit.S, "1.2 s"),
        (0.0312, Unit.S, "31 ms"),
        (999_700, Unit.NS, "1.0 ms"),
        (600, Unit.S, "10 min"),
        (7 * 86400, Unit.S, "7.0 d"),
        (812, Unit.BYTES, "812B"),
        (1024, Unit.BYTES, "1.00K"),
        (12.3 * 1024 * 1024, Unit.BYTES, "12.3M"),
    ],
)
def test_a_value_is_shown_with_few_digits_and_its_unit(value: float | None, unit: Unit, shown: str) -> None:
    assert format_value(value, unit) == shown


@given(values, st.sampled_from(Unit), st.integers(0, 12), st.booleans())
def test_no_value_is_wider_than_its_column(value: float | None, unit: Unit, width: int, exact: bool) -> None:
    assert len(format_value(value, unit, width, exact=exact)) <= width
    assert len(format_percent(value, width)) <= width


@given(st.floats(1, 1e18), st.sampled_from([(Unit.NONE, 1000, "kMGTPE"), (Unit.BYTES, 1024, "KMGTPE")]))
def test_what_is_shown_is_within_five_percent_of_the_value(value: float, scale: tuple[Unit, int, str]) -> None:
    unit, base, letters = scale
    shown = format_value(value, unit).removesuffix("B")
    power = letters.find(shown[-1]) + 1
    assert float(shown[:-1] if power else shown) * base**power == pytest.approx(value, rel=0.05)


@given(st.floats(1, 9e16))
def test_a_shown_time_is_within_six_percent_of_the_value(value_ns: float) -> None:
    number, symbol = format_value(value_ns, Unit.NS, 8).split(" ")
    sizes = {"ns": 1, "µs": 1e3, "ms": 1e6, "s": 1e9, "min": 60e9, "h": 3600e9, "d": 86400e9}
    assert float(number) * sizes[symbol] == pytest.approx(value_ns, rel=0.06)


def test_a_number_that_does_not_fit_gives_up_decimals_and_is_never_cut() -> None:
    assert format_value(4.52e6, Unit.NS, 5) == "4.5ms"
    assert format_value(4.52e6, Unit.NS, 4) == "5ms"
    assert format_value(123_456, width=3) == "###"


def test_exact_totals_are_whole_where_they_fit() -> None:
    assert format_value(1_234_567, width=12, exact=True) == "1234567"
    assert format_value(1_234_567, width=5, exact=True) == "1.23M"


def test_small_changes_do_not_change_what_is_shown() -> None:
    assert len({format_value(12_310.0 + step) for step in range(40)}) == 1


def test_percents_have_one_decimal_below_a_hundred() -> None:
    assert [format_percent(value) for value in (0, 3.44, 99.94, 99.96, 180.4)] == ["0.0", "3.4", "99.9", "100", "180"]
    assert format_percent(3.44, sign=True) == "3.4%"
    assert format_cell(3.44, Column("cpu", "cpu", ColumnKind.PERCENT)) == "3.4"
