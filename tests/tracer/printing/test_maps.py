"""Maps are printed as bpftrace prints them: order, blank lines, histograms, statistics, JSON."""

import json
import struct

import pytest

from tests.tracer.printing.printing import decoder, keyed, sample
from tracetop.model.abi.buckets import log_index
from tracetop.model.program import Layout, LinearScale, MapSpec, TimeSeries
from tracetop.model.value import INTEGER, Shape, ValueType
from tracetop.model.value_kinds import ValueKind
from tracetop.tracer.printing.histogram import distribution
from tracetop.tracer.printing.json_lines import JsonLines
from tracetop.tracer.printing.maps import MapReader
from tracetop.tracer.printing.text import TextLines
from tracetop.tracer.printing.values import Distribution, quotient

TEXT = ValueType(shape=Shape.STRING, size=8, signed=False)
UNSIGNED = ValueType(signed=False)


def shown(spec: MapSpec, rows: dict[bytes, list[int]], top: int = 0, div: int = 1) -> str:
    entries = MapReader(spec, decoder()).entries(sample(list(rows), list(rows.values())), top, div)
    return TextLines().map(spec, entries)


def key(number: int, name: str = "") -> bytes:
    return struct.pack("=q8s", number, name.encode())


def test_counts_from_the_least_to_the_greatest_and_then_by_key() -> None:
    spec = keyed(ValueKind.COUNT, INTEGER, TEXT)
    rows = {key(2, "b"): [5], key(1, "b"): [5], key(9, "a"): [7], key(-1, "z"): [5]}
    assert shown(spec, rows) == "@m[-1, z]: 5\n@m[1, b]: 5\n@m[2, b]: 5\n@m[9, a]: 7\n"


def test_top_keeps_the_greatest_and_div_divides() -> None:
    spec = keyed(ValueKind.COUNT, INTEGER)
    rows = {key(1)[:8]: [10], key(2)[:8]: [20], key(3)[:8]: [30]}
    assert shown(spec, rows, top=2, div=10) == "@m[2]: 2\n@m[3]: 3\n"


def test_an_empty_map_prints_nothing() -> None:
    assert shown(keyed(ValueKind.COUNT, INTEGER), {bytes(8): [1]}, top=0) != ""
    assert TextLines().map(keyed(ValueKind.COUNT, INTEGER), []) == ""
    assert JsonLines().map(keyed(ValueKind.COUNT, INTEGER), []) == ""


def test_a_map_without_a_key() -> None:
    assert shown(keyed(ValueKind.SUM), {bytes(4): [-5]}) == "@m: -5\n"
    assert shown(keyed(ValueKind.SUM, value=UNSIGNED), {bytes(4): [-1]}) == "@m: 18446744073709551615\n"


def test_statistics_are_a_record() -> None:
    assert shown(keyed(ValueKind.AVG, INTEGER), {key(1)[:8]: [11, 2]}) == "@m[1]: 5\n"
    record = "{ .count = 2, .average = -5, .total = -11 }"
    assert shown(keyed(ValueKind.STATS), {bytes(4): [-11, 2]}) == f"@m: {record}\n"


def test_json_has_numbers_that_no_double_holds_as_text() -> None:
    lines = JsonLines()
    for number, text in {
        1 << 53: str(1 << 53),
        (1 << 53) + 1: f'"{(1 << 53) + 1}"',
        -(1 << 63): str(-(1 << 63)),
    }.items():
        assert lines.value(number) == f'{{"type": "value", "data": {text}}}\n'


def test_statistics_are_ordered_by_their_average() -> None:
    rows = {key(1)[:8]: [50, 1], key(2)[:8]: [60, 3]}
    assert shown(keyed(ValueKind.STATS, INTEGER), rows) == (
        "@m[2]: { .count = 3, .average = 20, .total = 60 }\n@m[1]: { .count = 1, .average = 50, .total = 50 }\n"
    )


def test_a_value_that_means_nothing_in_an_order_is_ordered_by_its_key() -> None:
    spec = keyed(ValueKind.STRING, INTEGER, value=TEXT, value_size=8, layout=Layout.HASH)
    data = sample([key(2)[:8], key(1)[:8]], [[0], [0]])
    texts = data._replace(values=data.values.view("u1").copy())
    texts.values[:, 0] = [ord("a"), ord("b")]
    assert TextLines().map(spec, MapReader(spec, decoder()).entries(texts)) == "@m[1]: b\n@m[2]: a\n"


