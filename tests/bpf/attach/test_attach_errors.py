"""What clang and the verifier print becomes one telling line."""

import errno

import pytest

from tracetop.bpf import attach
from tracetop.bpf.attach import attach_errors, perf_events
from tracetop.bpf.kernel.privileges import owns_all_ids
from tracetop.bpf.load.compile import kernel_version
from tracetop.bpf.load.verifier_errors import clang_reason, refused_function, verifier_reason
from tracetop.bpf.sys.sysfs import cpu_list, selected
from tracetop.errors import ExitCode, KernelError, TracetopError
from tracetop.model.abi.capabilities import capability_set, may_trace
from tracetop.model.kinds import ProbeKind
from tracetop.model.program import ProbeSpec, Program

VERIFIER = """\
0: R1=ctx() R10=fp0
; u64 *value = names.lookup(&key); @ main.c:33
6: (85) call bpf_map_lookup_elem#1    ; R0=map_value_or_null(id=1,map=names,ks=4,vs=8)
7: (79) r0 = *(u64 *)(r0 +0)
R0 invalid mem access 'map_value_or_null'
processed 7 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
"""
CLANG = """\
/virtual/main.c:3:5: warning: unused variable 'x' [-Wunused-variable]
/virtual/main.c:20:60: error: use of undeclared identifier 'nope'
int on_enter(void *ctx) { return nope; }
                                 ^
1 error generated.
"""


def test_the_verifiers_last_word_and_its_line() -> None:
    assert verifier_reason(VERIFIER) == (
        "R0 invalid mem access 'map_value_or_null' (at: u64 *value = names.lookup(&key);)"
    )


@pytest.mark.parametrize("log", ["", "\n", "processed 2 insns (limit 1000000)\n"])
def test_a_log_without_a_word_is_no_reason(log: str) -> None:
    assert verifier_reason(log) == ""


@pytest.mark.parametrize(
    ("log", "what", "why"),
    [
        ("9: (85) call unknown#181\ninvalid func unknown#181\n", "while and for loops", "no helper bpf_loop"),
        ("unknown func bpf_for_each_map_elem#164\n", "for loops over maps", "no helper bpf_for_each_map_elem"),
        ("unrecognized bpf_ld_imm64 insn\n", "while and for loops", "no helper bpf_loop"),
        ("number of funcs in func_info doesn't match number of subprogs\n", "while and for loops", "bpf_loop"),
        (
            "unknown func bpf_d_path#147\n",
            "a part of the script",
            "no helper bpf_d_path, or not for this kind of probe",
        ),
    ],
)
def test_a_kernel_without_a_helper_is_named_as_the_cause(log: str, what: str, why: str) -> None:
    probe = ProbeSpec(function="f", kind=ProbeKind.BEGIN, names=("BEGIN",))
    program = Program(name="mine", script="", c_text="", maps=(), probes=(probe,))
    error = refused_function(probe, program, errno.EINVAL, log)
    assert isinstance(error, KernelError)
    assert error.diagnostic.what == f"mine: this kernel cannot do {what}"
    assert why in error.diagnostic.why


def test_clangs_first_error_and_its_line() -> None:
    assert clang_reason(CLANG) == "line 20 of the C text: use of undeclared identifier 'nope'"


def test_an_error_without_a_place_is_kept() -> None:
    assert clang_reason("fatal error: too many errors emitted\n") == "too many errors emitted"


def test_without_an_error_the_last_line_is_the_reason() -> None:
    assert clang_reason("one\ntwo\n\n") == "two"
    assert clang_reason("") == "no reason given"


@pytest.mark.parametrize(
    ("release", "version"),
    [("6.18.44-fc-v669", (6, 18, 44)), ("5.10", (5, 10, 0)), ("7.3.0-rc1+", (7, 3, 0)), ("odd", (0, 0, 0))],
)
def test_a_release_name_has_its_numbers_at_the_head(release: str, version: tuple[int, int, int]) -> None:
    assert kernel_version(release) == version


@pytest.mark.parametrize(("text", "cpus"), [("0\n", [0]), ("0-3,8\n", [0, 1, 2, 3, 8]), ("", [])])
def test_cpu_lists(text: str, cpus: list[int]) -> None:
    assert cpu_list(text) == cpus


@pytest.mark.parametrize(
    ("cap_eff", "enough"),
    [("000001ffffffffff", True), ("0000000000200000", True), ("000000c000000000", True), ("0000008000000000", False)],
)
def test_which_capabilities_are_enough(cap_eff: str, enough: bool) -> None:
    assert may_trace(capability_set(f"Name:\tx\nCapEff:\t{cap_eff}\nCapBnd:\t0\n", "CapEff")) is enough


