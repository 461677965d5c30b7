"""Buckets of `hist()` and `lhist()`: the index that the kernel counts under, and its bounds.

`hist` is log-linear: every power of two is cut into 8 equal parts, so a bucket is at most 12.5% wide (more parts where
the script asks for them). Index 0 holds what is below zero; values 0 to 7 have a bucket each; the C below and
`log_bounds` are one another's inverse.
"""

from collections.abc import Iterable

from tracetop.model.program import KeyPart, LinearScale

SUB_BITS = 3
"""Each power of two has 2**SUB_BITS buckets, or more where the script asks for more."""

BUCKET_BYTES = 4
"""Of the u32 at the end of a distribution's key: the bucket, or the slot of a time series."""

BUCKET_C = """
static __always_inline u32 tt_log_bucket(s64 value, u32 bits)
{
    u64 v = value, t;
    u32 e;
    if (value < 0)
        return 0;
    if (v < (1ULL << bits))
        return 1 + v;
    e = (v > 0xffffffffULL) << 5; t = v >> e;
    u32 s = (t > 0xffff) << 4; t >>= s; e |= s;
    s = (t > 0xff) << 3; t >>= s; e |= s;
    s = (t > 0xf) << 2; t >>= s; e |= s;
    s = (t > 0x3) << 1; t >>= s; e |= s;
    e |= t >> 1;
    return 1 + ((e - bits + 1) << bits) + ((v >> (e - bits)) & ((1ULL << bits) - 1));
}
"""


def bucket_place(keys: Iterable[KeyPart]) -> int:
    """Return where in a kernel's key the bucket stands: after the key's parts, aligned; 0 where it has none."""
    end = max((part.offset + part.size for part in keys), default=0)
    return -(-end // BUCKET_BYTES) * BUCKET_BYTES


def log_index(value: int, sub_bits: int = SUB_BITS) -> int:
    """Return the bucket of a signed 64-bit value, as the C does, where a power of two has ``2**sub_bits`` buckets."""
    if value < 0:
        return 0
    sub = 1 << sub_bits
    if value < sub:
        return 1 + value
    exponent = value.bit_length() - 1
    return 1 + (exponent - sub_bits + 1) * sub + ((value >> (exponent - sub_bits)) & (sub - 1))


def log_bounds(index: int, sub_bits: int = SUB_BITS) -> tuple[int, int]:
    """Return the half-open range [low, high) of bucket `index`; the negative bucket is [-2**63, 0)."""
    if index == 0:
        return -(1 << 63), 0
    sub = 1 << sub_bits
    group, part = divmod(index - 1, sub)
    if group == 0:
        return part, part + 1
    return (sub + part) << (group - 1), (sub + part + 1) << (group - 1)


def kernel_bits(bits: int) -> int:
    """Return the `sub_bits` of the buckets that the kernel counts under for a script's ``hist(x, bits)``."""
    return max(bits, SUB_BITS)


def log_buckets(bits: int) -> int:
    """Return how many buckets the kernel counts under for a script's ``hist(x, bits)``."""
    sub_bits = kernel_bits(bits)
    return 1 + (1 << sub_bits) + (63 - sub_bits) * (1 << sub_bits)  # negative, 0..7, then exponents 3..62


LOG_BUCKETS = log_buckets(SUB_BITS)
"""What signed 64-bit values take, as long as no script asks for more."""


def linear_count(scale: LinearScale) -> int:
    """Return how many buckets `lhist` has: one below, one above, and those between."""
    return (scale.high - scale.low + scale.step - 1) // scale.step + 2


def linear_bounds(scale: LinearScale, index: int) -> tuple[int, int]:
    """Return [low, high) of an `lhist` bucket; the outer two are open towards the 64-bit limits."""
    last = linear_count(scale) - 1
    low = -(1 << 63) if index == 0 else scale.low + (index - 1) * scale.step
    high = 1 << 63 if index == last else scale.low if index == 0 else min(scale.low + index * scale.step, scale.high)
    return (scale.high if index == last else low), high