def test_the_key_of_an_array_is_its_index() -> None:
    spec = keyed(ValueKind.COUNT, ValueType(size=8, signed=False), layout=Layout.PERCPU_ARRAY, key_size=4)
    assert shown(spec, {struct.pack("=I", 7): [3]}) == "@m[7]: 3\n"


def test_slots_that_are_kept_for_later_are_not_printed() -> None:
    spec = keyed(ValueKind.SCALAR, INTEGER, kept_slots=True, layout=Layout.HASH)
    assert shown(spec, {key(1)[:8]: [0], key(2)[:8]: [9]}) == "@m[2]: 9\n"


def test_a_histogram_in_powers_of_two() -> None:
    spec = keyed(ValueKind.HIST)
    counts = {log_index(value): count for value, count in {-4: 1, 0: 2, 1: 1, 5: 3, 6: 1, 3000: 2}.items()}
    lines = shown(spec, {struct.pack("=I", index): [count] for index, count in counts.items()}).split("\n")
    assert lines[0] == "@m:"
    assert lines[1] == f"(..., 0)               1 |{'@' * 13:<52}|"
    assert lines[2] == f"[0]                    2 |{'@' * 26:<52}|"
    assert lines[3] == f"[1]                    1 |{'@' * 13:<52}|"
    assert lines[4] == f"[2, 4)                 0 |{'':52}|"
    assert lines[5] == f"[4, 8)                 4 |{'@' * 52}|"
    assert lines[12:] == [
        f"[512, 1K)              0 |{'':52}|",
        f"[1K, 2K)               0 |{'':52}|",
        f"[2K, 4K)               2 |{'@' * 26:<52}|",
        "",
        "",
    ]


def test_histograms_by_key_are_ordered_by_how_much_they_counted() -> None:
    spec = keyed(ValueKind.HIST, INTEGER, key_size=16)
    rows = {struct.pack("=qI4x", number, log_index(4)): [count] for number, count in ((1, 5), (2, 3))}
    text = shown(spec, rows)
    assert text.index("@m[2]:\n[4, 8)") < text.index("@m[1]:\n[4, 8)")
    assert text.endswith("|\n\n")


@pytest.mark.parametrize(
    ("value", "label"),
    [
        (1, "[1]"),
        (2, "[2, 4)"),
        (1023, "[512, 1K)"),
        (1024, "[1K, 2K)"),
        (1 << 20, "[1M, 2M)"),
        ((1 << 20) - 1, "[512K, 1M)"),
        (1 << 40, "[1T, 2T)"),
        (1 << 62, "[4E, 8E)"),
    ],
)
def test_labels_in_thousands_of_1024(value: int, label: str) -> None:
    (bucket,) = distribution(keyed(ValueKind.HIST), {log_index(value): 1}).buckets
    assert bucket.label == label


@pytest.mark.parametrize(
    ("bits", "value", "label"),
    [(3, 15, "[15]"), (3, 16, "[16, 18)"), (3, 1024, "[1024, 1152)"), (3, 8192, "[8K, 9K)"), (5, 100, "[100, 102)")],
)
def test_finer_histograms_have_the_buckets_that_the_script_asks_for(bits: int, value: int, label: str) -> None:
    (bucket,) = distribution(keyed(ValueKind.HIST, bits=bits), {log_index(value, max(bits, 3)): 1}).buckets
    assert bucket.label == label


def test_a_linear_histogram_is_open_on_both_sides() -> None:
    spec = keyed(ValueKind.LHIST, linear=LinearScale(0, 10, 5))
    found = distribution(spec, {0: 1, 1: 2, 2: 1, 3: 4})
    assert [bucket.label for bucket in found.buckets] == ["(..., 0)", "[0, 5)", "[5, 10)", "[10, ...)"]
    assert [bucket.count for bucket in found.buckets] == [1, 2, 1, 4]


def test_linear_labels_are_in_thousands_where_the_step_is() -> None:
    spec = keyed(ValueKind.LHIST, linear=LinearScale(0, 1 << 21, 1 << 10))
    assert distribution(spec, {3: 1}).buckets[0].label == "[2K, 3K)"
    assert distribution(spec, {1 << 10: 1}).buckets[0].label == "[1023K, 1M)"


def test_nothing_counted_has_no_buckets() -> None:
    assert distribution(keyed(ValueKind.HIST), {5: 0}) == Distribution(())


