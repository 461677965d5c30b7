"""Reads a tracepoint's format file: the text under tracefs' events that lays out its record.

Owns: that text's grammar. Refuses to own: where the file is. Pure.
"""

import re

from tracetop.model.kernel import Field, TracepointFormat

_FIELD = re.compile(
    r"^\tfield:(?P<type>[^;]*?)\s*\b(?P<name>\w+)(?P<array>(?:\[[^\]]*\])*);"
    r"\s*offset:(?P<offset>\d+);\s*size:(?P<size>\d+);(?:\s*signed:(?P<signed>-?\d+);)?",
    re.MULTILINE,
)


def parse_format(category: str, event: str, text: str) -> TracepointFormat:
    """Return the format that `text` describes, without the fields that all tracepoints have in common.

    The dimension of an array moves from after the name into the type: ``char comm[16]`` has type ``char[16]``.
    """
    fields = (
        Field(
            name=match["name"],
            c_type=match["type"] + match["array"],
            offset=int(match["offset"]),
            size=int(match["size"]),
            signed=match["signed"] not in (None, "0"),
        )
        for match in _FIELD.finditer(text)
        if not match["name"].startswith("common_")
    )
    return TracepointFormat(category=category, event=event, fields=tuple(fields))
