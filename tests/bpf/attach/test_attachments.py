"""The kernel side has one way to put a program on a hook of every kind."""

import pytest

from tracetop.bpf.attach import kernel_hooks, perf_events, user_hooks
from tracetop.model.kinds import Family, ProbeKind

ATTACHMENTS = [each.ATTACHMENTS for each in (kernel_hooks, user_hooks, perf_events)]


@pytest.mark.parametrize("kind", ProbeKind)
def test_a_kind_has_one_way_onto_its_hooks(kind: ProbeKind) -> None:
    assert sum(kind in each for each in ATTACHMENTS) == (kind.facts.family not in (Family.ONCE, Family.ITERATOR))