def test_root_of_a_user_namespace_is_not_root() -> None:
    assert owns_all_ids("         0          0 4294967295\n")
    assert not owns_all_ids("         0       1000          1\n")
    assert not owns_all_ids("0 100000 65536\n1000 1000 1\n")


def test_the_chosen_one_of_a_kernels_list() -> None:
    assert selected("none [integrity] confidentiality\n") == "integrity"
    assert selected("") == ""


@pytest.mark.parametrize(
    ("code", "kind", "why", "exit_code"),
    [
        (errno.EPERM, ProbeKind.TRACEPOINT, "locked down (integrity)", ExitCode.PRIVILEGE),
        (errno.ENOENT, ProbeKind.TRACEPOINT, "no such event", ExitCode.KERNEL),
        (errno.EINVAL, ProbeKind.RAW_TRACEPOINT, "more arguments than this event has", ExitCode.KERNEL),
        (errno.EINVAL, ProbeKind.PROFILE, "perf_event_max_sample_rate", ExitCode.KERNEL),
        (errno.EMFILE, ProbeKind.SOFTWARE, "too many open files", ExitCode.KERNEL),
        (errno.ENOENT, ProbeKind.HARDWARE, "does not count that event", ExitCode.KERNEL),
        (errno.EOPNOTSUPP, ProbeKind.HARDWARE, "does not count that event", ExitCode.KERNEL),
        (errno.ENOENT, ProbeKind.KPROBE, "only inlined in others", ExitCode.KERNEL),
        (errno.EILSEQ, ProbeKind.KPROBE, "no instruction begins", ExitCode.KERNEL),
        (errno.EINVAL, ProbeKind.KRETPROBE, "allows no probe there", ExitCode.KERNEL),
        (524, ProbeKind.FENTRY, "allows no probe there", ExitCode.KERNEL),
        (errno.EPERM, ProbeKind.FENTRY, "locked down (integrity)", ExitCode.PRIVILEGE),
        (errno.EACCES, ProbeKind.UPROBE, "/bin/x may not be read", ExitCode.KERNEL),
        (errno.ENOENT, ProbeKind.UPROBE, "/bin/x is not there any more", ExitCode.KERNEL),
        (524, ProbeKind.URETPROBE, "cannot step over the instruction", ExitCode.KERNEL),
        (errno.EINVAL, ProbeKind.USDT, "no program can be mapped", ExitCode.KERNEL),
        (errno.ESRCH, ProbeKind.PROFILE, "process 7 has ended", ExitCode.KERNEL),
        (errno.EBUSY, ProbeKind.SOFTWARE, "EBUSY", ExitCode.KERNEL),
    ],
)
def test_a_hook_that_is_refused_has_one_cause_and_its_exit_code(
    monkeypatch: pytest.MonkeyPatch, code: int, kind: ProbeKind, why: str, exit_code: ExitCode
) -> None:
    def refused(_probe: ProbeSpec, _program_fd: int) -> list[int]:
        raise OSError(code, errno.errorcode.get(code, "ENOTSUPP"))

    monkeypatch.setitem(attach._ATTACHMENTS, kind, refused)
    monkeypatch.setattr(attach_errors, "lockdown_mode", lambda: "integrity")
    with pytest.raises(TracetopError) as caught:
        attach.attach(ProbeSpec(function="f", kind=kind, names=("the:probe",), target="/bin/x", period=9, pid=7), 0)
    diagnostic = caught.value.diagnostic
    assert why in diagnostic.why
    assert diagnostic.what == "cannot attach the:probe"
    assert diagnostic.hint
    assert diagnostic.code is exit_code


@pytest.mark.parametrize(
    ("code", "why"),
    [
        (errno.ENOSPC, "all are taken"),
        (errno.EINVAL, "a length of 8"),
        (errno.EOPNOTSUPP, "cannot watch memory"),
        (errno.ESRCH, "process 7 has ended"),
    ],
)
def test_a_place_that_cannot_be_watched_has_one_cause(monkeypatch: pytest.MonkeyPatch, code: int, why: str) -> None:
    def refused(*_arguments: object, **_named: object) -> int:
        raise OSError(code, errno.errorcode[code])

    monkeypatch.setattr(perf_events, "on_threads", refused)
    probe = ProbeSpec(function="f", kind=ProbeKind.WATCHPOINT, names=("the:probe",), event="0x1000:8:w", pid=7)
    with pytest.raises(TracetopError) as caught:
        attach.attach(probe, 0)
    assert why in caught.value.diagnostic.why
    assert caught.value.diagnostic.what == "cannot attach the:probe"
    assert caught.value.diagnostic.hint
