"""Scratch memory belongs to one run at a time: one that finds it in use is missed, and counted."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from tests.kernel.conftest import LoadProgram
from tracetop.bpf import Loaded, RunningKernel, load_bcc
from tracetop.bpf.maps.kernel_map import KernelMap
from tracetop.bpf.objects.stats import map_sizes
from tracetop.lang import compile_script
from tracetop.model.program import Layout

pytestmark = pytest.mark.kernel


def scratch_of(loaded: Loaded) -> KernelMap:
    descriptor = load_bcc().lib.bpf_table_fd(loaded._module.module, b"tt_scratch")
    key_size, value_size, entries = map_sizes(descriptor)
    return KernelMap(descriptor, Layout.PERCPU_ARRAY, key_size=key_size, value_size=value_size, max_entries=entries)


def test_a_user_hook_that_meets_itself_is_missed_not_mixed_up(load: LoadProgram, loads: Mapping[str, Path]) -> None:
    script = f"uprobe:{loads['calls']}:main {{ for ($i : 0..3) {{ @ = count(); }} }}"
    loaded = load(compile_script(script, "scratch", RunningKernel()))
    loaded.attach()
    subprocess.run([loads["calls"], "1"], check=True)
    assert loaded.read("@").values.tolist() == [[3]]
    assert loaded.missed() == 0
    scratch = scratch_of(loaded)
    keys, values = scratch.read()
    cells = values.view(np.uint64).reshape(len(keys), -1, map_sizes(scratch._descriptor)[1] // 8)
    assert not cells[:, :, -1].any(), "every run gave it back"
    cells[:, :, -1] = 1  # as if a task had been preempted there, on every CPU
    scratch.update(keys[0].tobytes(), values[0].tobytes())
    subprocess.run([loads["calls"], "1"], check=True)
    assert loaded.read("@").values.tolist() == [[3]]
    assert loaded.missed() == 1
    assert loaded.drops() == {"@": 0}
