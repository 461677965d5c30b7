"""The parser that lark makes of the grammar, kept from one process to the next.

Owns: a file beside the byte code in ``__pycache__``, as good as that and as trusted: who can write there can change the
program itself. It is made of one grammar by one lark, says so, and is made anew where either has changed. Making the
parser takes an eighth of a second, which every start would wait for; reading it takes a tenth of that.
"""

import hashlib
import os
import sys
from contextlib import suppress
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

import lark

_GRAMMAR = Path(__file__).with_name("grammar.lark")
_OPTIONS: dict[str, Any] = {
    "parser": "lalr",
    "start": ["start", "expression"],
    "propagate_positions": True,
    "maybe_placeholders": True,
}
_KEPT = _GRAMMAR.with_name("__pycache__") / f"grammar.{sys.implementation.cache_tag}.tables"


@lru_cache(maxsize=1)
def grammar() -> lark.Lark:
    """Return the parser of scripts and of single expressions, from the file where that is of this grammar."""
    text = _GRAMMAR.read_text(encoding="utf-8")
    made_of = hashlib.sha256(f"{lark.__version__}\n{_OPTIONS}\n{text}".encode()).digest()
    return kept(_KEPT, made_of) or _made(text, made_of)


def kept(file: Path, made_of: bytes) -> lark.Lark | None:
    """Return the parser that lies in `file`, or None where there is none, or one of something else."""
    with suppress(OSError):
        content = file.read_bytes()
        if content.startswith(made_of):
            return lark.Lark.load(BytesIO(content[len(made_of) :]))
    return None


def keep(parser: lark.Lark, file: Path, made_of: bytes) -> None:
    """Write the parser to `file`, whole or not at all; where that is not allowed the next process makes it again."""
    content = BytesIO()
    parser.save(content)
    beside = file.with_name(f"{file.name}.{os.getpid()}")
    with suppress(OSError):
        file.parent.mkdir(exist_ok=True)
        beside.write_bytes(made_of + content.getvalue())
        beside.replace(file)


def _made(text: str, made_of: bytes) -> lark.Lark:
    parser = lark.Lark(text, **_OPTIONS)
    if not sys.dont_write_bytecode:
        keep(parser, _KEPT, made_of)
    return parser
