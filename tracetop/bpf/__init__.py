"""The kernel side, for the privileged tracer process alone: one program of a script, from its C to its samples.

In: a `Program`, and this machine: its kernel, its BPF objects, its processes. Out: `Loaded`, which counts while it is
attached; what the compiler asks of a kernel (`RunningKernel`); names for addresses.
These names are all that other layers use. Each is imported from its room when it is first asked for, so that a process
loads no more than it needs; BCC itself not before the first compile.
"""

from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tracetop.bpf.kernel.privileges import (
        check_all_programs,
        check_btf,
        check_capabilities,
        check_lockdown,
        check_namespace,
        check_privileges,
        check_system_calls,
        try_map,
    )
    from tracetop.bpf.kernel.running_kernel import RunningKernel
    from tracetop.bpf.load.bcc import load_bcc
    from tracetop.bpf.load.trial import Trial
    from tracetop.bpf.loaded_program import Loaded, iterate, measure, run_signalled
    from tracetop.bpf.maps.cpu_merge import Bytes, Ints, MapSample
    from tracetop.bpf.objects.kernel_objects import LoadedMap, LoadedProgram, loaded_maps, loaded_programs, program_ids
    from tracetop.bpf.objects.owners import Holders, find_holders
    from tracetop.bpf.objects.stats import ProgStats, RunTimeStats
    from tracetop.bpf.symbols.kallsyms import KernelSymbols, has_symbol
    from tracetop.bpf.symbols.user_symbols import UserFrame, UserSymbols
    from tracetop.bpf.sys.captured_output import CapturedOutput
    from tracetop.bpf.sys.containers import container
    from tracetop.bpf.sys.sysfs import ensure_tracefs, lockdown_mode, online_cpus
    from tracetop.bpf.sys.uapi import MapType
else:
    _ROOMS = MappingProxyType(
        {
            "kernel.privileges": "check_all_programs check_btf check_capabilities check_lockdown check_namespace "
            "check_privileges check_system_calls try_map",
            "kernel.running_kernel": "RunningKernel",
            "load.bcc": "load_bcc",
            "load.trial": "Trial",
            "loaded_program": "Loaded iterate measure run_signalled",
            "maps.cpu_merge": "Bytes Ints MapSample",
            "objects.kernel_objects": "LoadedMap LoadedProgram loaded_maps loaded_programs program_ids",
            "objects.owners": "Holders find_holders",
            "objects.stats": "ProgStats RunTimeStats",
            "symbols.kallsyms": "KernelSymbols has_symbol",
            "symbols.user_symbols": "UserFrame UserSymbols",
            "sys.captured_output": "CapturedOutput",
            "sys.containers": "container",
            "sys.sysfs": "ensure_tracefs lockdown_mode online_cpus",
            "sys.uapi": "MapType",
        }
    )

    def __getattr__(name):
        """Return one of the names above, from its room."""
        for room, names in _ROOMS.items():
            if name in names.split():
                return getattr(import_module(f"{__name__}.{room}"), name)
        raise AttributeError(name)