@pytest.mark.parametrize(("number", "divisor", "result"), [(7, 2, 3), (-7, 2, -3), (7, 0, 7), (-7, -2, 3), (0, 5, 0)])
def test_division_is_that_of_c(number: int, divisor: int, result: int) -> None:
    assert quotient(number, divisor) == result


def test_json_of_maps() -> None:
    def line(spec: MapSpec, rows: dict[bytes, list[int]]) -> str:
        return JsonLines().map(spec, MapReader(spec, decoder()).entries(sample(list(rows), list(rows.values()))))

    assert line(keyed(ValueKind.SUM), {bytes(4): [5]}) == '{"type": "map", "data": {"@m": 5}}\n'
    assert line(keyed(ValueKind.COUNT, INTEGER, TEXT), {key(1, "x"): [2]}) == (
        '{"type": "map", "data": {"@m": {"1,x": 2}}}\n'
    )
    assert line(keyed(ValueKind.STATS), {bytes(4): [12, 2]}) == (
        '{"type": "stats", "data": {"@m": {"count": 2, "average": 6, "total": 12}}}\n'
    )
    assert line(keyed(ValueKind.AVG, INTEGER), {key(1)[:8]: [12, 2]}) == (
        '{"type": "stats", "data": {"@m": {"1": 6}}}\n'
    )
    assert line(keyed(ValueKind.HIST), {struct.pack("=I", 0): [1], struct.pack("=I", 1): [3]}) == (
        '{"type": "hist", "data": {"@m": [{"max": -1, "count": 1},{"min": 0, "max": 0, "count": 3}]}}\n'
    )


def test_a_time_series_has_a_line_for_each_slot_and_a_dash_where_nothing_came() -> None:
    spec = keyed(ValueKind.TSERIES, series=TimeSeries(1_000_000_000, 8, ValueKind.SCALAR))
    rows = {struct.pack("=I", epoch % 8): [epoch, value, 1] for epoch, value in ((20, -5), (21, 0), (23, 5), (14, 99))}
    assert shown(spec, rows).split("\n") == [
        "@m:",
        "         -5                                                  5",
        "hh:mm:ss |___________________________________________________|",
        "00:00:20 *                         .                         | -5",
        "00:00:21 |                         *                         | 0",
        "00:00:22 |                         .                         | -",
        "00:00:23 |                         .                         * 5",
        "         v___________________________________________________v",
        "         -5                                                  5",
        "",
        "",
    ]


def test_slots_of_a_time_series_begin_at_multiples_of_their_length() -> None:
    """A single one is named to the nanosecond, as nothing says how long slots are."""
    spec = keyed(ValueKind.TSERIES, series=TimeSeries(100_000, 8, ValueKind.SCALAR))
    one = shown(spec, {struct.pack("=I", 3): [3, 7, 1]}).split("\n")
    assert [line[:18] for line in one[2:4]] == ["hh:mm:ss.ns       ", "00:00:00.000300000"]
    two = shown(spec, {struct.pack("=I", i): [i, 7, 1] for i in (3, 4)}).split("\n")
    assert [line[:16] for line in two[2:5]] == ["hh:mm:ss.\u03bcs     ", "00:00:00.000300 ", "00:00:00.000400 "]


def test_the_value_of_a_slot_is_what_its_series_keeps() -> None:
    def value(kind: ValueKind) -> str:
        spec = keyed(ValueKind.TSERIES, series=TimeSeries(1_000_000_000, 8, kind))
        return shown(spec, {struct.pack("=I", 1): [1, -7, 2]}).split("\n")[3].rpartition(" ")[2]

    assert [value(kind) for kind in (ValueKind.SUM, ValueKind.COUNT, ValueKind.AVG)] == ["-7", "2", "-3"]


def test_json_of_a_time_series() -> None:
    spec = keyed(ValueKind.TSERIES, series=TimeSeries(1_000_000_000, 8, ValueKind.SUM))
    entries = MapReader(spec, decoder()).entries(sample([struct.pack("=I", i) for i in (1, 3)], [[1, 5, 1], [3, 6, 1]]))
    found = json.loads(JsonLines().map(spec, entries))
    assert found["type"] == "tseries"
    begun = "1970-01-01 00:00:0{}.000000000"
    assert found["data"]["@m"] == [
        {"interval_start": begun.format(1), "value": 5},
        {"interval_start": begun.format(3), "value": 6},
    ]
