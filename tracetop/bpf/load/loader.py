"""Functions of a compiled module to programs in the kernel: linked, loaded, and explained where they are refused.

Owns: the call BPF_PROG_LOAD and what it is told for each kind of probe. Refuses to own: the compile, the join with
callbacks (`linker`), hooks. libbcc's own call knows one function a program and hides the errno. The tracer's one
thread.
"""

import ctypes
import os
from contextlib import suppress
from typing import Any

from tracetop.bpf.load.bcc import load_bcc
from tracetop.bpf.load.linker import FUNC_INFO_BYTES, Linked, function_types, link
from tracetop.bpf.load.trampoline_targets import TracedFunctions
from tracetop.bpf.load.verifier_errors import refused_function
from tracetop.bpf.sys.captured_output import CapturedOutput
from tracetop.bpf.sys.memory_limit import within_memory_limit
from tracetop.bpf.sys.syscalls import BtfLoadAttr, ProgramLoadAttr, bpf
from tracetop.bpf.sys.uapi import Command
from tracetop.errors import KernelError, TracetopError, VerifierError
from tracetop.model.kinds import Family, ProbeKind
from tracetop.model.program import ProbeSpec, Program

_LOG_BYTES = 1 << 24
_BCC_LOG_BYTES = 1 << 20
_INSTRUCTION_BYTES = 8
_NAME_BYTES = 15
_TRIES = 5
"""How often a load is begun that signals end."""


class Loader:
    """Loads the functions of one module; probes that differ only in their hook share one (not raw tracepoints)."""

    def __init__(self, module: Any, program: Program) -> None:
        self._module = module
        self._program = program
        self._traced = TracedFunctions()
        self._loaded: dict[tuple[object, ...], int] = {}
        lib = load_bcc().lib
        self._map_fds = [lib.bpf_table_fd(module.module, spec.c_name.encode()) for spec in program.maps]

    def load(self, probe: ProbeSpec) -> int:
        """Load the function of a probe; return the descriptor, closed on exec, of a program that may be another's too.

        VerifierError with the verifier's log, or KernelError or PrivilegeError where it did not come to that.
        """
        attr = ProgramLoadAttr(
            prog_type=probe.kind.facts.program,
            prog_name=probe.function.encode()[:_NAME_BYTES],
            expected_attach_type=probe.kind.facts.attach_type,
        )
        if attr.expected_attach_type:
            attr.attach_btf_id, attr.attach_btf_obj_fd = self._traced.find(probe)
        same = (
            probe.function,
            attr.prog_type,
            attr.expected_attach_type,
            attr.attach_btf_id,
            attr.attach_btf_obj_fd,
            # The kernel keeps a raw tracepoint's program from running within itself, so for other events that would be
            # too much; programs of other hooks it keeps from running within one another, whichever they are.
            probe.event if probe.kind is ProbeKind.RAW_TRACEPOINT else "",
        )
        if same not in self._loaded:
            self._loaded[same] = self._load(probe, attr)
        return self._loaded[same]

    def close(self) -> None:
        """Let go of all but the programs."""
        self._traced.close()

    def _load(self, probe: ProbeSpec, attr: ProgramLoadAttr) -> int:
        linked = link(probe.function, self._program.callbacks, self._map_fds, self._instructions)
        try:
            return self._call(attr, linked)
        except OSError as error:
            log = self._source_log(probe, attr, linked) or self._log(attr, linked)
            raise refused_function(probe, self._program, error.errno or 0, log) from error

    def _call(self, attr: ProgramLoadAttr, linked: Linked) -> int:
        instructions = ctypes.create_string_buffer(linked.instructions, len(linked.instructions))
        attr.insn_cnt = len(linked.instructions) // _INSTRUCTION_BYTES
        attr.insns = ctypes.addressof(instructions)
        license_ = ctypes.create_string_buffer(load_bcc().lib.bpf_module_license(self._module.module))
        attr.license = ctypes.addressof(license_)
        if len(linked.functions) == 1:
            return _patiently(attr)
        btf, info = function_types(linked.functions)
        data = ctypes.create_string_buffer(btf, len(btf))
        attr.prog_btf_fd = bpf(Command.BTF_LOAD, BtfLoadAttr(btf=ctypes.addressof(data), btf_size=len(btf)))
        func_info = ctypes.create_string_buffer(info, len(info))
        attr.func_info, attr.func_info_rec_size = ctypes.addressof(func_info), FUNC_INFO_BYTES
        attr.func_info_cnt = len(linked.functions)
        try:
            return _patiently(attr)
        finally:
            os.close(attr.prog_btf_fd)

    def _log(self, attr: ProgramLoadAttr, linked: Linked) -> str:
        """Return what the verifier says of a program that it refuses."""
        log = ctypes.create_string_buffer(_LOG_BYTES)
        attr.log_level, attr.log_size, attr.log_buf = 1, _LOG_BYTES, ctypes.addressof(log)
        with suppress(OSError):
            os.close(self._call(attr, linked))
        return log.value.decode(errors="replace")

    def _source_log(self, probe: ProbeSpec, attr: ProgramLoadAttr, linked: Linked) -> str:
        """Return the same with the lines of C between, empty where libbcc, which alone knows them, cannot load it."""
        if linked.instructions != self._instructions(probe.function) or attr.expected_attach_type:
            return ""
        lib, name = load_bcc().lib, probe.function.encode()
        log = ctypes.create_string_buffer(_BCC_LOG_BYTES)
        output = CapturedOutput()
        try:
            descriptor: int = lib.bcc_func_load(
                self._module.module,
                attr.prog_type,
                name,
                lib.bpf_function_start(self._module.module, name),
                lib.bpf_function_size(self._module.module, name),
                lib.bpf_module_license(self._module.module),
                lib.bpf_module_kern_version(self._module.module),
                0,
                log,
                _BCC_LOG_BYTES,
                None,
                0xFFFFFFFF,  # no expected attach type
            )
        finally:
            output.restore()
        if descriptor >= 0:
            os.close(descriptor)
            return ""
        return log.value.decode(errors="replace")

    def _instructions(self, function: str) -> bytes:
        lib, name = load_bcc().lib, function.encode()
        start = lib.bpf_function_start(self._module.module, name)
        if not start:
            raise VerifierError(
                f"{self._program.name}: the compiled script has no function {function}",
                hint="report it: the compiler names a function that it did not emit",
            )
        return ctypes.string_at(start, lib.bpf_function_size(self._module.module, name))


