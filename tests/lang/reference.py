"""The reference of builtins and functions in docs/language.md, as the compiler's own tables have them.

python -m tests.lang.reference           prints it, to be pasted between the marks of docs/language.md
"""

from collections.abc import Iterable

from tracetop.lang.check.calls import Aggregation, StatementFunction, ValueFunction
from tracetop.lang.check.identifiers import HOOK_BUILTINS
from tracetop.lang.functions import FUNCTIONS
from tracetop.lang.vocabulary.builtins import BUILTINS


def reference() -> str:
    """Return one Markdown table a family."""
    builtins = [(name, each.about) for name, each in BUILTINS.items()]
    builtins += [(name, each.about) for name, each in HOOK_BUILTINS.items()]
    tables = {"builtin": builtins}
    kinds = {"right of `@map =`": Aggregation, "statement": StatementFunction, "value": ValueFunction}
    for heading, kind in kinds.items():
        tables[heading] = [(each.usage, each.about) for each in FUNCTIONS.values() if isinstance(each, kind)]
    return "\n\n".join(_table(heading, sorted(rows)) for heading, rows in tables.items())


def _table(heading: str, rows: Iterable[tuple[str, str]]) -> str:
    lines = [f"| {heading} | |", "|---|---|", *(f"| `{written}` | {about} |" for written, about in rows)]
    return "\n".join(lines)


if __name__ == "__main__":
    print(reference())
