"""Random scripts: what the checker takes, clang and the kernel's verifier take too; what it refuses has a place.

TRACETOP_FUZZ_EXAMPLES=2000 runs more of them, and other ones each time.
"""

import os

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.lang.programs import programs
from tracetop.bpf import Loaded, RunningKernel
from tracetop.errors import ScriptError
from tracetop.lang import compile_script

pytestmark = pytest.mark.kernel
EXAMPLES = int(os.environ.get("TRACETOP_FUZZ_EXAMPLES", "60"))
MOST_REFUSED = 0.5
"""Of the scripts: the generator means all of them to be right, and knows less of types than the checker."""


@pytest.mark.timeout(60 + EXAMPLES * 2)
def test_what_the_checker_takes_the_kernel_takes() -> None:
    kernel = RunningKernel()
    outcomes: list[bool] = []

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize="TRACETOP_FUZZ_EXAMPLES" not in os.environ,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(programs())
    def compile_and_load(text: str) -> None:
        refused = None
        try:
            Loaded.load(compile_script(text, "fuzzed", kernel)).close()
        except ScriptError as error:
            refused = error.diagnostic
        outcomes.append(refused is None)
        if refused:
            assert not refused.detail, "refused by clang or the verifier, not by the checker"
            assert 0 <= refused.at <= len(text)
            assert refused.where.startswith("fuzzed.bt:")

    compile_and_load()
    assert outcomes.count(False) <= MOST_REFUSED * len(outcomes)
