"""What C and Python both know of values, keys and slots agrees on both sides."""

import subprocess
from pathlib import Path

import pytest

from tracetop.model.abi.buckets import BUCKET_BYTES, bucket_place
from tracetop.model.abi.event_slots import DropSlots
from tracetop.model.abi.values import VALUES_C
from tracetop.model.program import KeyPart, KeyRole
from tracetop.model.value_kinds import ValueKind


def test_a_value_in_c_is_as_many_integers_as_python_reads(tmp_path: Path) -> None:
    kinds = [kind for kind in ValueKind if kind.facts.c_type]
    sizes = "".join(f'printf("%zu\\n", sizeof({kind.facts.c_type}));' for kind in kinds)
    source, program = tmp_path / "t.c", tmp_path / "t"
    types = "#include <stdio.h>\ntypedef long long s64; typedef unsigned long long u64;\n"
    source.write_text(f"{types}{VALUES_C}int main(void) {{ {sizes} }}")
    subprocess.run(["gcc", "-o", program, source], check=True)
    printed = subprocess.run([program], capture_output=True, text=True, check=True).stdout.split()
    assert [int(size) for size in printed] == [8 * kind.facts.fields for kind in kinds]


@pytest.mark.parametrize(("sizes", "place"), [((), 0), ((4,), 4), ((16, 1), 20), ((8, 16), 24)])
def test_the_bucket_stands_aligned_after_the_key(sizes: tuple[int, ...], place: int) -> None:
    keys = [KeyPart(KeyRole.INTEGER, sum(sizes[:i]), size) for i, size in enumerate(sizes)]
    assert bucket_place(keys) == place
    assert place % BUCKET_BYTES == 0


@pytest.mark.parametrize("maps", [0, 3])
def test_no_two_losses_are_counted_in_one_slot(maps: int) -> None:
    slots = DropSlots(maps)
    own = [*range(maps), slots.events, slots.missed, slots.exits]
    assert own == list(range(slots.size(exits=True, runs=False)))
    assert slots.exits == slots.size(exits=False, runs=False)
    assert slots.runs == slots.size(exits=False, runs=True) - 1 > slots.exits
