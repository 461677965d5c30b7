"""What the tests of the compiler share: a kernel, and short ways to compile and to fail."""

from collections.abc import Callable

import pytest

from tests.lang.fake_kernel import FakeKernel
from tracetop.errors import Diagnostic, ScriptError
from tracetop.lang import compile_script
from tracetop.model.program import Program


@pytest.fixture
def kernel() -> FakeKernel:
    return FakeKernel()


@pytest.fixture
def build(kernel: FakeKernel) -> Callable[[str], Program]:
    return lambda text: compile_script(text, "t", kernel)


@pytest.fixture
def refuse(kernel: FakeKernel) -> Callable[[str], Diagnostic]:
    def compile_wrong(text: str) -> Diagnostic:
        with pytest.raises(ScriptError) as caught:
            compile_script(text, "t", kernel)
        return caught.value.diagnostic

    return compile_wrong
