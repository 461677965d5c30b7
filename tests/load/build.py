"""Compiles the load programs of this directory: known amounts of known work, for kernel tests and benchmarks."""

import os
import subprocess
from pathlib import Path

SOURCES = Path(__file__).parent


def build_loads(directory: Path) -> dict[str, Path]:
    """Compile every program into `directory`; return their paths by name (``calls``, ``pingpong``, ...).

    A virtual machine finds them compiled by its host, in the folder of TT_LOADS.
    """
    built = Path(os.environ.get("TT_LOADS", directory))
    programs = {source.stem: built / source.stem for source in sorted(SOURCES.glob("*.c"))}
    for name, program in programs.items() if built == directory else ():
        source = SOURCES / f"{name}.c"
        described = ["-g"] if name == "typed" else []
        flags = ["-O2", "-Wall", "-Wextra", "-Werror", "-pthread", *described]
        subprocess.run(["gcc", *flags, "-o", program, source], check=True)
    return programs
