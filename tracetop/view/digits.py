"""Numbers three lines high, of half blocks. Pure; screen process."""

from types import MappingProxyType

DIGIT_ROWS = 3
_SHAPES = MappingProxyType(
    {
        "0": ("█▀█", "█ █", "▀▀▀"),
        "1": ("▄█ ", " █ ", "▀▀▀"),
        "2": ("▀▀█", "█▀▀", "▀▀▀"),
        "3": ("▀▀█", " ▀█", "▀▀▀"),
        "4": ("█ █", "▀▀█", "  ▀"),
        "5": ("█▀▀", "▀▀█", "▀▀▀"),
        "6": ("█▀▀", "█▀█", "▀▀▀"),
        "7": ("▀▀█", "  █", "  ▀"),
        "8": ("█▀█", "█▀█", "▀▀▀"),
        "9": ("█▀█", "▀▀█", "▀▀▀"),
        ".": (" ", " ", "▀"),
        "-": ("  ", "▀▀", "  "),
    }
)


def large(number: str) -> tuple[str, ...]:
    """Return the three lines of a number such as ``1.23k``; its unit stays small, on the last. Empty for other text."""
    digits = number.rstrip("".join(set(number) - set(_SHAPES)))
    if not digits or any(char not in _SHAPES for char in digits):
        return ()
    shapes = [_SHAPES[char] for char in digits]
    rows = [" ".join(shape[row] for shape in shapes) for row in range(DIGIT_ROWS)]
    unit = number[len(digits) :]
    return (*(row + " " * len(unit) for row in rows[:-1]), rows[-1] + unit)
