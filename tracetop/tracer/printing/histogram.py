"""``hist()`` and ``lhist()`` as bpftrace draws them: which buckets there are, their labels and their bars.

The kernel's buckets are finer than the powers of two that a script asked for: they are merged here. Pure.
"""

from collections import Counter
from collections.abc import Mapping

import numpy as np

from tracetop.model.abi.buckets import kernel_bits, linear_bounds, linear_count, log_bounds, log_index
from tracetop.model.program import LinearScale, MapSpec
from tracetop.tracer.printing.values import Bucket, Distribution

_BAR_CELLS = 52
_LABEL_CELLS, _COUNT_CELLS = 16, 8
_SUFFIXES = ("", "K", "M", "G", "T", "P", "E")
_KILO, _MEGA = 1 << 10, 1 << 20


def distribution(spec: MapSpec, counts: Mapping[int, int], div: int = 1) -> Distribution:
    """Return what a map has counted by the kernel's bucket numbers, each count divided by `div`."""
    merged: Counter[int] = Counter()
    for index, count in counts.items():
        merged[index if spec.linear else _merged(spec, index)] += count
    counted = [index for index, count in merged.items() if count]
    if not counted:
        return Distribution(())
    indexes = range(min(counted), max(counted) + 1)
    if spec.linear:
        return Distribution(tuple(_linear(spec.linear, index, merged[index] // div) for index in indexes))
    return Distribution(tuple(_logarithmic(spec.bits, index, merged[index] // div) for index in indexes))


def draw(distribution_: Distribution) -> str:
    """Return a line for each bucket: its range, its count and a bar."""
    buckets = distribution_.buckets
    most = max((bucket.count for bucket in buckets), default=0)
    lines = []
    for bucket in buckets:
        # bpftrace divides in single precision and cuts off: so do we, or a bar would be a cell longer now and then.
        cells = int(np.float32(bucket.count) / np.float32(most) * np.float32(_BAR_CELLS)) if most else 0
        lines.append(f"{bucket.label:<{_LABEL_CELLS}}{bucket.count:>{_COUNT_CELLS}} |{'@' * cells:<{_BAR_CELLS}}|\n")
    return "".join(lines)


def _merged(spec: MapSpec, index: int) -> int:
    """Return the number of the script's bucket that holds one of the kernel's."""
    return log_index(log_bounds(index, kernel_bits(spec.bits))[0], spec.bits)


def _logarithmic(bits: int, index: int, count: int) -> Bucket:
    low, high = log_bounds(index, bits)
    if index == 0:
        return Bucket(None, high, count, "(..., 0)")
    if high - low == 1:
        return Bucket(low, high, count, f"[{low}]")
    return Bucket(low, high, count, f"[{_start_label(bits, index)}, {_start_label(bits, index + 1)})")


def _start_label(bits: int, index: int) -> str:
    """Return where a bucket begins, in thousands (of 1024) once buckets are as wide."""
    low, high = log_bounds(index, bits)
    decade = ((high - low).bit_length() - 1) // 10
    return f"{low >> 10 * decade}{_SUFFIXES[decade]}"


def _linear(scale: LinearScale, index: int, count: int) -> Bucket:
    last = linear_count(scale) - 1
    low, high = linear_bounds(scale, index)
    if index == 0:
        return Bucket(None, high, count, f"(..., {_step_label(high, scale.step)})")
    if index == last:
        return Bucket(low, None, count, f"[{_step_label(low, scale.step)}, ...)")
    return Bucket(low, high, count, f"[{_step_label(low, scale.step)}, {_step_label(high, scale.step)})")


def _step_label(number: int, step: int) -> str:
    """Return a bound, in thousands or millions (of 1024) where all bounds are such."""
    if step % _KILO or not number:
        return str(number)
    if number % _MEGA == 0:
        return f"{number // _MEGA}M"
    return f"{number // _KILO}K" if number % _KILO == 0 else str(number)
