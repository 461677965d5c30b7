"""A disk's start times are kept by request where nobody can tell, and by what the script says everywhere else."""

from collections.abc import Callable

import pytest

from tracetop.model.kinds import ProbeKind
from tracetop.model.program import Program

Build = Callable[[str], Program]
ISSUE, COMPLETE = "tracepoint:block:block_rq_issue", "tracepoint:block:block_rq_complete"
KEY = "args->dev, args->sector"
START = f"{ISSUE} {{ @s[{KEY}] = nsecs; }}"
END = f"{COMPLETE} /@s[{KEY}]/ {{ @ = hist(nsecs - @s[{KEY}]); delete(@s[{KEY}]); }}"


def labels(program: Program) -> tuple[str, ...]:
    return tuple(part.label for part in program.maps[0].keys)


def test_start_times_by_sector_are_kept_by_request(build: Build) -> None:
    program = build(f"{START} {END}")
    assert labels(program) == ("request",)
    assert (program.maps[0].key_size, program.maps[0].kept_slots, program.maps[0].scratch) == (8, True, True)
    assert {probe.kind for probe in program.probes} == {ProbeKind.RAW_TRACEPOINT}
    assert "ctx->args[0]" in program.c_text


@pytest.mark.parametrize(
    "script",
    [
        f"{ISSUE} {{ @s[{KEY}] = nsecs; @bytes = sum(args->bytes); }} {END}",
        f"{START} {END} {ISSUE} {{ @s[args->sector, args->dev] = nsecs; }}",
        f"{START} {END} BEGIN {{ @s[1, 2] = nsecs; }}",
        f"{START} {END} interval:s:1 {{ clear(@s); }}",
        f"{START} {COMPLETE} {{ @ = hist(nsecs - @s[{KEY}]); }}",
        f"{ISSUE} {{ @s[{KEY}] = count(); }}",
    ],
    ids=[
        "reads another field",
        "another order",
        "another probe",
        "asked of user space",
        "shown, never deleted",
        "a count",
    ],
)
def test_a_map_that_is_more_than_that_stays_as_it_is(build: Build, script: str) -> None:
    assert "request" not in labels(build(script))
