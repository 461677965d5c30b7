"""The compiler has one way to find the hooks of every kind of probe."""

import pytest

from tracetop.lang.resolve import kernel_functions, timers_and_counters, tracepoints, usdt, user_functions
from tracetop.model.kinds import ProbeKind

EXPANSIONS = [each.EXPANSIONS for each in (tracepoints, kernel_functions, user_functions, usdt, timers_and_counters)]


@pytest.mark.parametrize("kind", ProbeKind)
def test_a_kind_has_one_way_to_its_hooks(kind: ProbeKind) -> None:
    assert sum(kind in each for each in EXPANSIONS) == 1
