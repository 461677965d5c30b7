"""What is said about a script beside its clauses: by the asker (`Options`), and by its own ``config`` (`Settings`).

Owns: the names and values of ``config``, in a script and in the environment, where ``BPFTRACE_MAX_STRLEN`` is
``max_strlen``. What the environment says holds before what the script says, as in bpftrace.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tracetop.errors import UsageError, did_you_mean
from tracetop.lang.source import Source
from tracetop.lang.tree import syntax
from tracetop.lang.tree.types import STRING_BYTES
from tracetop.lang.vocabulary.directives import DEFAULT_ENTRIES, MAX_ENTRIES, Directives
from tracetop.lang.vocabulary.literals import amount
from tracetop.model.kernel import Kernel

MAX_STRING_BYTES = 1 << 20
_OLD_STRING_BYTES = 256
"""What `STRING_BYTES` is on a kernel that takes no long keys."""
STACK_MODES = ("bpftrace", "perf", "raw", "build_id")
ENVIRONMENT_PREFIX = "BPFTRACE_"


@dataclass(frozen=True)
class Options:
    """What the asker says."""

    params: tuple[str, ...] | None = None
    """``$1`` and so on, as written on a command line; None: integers that are read live (`model.abi.control`)."""
    named: tuple[str, ...] = ()
    """The script's own options, such as ``--name=5``."""
    pid: int = 0
    """The only process that user-space, sampling and counting probes are put on; 0 for all."""
    child: int = 0
    """What ``cpid`` is; 0 where there is no child."""
    mode: str = ""
    """``bench``: to measure the script's ``bench`` probes, and run nothing else."""
    unsafe: bool = False
    """Whether functions that act on the machine may be used."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Environment variables of the asker that begin with `ENVIRONMENT_PREFIX`; names that mean nothing are no fault."""
    tells_reads: bool = False
    """Whether it is told where a read of memory fails, which gives zeros."""
    probe_filter: str = ""
    """A regular expression: probes whose names it does not match are left out; empty for none."""


@dataclass(frozen=True)
class Settings:
    """The keys of ``config`` that mean something here, with their defaults."""

    max_strlen: int = STRING_BYTES
    """Bytes of a string whose length only the event knows."""
    str_trunc_trailer: str = ".."
    """What is shown after a string that fills them."""
    max_map_keys: int = DEFAULT_ENTRIES
    stack_mode: str = "bpftrace"
    missing_probes: str = ""
    """``error``, ``warn``, ``ignore`` or, where the script does not say, empty."""
    print_maps_on_exit: bool = True
    max_cat_bytes: int = 10240
    unstable_tseries: str = "warn"
    others: Mapping[str, int | str | bool] = field(default_factory=dict, compare=False)
    """What was said of keys that mean nothing here, for a script that asks."""

    def record(self) -> dict[str, int | str | bool]:
        """Return every setting by name, in the order in which bpftrace shows them."""
        own = {name: getattr(self, name) for name in _KEYS} | {"missing_probes": self.missing_probes or "error"}
        return {name: own.get(name, self.others.get(name, default)) for name, default in _SHOWN.items()}


