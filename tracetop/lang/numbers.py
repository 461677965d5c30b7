"""Whole numbers in a script's text outside of expressions: rates, sizes, the numbers of parameters."""


def number(text: str, most: int) -> int | None:
    """Return the decimal number that `text` is, or None where it is none from 0 to `most`.

    Python refuses to read very long numbers, with an error that is no script's business.
    """
    digits = text.lstrip("0") or text[:1]
    if not (digits.isascii() and digits.isdecimal()) or len(digits) > len(str(most)):
        return None
    value = int(digits)
    return value if value <= most else None
