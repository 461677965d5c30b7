"""``tseries()`` as bpftrace draws it: a line for each slot of time, and a point in it for the slot's value.

Owns: which slots are shown, and the drawing. Refuses to own: the time of day (`machine_names`). Pure.
"""

from collections.abc import Callable, Mapping

from tracetop.model.program import TimeSeries
from tracetop.model.value_kinds import ValueKind
from tracetop.tracer.printing.machine_names import clock_text
from tracetop.tracer.printing.values import Point, Series, quotient

_CELLS = 53
_LEAST_CELLS = 21
"""Of the heading, for the least value."""
_UNITS = ((1_000_000_000, "", 0), (1_000_000, ".ms", 3), (1_000, ".\u03bcs", 6), (1, ".ns", 9))
"""Nanoseconds, what the heading says of them, digits."""
_CLOCK, _DATE = "%H:%M:%S", "%Y-%m-%d %H:%M:%S"
_NS_DIGITS = 9
_NS_PER_S = 1_000_000_000

WallClock = Callable[[int], int]
"""From nanoseconds since boot to those since the epoch."""
Slot = tuple[int, int, int]
"""Of one slot the epoch, the number and how many values it is made of."""


def series(spec: TimeSeries, slots: Mapping[int, Slot], newest: int, wall_ns: WallClock) -> Series:
    """Return one key's points from its first slot to the epoch `newest`; slots that are over are left out.

    A slot is named by the time of day at its start, cut to a multiple of its length; a single one to the nanosecond.
    """
    values = {epoch: _value(spec, number, count) for epoch, number, count in slots.values()}
    first = min((epoch for epoch in values if epoch > newest - spec.slots), default=newest)
    whole = next(i for i, (ns, _, _) in enumerate(_UNITS) if spec.slot_ns % ns == 0)
    _, unit, digits = _UNITS[-1 if first == newest else whole]
    points = []
    for epoch in range(first, newest + 1):
        begun_ns = wall_ns(epoch * spec.slot_ns) // spec.slot_ns * spec.slot_ns
        points.append(Point(_text(begun_ns, _DATE, _NS_DIGITS), _text(begun_ns, _CLOCK, digits), values.get(epoch)))
    return Series(tuple(points), unit)


def draw_series(shown: Series) -> str:
    """Return the drawing, each line with its newline."""
    values = [point.value for point in shown.points if point.value is not None]
    if not values:
        return "<no data>\n"
    least, most = min(values), max(values)
    if least == most:
        least, most = least - 1, most + 1
    width = len(shown.points[0].clock)
    margin = " " * (width + 1)
    bounds = f"{margin}{least!s:<{_LEAST_CELLS}}{most:>{_CELLS - _LEAST_CELLS}}\n"
    heading = f"{'hh:mm:ss' + shown.unit:<{width + 1}}|{'_' * (_CELLS - 2)}|\n"
    lines = [f"{point.clock} {_graph(point.value, least, most)}\n" for point in shown.points]
    return "".join([bounds, heading, *lines, f"{margin}v{'_' * (_CELLS - 2)}v\n", bounds])


def _graph(value: int | None, least: int, most: int) -> str:
    """Return the line of one slot: where its value is between the bounds, a dot where zero is."""
    cells = ["|", *" " * (_CELLS - 2), "|"]
    if least < 0 < most:
        cells[_CELLS * -least // (most - least)] = "."
    if value is None:
        return f"{''.join(cells)} -"
    cells[(_CELLS - 1) * (value - least) // (most - least)] = "*"
    return f"{''.join(cells)} {value}"


def _value(spec: TimeSeries, number: int, count: int) -> int:
    if spec.kind is ValueKind.COUNT:
        return count
    return quotient(number, count) if spec.kind is ValueKind.AVG else number


def _text(wall_ns: int, format_: str, digits: int) -> str:
    """Return a time with so many digits of its second."""
    seconds, rest_ns = divmod(wall_ns, _NS_PER_S)
    fraction = f".{rest_ns:09}"[: digits + 1] if digits else ""
    return clock_text(format_, seconds) + fraction