def load_functions(module: Any, program: Program) -> tuple[list[tuple[ProbeSpec, int]], list[TracetopError]]:
    """Load the functions of all probes; return them with their descriptors, and the errors of those that are missing.

    Only a function of the kernel that no program may be put on may be missing, and not every one. Any other error is
    raised, and nothing is left in the kernel then.
    """
    loader = Loader(module, program)
    loaded: list[tuple[ProbeSpec, int]] = []
    errors: list[TracetopError] = []
    try:
        for probe in program.probes:
            try:
                loaded.append((probe, loader.load(probe)))
            except KernelError as error:
                if not probe.kind.facts.attach_type:
                    raise
                errors.append(error)
        if errors and all(probe.kind.facts.family is Family.ONCE for probe, _ in loaded):
            raise errors[0]
    except BaseException:
        close_all(loaded)
        raise
    finally:
        loader.close()
    return loaded, errors


def close_all(loaded: list[tuple[ProbeSpec, int]]) -> None:
    """Close the programs of a list, which several of its probes may share, and empty it."""
    for descriptor in {descriptor for _, descriptor in loaded}:
        os.close(descriptor)
    loaded.clear()


def _patiently(attr: ProgramLoadAttr) -> int:
    """Load a program in spite of signals, which end the verifier's work, and of a low limit on locked memory."""
    for _ in range(_TRIES):
        with suppress(BlockingIOError):
            return within_memory_limit(lambda: bpf(Command.PROG_LOAD, attr))
    return bpf(Command.PROG_LOAD, attr)
