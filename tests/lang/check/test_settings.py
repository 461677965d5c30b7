"""What ``config`` and the environment's BPFTRACE_ variables say of a script; the environment's word comes last."""

from collections.abc import Mapping

import pytest

from tests.lang.fake_kernel import FakeKernel
from tracetop.errors import ScriptError, UsageError
from tracetop.lang.options import Settings, read_settings
from tracetop.lang.parse.parser import parse
from tracetop.lang.source import Source
from tracetop.lang.vocabulary.directives import Directives


def settings(
    config: str = "", environment: Mapping[str, str] | None = None, *, long_keys: bool = True, strings: int = 0
) -> Settings:
    source = Source("t", f"{f'config = {{ {config} }}' if config else ''} BEGIN {{ }}")
    kernel = FakeKernel(takes_long_keys=long_keys)
    directives = Directives(100, {}, frozenset(), strings)
    return read_settings(source, parse(source, kernel.arch), directives, kernel, environment or {})


def test_without_a_word_they_are_the_newest_bpftraces() -> None:
    assert settings() == Settings(max_map_keys=100)
    assert (settings().max_strlen, settings().str_trunc_trailer, settings().max_cat_bytes) == (1024, "..", 10240)


def test_a_kernel_that_takes_no_long_keys_has_shorter_strings() -> None:
    assert settings(long_keys=False).max_strlen == 256
    assert settings("max_strlen = 500", long_keys=False).max_strlen == 500


def test_the_header_says_how_long_strings_are_where_config_does_not() -> None:
    assert settings(strings=128).max_strlen == settings(strings=128, long_keys=False).max_strlen == 128
    assert settings("max_strlen = 500", strings=128).max_strlen == 500


def test_the_script_says_and_its_names_may_be_those_of_the_environment() -> None:
    found = settings('BPFTRACE_MAX_STRLEN = 9; STACK_MODE = perf; str_trunc_trailer = ""; print_maps_on_exit = false')
    assert (found.max_strlen, found.stack_mode, found.str_trunc_trailer, found.print_maps_on_exit) == (
        *(9, "perf", ""),
        False,
    )


def test_the_environment_has_the_last_word() -> None:
    found = settings(
        "max_strlen = 9; max_map_keys = 5",
        {
            "BPFTRACE_MAX_STRLEN": "70",
            "BPFTRACE_MAX_MAP_KEYS": "0x10",
            "BPFTRACE_STR_TRUNC_TRAILER": "",
            "BPFTRACE_PRINT_MAPS_ON_EXIT": "0",
            "BPFTRACE_STACK_MODE": "raw",
        },
    )
    assert (found.max_strlen, found.max_map_keys, found.str_trunc_trailer) == (70, 16, "")
    assert (found.print_maps_on_exit, found.stack_mode) == (False, "raw")


def test_names_that_mean_nothing_are_left_alone() -> None:
    others = {"BPFTRACE_FOO": "1", "BPFTRACE_max_strlen": "3", "MAX_STRLEN": "4", "BPFTRACE_LOG_SIZE": "5"}
    assert settings("", others).max_strlen == 1024


@pytest.mark.parametrize(
    ("name", "text", "hint"),
    [
        ("BPFTRACE_MAX_STRLEN", "abc", "write a number from 1 to 1048576, or unset BPFTRACE_MAX_STRLEN"),
        ("BPFTRACE_MAX_STRLEN", "0", "write a number from 1"),
        ("BPFTRACE_STACK_MODE", "foo", "use one of bpftrace, perf, raw, build_id"),
        ("BPFTRACE_CACHE_USER_SYMBOLS", "foo", "use one of PER_PID, PER_PROGRAM, NONE"),
    ],
)
def test_a_wrong_value_of_the_environment_is_refused_by_its_name(name: str, text: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        settings("", {name: text})
    assert caught.value.diagnostic.what == f"{name} cannot be {text}"
    assert hint in caught.value.diagnostic.hint


@pytest.mark.parametrize(
    ("config", "what"),
    [
        ("foo = 1", "config has no key foo"),
        ("max_strlen = abc", "max_strlen cannot be abc"),
        ("license = MIT", "license cannot be MIT"),
        ("missing_probes = 5", "missing_probes cannot be 5"),
    ],
)
def test_a_wrong_setting_of_the_script_is_refused_at_its_place(config: str, what: str) -> None:
    with pytest.raises(ScriptError) as caught:
        settings(config)
    assert caught.value.diagnostic.what == what
    assert caught.value.diagnostic.where == "t.bt:1:12"


def test_a_script_can_ask_for_all_of_them() -> None:
    record = settings("max_strlen = 9; log_size = 5; cpp_demangle = false").record()
    assert (record["max_strlen"], record["log_size"], record["cpp_demangle"]) == (9, 5, False)
    assert (record["max_map_keys"], record["missing_probes"], record["license"]) == (100, "error", "GPL")
