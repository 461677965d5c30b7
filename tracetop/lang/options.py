"""What is said about a script beside its clauses: by the asker (`Options`), and by its own ``config`` (`Settings`)."""

from dataclasses import dataclass
from typing import Any

from tracetop.errors import did_you_mean
from tracetop.lang.source import Source
from tracetop.lang.tree import syntax
from tracetop.lang.tree.types import STRING_BYTES
from tracetop.lang.vocabulary.directives import DEFAULT_ENTRIES, MAX_ENTRIES

MAX_STRING_BYTES = 1024
STACK_MODES = ("bpftrace", "perf", "raw")


@dataclass(frozen=True)
class Options:
    """What the asker says."""

    params: tuple[str, ...] | None = None
    """``$1`` and so on, as written on a command line; None: integers that are read live (`model.abi.control`)."""
    pid: int = 0
    """The only process that user-space, sampling and counting probes are put on; 0 for all."""
    child: int = 0
    """What ``cpid`` is; 0 where there is no child."""
    mode: str = ""
    """``bench``: to measure the script's ``bench`` probes, and run nothing else."""
    unsafe: bool = False
    """Whether functions that act on the machine may be used."""


@dataclass(frozen=True)
class Settings:
    """The keys of ``config`` that mean something here, with their defaults."""

    max_strlen: int = STRING_BYTES
    """Bytes of a string whose length only the event knows."""
    max_map_keys: int = DEFAULT_ENTRIES
    stack_mode: str = "bpftrace"
    missing_probes: str = ""
    """``error``, ``warn``, ``ignore`` or, where the script does not say, empty."""
    print_maps_on_exit: bool = True


_IGNORED_WORDS = """
cache_user_symbols cpp_demangle debuginfo_style lazy_symbolication license log_size max_ast_nodes max_bpf_progs
max_cat_bytes max_probes max_type_res_iterations on_stack_limit perf_rb_pages show_debug_info str_trunc_trailer
unstable_import unstable_macro unstable_map_decl unstable_tseries unstable_addr use_blazesym verify_llvm_ir
"""
_IGNORED = frozenset(_IGNORED_WORDS.split())
"""Keys of bpftrace that tune how bpftrace works and change nothing in what a script means."""
_CHOICES = {
    "stack_mode": STACK_MODES,
    "missing_probes": ("error", "warn", "ignore"),
    "print_maps_on_exit": ("true", "false", "1", "0"),
}
_RANGES = {"max_strlen": (1, MAX_STRING_BYTES), "max_map_keys": (1, MAX_ENTRIES)}


def read_settings(source: Source, script: syntax.Script, entries: int) -> Settings:
    """Return the script's settings; `entries` is the header's size of maps. ScriptError at a wrong one."""
    found: dict[str, Any] = {"max_map_keys": entries}
    for setting in script.settings:
        key = setting.key.lower().removeprefix("bpftrace_")
        if key in _IGNORED:
            continue
        if key not in _RANGES and key not in _CHOICES:
            raise source.error(
                setting.at,
                f"config has no key {setting.key}",
                hint=did_you_mean(key, [*_RANGES, *_CHOICES], f"it has {', '.join([*_RANGES, *_CHOICES])}"),
            )
        found[key] = _valid(source, setting, key)
    return Settings(**found)


def _valid(source: Source, setting: syntax.Setting, key: str) -> Any:
    """Return the value that the field of `Settings` has."""
    if key in _RANGES:
        least, most = _RANGES[key]
        if isinstance(setting.value, int) and least <= setting.value <= most:
            return setting.value
        raise source.error(
            setting.at, f"{key} cannot be {setting.value}", hint=f"write a number from {least} to {most}"
        )
    if str(setting.value) not in _CHOICES[key]:
        raise source.error(
            setting.at, f"{key} cannot be {setting.value}", hint=f"use one of {', '.join(_CHOICES[key])}"
        )
    return str(setting.value) in ("true", "1") if key == "print_maps_on_exit" else str(setting.value)
