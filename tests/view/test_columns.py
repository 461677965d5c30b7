"""Tables: which columns stay on a narrow screen, what their cells say, and what a search finds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracetop.model.frame import Column, ColumnKind, Row, Sort, Table
from tracetop.model.program import KeyRole, Unit
from tracetop.view.table import SHARE, SPARK, cell_text, cells, heading, line, visible_columns
from tracetop.view.text import cell_width

PROCESSES = Table(
    name="@",
    columns=(
        Column("pid", "pid", ColumnKind.KEY, role=KeyRole.PID),
        Column("name", "name", ColumnKind.TEXT, role=KeyRole.COMM),
        Column("user", "user", ColumnKind.TEXT),
        Column("rss_bytes", "rss", ColumnKind.VALUE, Unit.BYTES),
        Column("per_s", "calls/s", ColumnKind.RATE),
        Column("total", "calls", ColumnKind.TOTAL),
        Column("command", "command", ColumnKind.TEXT),
    ),
    rows=(
        Row("7:1", (7, "日本\x1b", "root", 3 << 20, 1234.5, 1_234_567, "/bin/x --flag")),
        Row("8:1", (8, None, None, None, 0.0, 0, None)),
    ),
    rows_total=2,
    sums=(None, None, None, None, 2469.0, 1_234_567, None),
    sort=Sort("per_s"),
)


def ids(width: int, *, plain: bool = False) -> list[str]:
    return [column.id for column in visible_columns(PROCESSES, width, plain=plain)]


def test_narrow_screens_keep_keys_and_the_sort_column_longest() -> None:
    assert ids(120) == ["pid", "name", "user", "rss_bytes", "per_s", SHARE, SPARK, "total", "command"]
    assert ids(60) == ["pid", "name", "rss_bytes", "per_s", "command"]
    assert ids(35) == ["pid", "name", "per_s"]
    assert ids(1) == ["pid"]


def test_columns_keep_the_tables_order_and_the_sort_column_is_never_dropped_for_another() -> None:
    assert "total" in [c.id for c in visible_columns(by("total"), 45)]
    assert "total" not in ids(45)


def by(column: str) -> Table:
    return Table(
        name=PROCESSES.name,
        columns=PROCESSES.columns,
        rows=PROCESSES.rows,
        rows_total=2,
        sums=PROCESSES.sums,
        sort=Sort(column, descending=False),
    )


@given(st.integers(8, 200), st.booleans())
def test_headings_and_rows_are_aligned_and_as_wide_as_the_screen(width: int, plain: bool) -> None:
    columns = visible_columns(PROCESSES, width, plain=plain)
    lines = [line(heading(columns, PROCESSES.sort))]
    lines += [line(cells(row, columns, PROCESSES.sums, {"7:1": [1.0, 2.0]})) for row in PROCESSES.rows]
    assert len({cell_width(each) for each in lines}) == 1
    assert cell_width(lines[0]) <= width
    assert all(each.isprintable() for each in lines)


def test_cells_are_escaped_scaled_and_derived() -> None:
    columns = visible_columns(PROCESSES, 130)
    found = dict(
        zip(
            (column.id for column in columns),
            cells(PROCESSES.rows[0], columns, PROCESSES.sums, {"7:1": [0, 5, 10]}),
            strict=True,
        )
    )
    assert {name: text.strip() for name, text in found.items()} == {
        "pid": "7",
        "name": "日本\\x1b",
        "user": "root",
        "rss_bytes": "3.00M",
        "per_s": "1.23k",
        SHARE: "50.0",
        SPARK: "▁▅█",
        "total": "1.23M",
        "command": "/bin/x --flag",
    }


def test_plain_tables_have_whole_totals_and_no_sparkline() -> None:
    columns = visible_columns(PROCESSES, 160, plain=True)
    assert SPARK not in [column.id for column in columns]
    assert "     1234567" in cells(PROCESSES.rows[0], columns, PROCESSES.sums, exact=True)


@pytest.mark.parametrize(("descending", "expected"), [(True, "calls/s▼"), (False, "calls/s▲")])
def test_the_sort_column_is_marked_with_its_direction(descending: bool, expected: str) -> None:
    columns = visible_columns(PROCESSES, 130)
    titles = [title.strip() for title in heading(columns, Sort("per_s", descending=descending))]
    assert expected in titles
    assert sum("▼" in title or "▲" in title for title in titles) == 1


def test_numbers_of_keys_are_never_rounded_and_missing_cells_say_so() -> None:
    assert cell_text(1_234_567, PROCESSES.columns[0], 7) == "1234567"
    assert cell_text(None, PROCESSES.columns[0], 7) == "\N{EN DASH}"
    assert cell_text("[red]\n", PROCESSES.columns[1], 7) == "[red]\\n"


def test_an_id_is_whole_however_many_digits_it_has() -> None:
    """A sector that is shortened to 50.8M is another sector."""
    columns = (Column("pid", "pid", ColumnKind.KEY, role=KeyRole.PID), Column("at", "at", ColumnKind.ID))
    rows = tuple(Row(str(n), (n, sector)) for n, sector in enumerate((50_800_128, (1 << 64) - 1, None)))
    table = Table(name="@", columns=columns, rows=rows, rows_total=3, sums=(None, None), sort=Sort("at"))
    shown = visible_columns(table, 40)
    texts = [cells(row, shown, table.sums)[1].strip() for row in rows]
    assert texts == ["50800128", "18446744073709551615", "\N{EN DASH}"]
