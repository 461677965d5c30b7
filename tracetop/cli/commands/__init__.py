"""The commands of tracetop, one module each: `parser()` says what its words may be, `run(words)` does it.

In: the words of the command line after the command. Out: text on stdout and the exit code, or a TracetopError.
A module is imported only when its command is asked for.
"""

from types import MappingProxyType

COMMANDS = MappingProxyType(
    {
        "batch": "the same numbers as text or JSON, without a screen",
        "list": "the probes that this kernel has, as bpftrace -l",
        "run": "a script as bpftrace would run it",
        "programs": "BPF programs and maps of this machine, and what they cost",
        "doctor": "what this machine can trace, and what to do about the rest",
    }
)
"""What the command line may begin with, the module of that name, and what it is for; `dashboard` is for all else."""
