"""Fixtures that tests of every layer share, and what may run beside what."""

import gc
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

from tests.kernel.scripts.cases import CaseTracer
from tests.load.build import build_loads

settings.register_profile("tracetop", deadline=None)  # how long an example takes is the machine's affair
settings.load_profile("tracetop")

IN_TURN = {"kernel": "the kernel", "e2e": "the kernel", "source": "the processes of a source"}
"""Folders of tests that are not to disturb each other, by what they share: they count events and processes."""


class InTurn(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Gives a file of tests to one worker, and to one worker all files that share something; the most tests first."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        return IN_TURN.get(path.split("/")[1], path)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> InTurn:
    return InTurn(config, log)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Have the collector leave thousands of tests alone: going through them took a fifth of the CPU of the screen's."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def loads(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """The compiled programs of tests/load by name; each one's usage is at the top of its source."""
    return build_loads(tmp_path_factory.mktemp("load"))


@pytest.fixture(scope="module")
def tracer() -> Iterator[CaseTracer]:
    """A tracer process that runs one script after the other."""
    one = CaseTracer()
    yield one
    one.end()
