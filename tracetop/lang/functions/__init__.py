"""The functions of the language, one record each: how it is written and explained, its arguments, its type, its C.

In: a call of the syntax tree, its arguments checked. Out: a node of the typed tree, and later that node's C.
A room beside the passes, because a record has a part in two of them: `check` takes the arguments of a call apart, and
`emit` writes its C. Neither imports this package. `compile` hands the records to `check`, and the typed call carries
what writes its C. A new function is one more record in one of the files here, and is named in no list.
"""

import pkgutil
from collections.abc import Iterator, Mapping
from importlib import import_module

from tracetop.lang.check.calls import Aggregation, StatementFunction, ValueFunction
from tracetop.lang.check.scope import Function

_KINDS = (Aggregation, StatementFunction, ValueFunction)
"""The likelier first, for whoever shows them."""


def _records() -> Iterator[Function]:
    """Yield every function of the modules here."""
    for module in pkgutil.iter_modules(__path__):
        for each in vars(import_module(f"{__name__}.{module.name}")).values():
            if isinstance(each, Function):
                yield each


FUNCTIONS: Mapping[str, Function] = {
    each.name: each for each in sorted(_records(), key=lambda each: _KINDS.index(type(each)))
}
"""All of them by name."""