_SHOWN: Mapping[str, int | str | bool] = {
    "cpp_demangle": True,
    "lazy_symbolication": True,
    "print_maps_on_exit": True,
    "use_blazesym": False,
    "show_debug_info": False,
    "log_size": 1000000,
    "max_bpf_progs": 1024,
    "max_cat_bytes": 10240,
    "max_map_keys": DEFAULT_ENTRIES,
    "max_probes": 1024,
    "max_strlen": STRING_BYTES,
    "on_stack_limit": 32,
    "perf_rb_pages": 0,
    "str_trunc_trailer": "..",
    "unstable_import_statement": "error",
    "unstable_tseries": "warn",
    "unstable_typeinfo": "error",
    "unstable_dw_ustack": "warn",
    "missing_probes": "error",
    "stack_mode": "bpftrace",
    "license": "GPL",
}
"""What ``config()`` has, with the defaults of what means nothing here."""
_ANY = (0, (1 << 63) - 1)
_TRUE, _FALSE = ("true", "1"), ("false", "0")
_FLAG = (*_TRUE, *_FALSE)
_FEATURE = ("error", "warn", "enable")
_KEYS: Mapping[str, tuple[int, int] | tuple[str, ...]] = {
    "max_strlen": (1, MAX_STRING_BYTES),
    "max_map_keys": (1, MAX_ENTRIES),
    "max_cat_bytes": (0, 1 << 20),
    "stack_mode": STACK_MODES,
    "missing_probes": ("error", "warn", "ignore"),
    "print_maps_on_exit": _FLAG,
    "unstable_tseries": _FEATURE,
    "str_trunc_trailer": (),
}
"""Numbers in a range, one of some words, or any text (nothing)."""
_WITHOUT_MEANING: Mapping[str, tuple[int, int] | tuple[str, ...]] = {
    "cache_user_symbols": ("PER_PID", "PER_PROGRAM", "NONE"),
    "license": ("GPL", "GPL v2", "GPL and additional rights", "Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL"),
    **dict.fromkeys(("log_size", "max_bpf_progs", "max_probes", "on_stack_limit", "perf_rb_pages"), _ANY),
    **dict.fromkeys(("max_ast_nodes", "max_type_res_iterations"), _ANY),
    **dict.fromkeys(("cpp_demangle", "lazy_symbolication", "show_debug_info", "use_blazesym"), _FLAG),
    **dict.fromkeys(("debuginfo_style", "verify_llvm_ir"), ()),
    **dict.fromkeys(
        (
            *("unstable_import", "unstable_import_statement", "unstable_macro", "unstable_map_decl", "unstable_addr"),
            *("unstable_dw_ustack", "unstable_typeinfo"),
        ),
        _FEATURE,
    ),
}
"""Keys of bpftrace that tune how bpftrace works and change nothing in what a script means here."""
_ALL = {**_KEYS, **_WITHOUT_MEANING}


def read_settings(
    source: Source, script: syntax.Script, directives: Directives, kernel: Kernel, environment: Mapping[str, str]
) -> Settings:
    """Return the script's settings. ScriptError at a wrong one, UsageError for one of the environment.

    `directives`: the header's sizes of maps and strings.
    """
    string_bytes = directives.strings or (STRING_BYTES if kernel.takes_long_keys else _OLD_STRING_BYTES)
    found: dict[str, Any] = {"max_map_keys": directives.entries, "max_strlen": string_bytes}
    for setting in script.settings:
        key = setting.key.lower().removeprefix(ENVIRONMENT_PREFIX.lower())
        if key not in _ALL:
            raise source.error(
                setting.at,
                f"config has no key {setting.key}",
                hint=did_you_mean(key, _ALL, f"it has {', '.join(_KEYS)}"),
            )
        try:
            found[key] = _valid(key, setting.value)
        except ValueError as error:
            raise source.error(setting.at, f"{key} cannot be {setting.value}", hint=str(error)) from None
    found |= _of_environment(environment)
    others = {key: value for key, value in found.items() if key not in _KEYS}
    return Settings(**{key: value for key, value in found.items() if key in _KEYS}, others=others)


def _of_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    found = {}
    for name, text in environment.items():
        key = name.removeprefix(ENVIRONMENT_PREFIX).lower()
        if key not in _ALL or name != f"{ENVIRONMENT_PREFIX}{key.upper()}":
            continue
        try:
            found[key] = _valid(key, text)
        except ValueError as error:
            raise UsageError(f"{name} cannot be {text}", hint=f"{error}, or unset {name}") from None
    return found


def _valid(key: str, value: int | str) -> int | str | bool:
    """Return the value that the field of `Settings` has. ValueError says what it could be."""
    allowed = _ALL[key]
    if not allowed:
        return str(value)
    if isinstance(allowed[0], int):
        least, most = allowed
        number = amount(value) if isinstance(value, str) else value
        if number is None or not int(least) <= number <= int(most):
            raise ValueError(f"write a number from {least} to {most}")
        return number
    if str(value) not in allowed:
        raise ValueError(f"use one of {', '.join(map(str, allowed))}")
    return str(value) in _TRUE if allowed is _FLAG else str(value)
