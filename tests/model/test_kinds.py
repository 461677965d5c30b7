"""One record a kind of probe or value: a kind is what the wire says it is, and what is said of it fits together."""

import msgspec
import pytest

from tracetop.model.kinds import NOT_TAKEN, SHORT, ProbeKind, ProgramType, probe_kind
from tracetop.model.value_kinds import Merge, ValueKind


@pytest.mark.parametrize("kind", ProbeKind)
def test_a_kind_is_known_by_each_of_its_names_and_comes_back_from_the_wire(kind: ProbeKind) -> None:
    for word in (kind.value, *kind.facts.short.split()):
        assert probe_kind(word) is kind
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(kind), type=ProbeKind) is kind
    assert str(kind) == kind.facts.name


def test_no_name_means_two_kinds() -> None:
    words = [word for kind in ProbeKind for word in (kind.value, *kind.facts.short.split())]
    assert len(words) == len({*words})
    assert not {*words} & {*NOT_TAKEN}
    assert {*SHORT.values()} <= {*map(str, ProbeKind), *NOT_TAKEN}
    assert probe_kind("test") is None


@pytest.mark.parametrize("kind", [each for each in ProbeKind if each.facts.program is ProgramType.TRACING])
def test_what_is_loaded_for_one_function_says_for_which_end_of_it(kind: ProbeKind) -> None:
    if kind is ProbeKind.ITER:
        assert kind.facts.attach_type == 28
    else:
        assert kind.facts.attach_type == (25 if kind.facts.returns else 24)


@pytest.mark.parametrize("kind", ValueKind)
def test_a_value_is_shared_by_the_cpus_or_has_a_type_and_a_way_to_join_it(kind: ValueKind) -> None:
    facts = kind.facts
    assert facts.is_shared == (not facts.c_type)
    assert not facts.is_shared or (facts.merge is Merge.SUM and not facts.is_bucketed)
    assert not facts.never_shrinks or facts.is_per_event
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(kind), type=ValueKind) is kind
