"""Fixtures that tests of every layer share."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import settings

from tests.load.build import build_loads

settings.register_profile("tracetop", deadline=None)  # how long an example takes is the machine's affair
settings.load_profile("tracetop")


@pytest.fixture(scope="session")
def loads(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """The compiled programs of tests/load by name; each one's usage is at the top of its source."""
    return build_loads(tmp_path_factory.mktemp("load"))
