"""Where the calling conventions of the architectures keep things: fields of struct pt_regs. Facts, nothing else."""

ARGUMENTS = {
    "x86_64": ("di", "si", "dx", "cx", "r8", "r9"),
    "aarch64": tuple(f"regs[{i}]" for i in range(8)),
}
"""By argument of a function."""
RETURN = {"x86_64": "ax", "aarch64": "regs[0]"}
POINTERS = {"x86_64": ("ip", "sp"), "aarch64": ("pc", "sp")}
"""The instruction's and the stack's."""
RETURN_ADDRESS_BYTES = {"x86_64": 8, "aarch64": 0}
"""What a call leaves on the stack, below the arguments that do not fit into registers."""
NAMES = {
    "x86_64": {
        **{f"r{n}": f"r{n}" for n in range(8, 16)},
        **{
            name: name
            for name in ("ax", "bx", "cx", "dx", "si", "di", "bp", "sp", "ip", "cs", "ss", "flags", "orig_ax")
        },
        **{f"r{name}": name for name in ("ax", "bx", "cx", "dx", "si", "di", "bp", "sp", "ip")},
    },
    "aarch64": {**{f"r{n}": f"regs[{n}]" for n in range(31)}, "sp": "sp", "pc": "pc", "pstate": "pstate"},
}
"""What ``reg()`` takes, and the field of struct pt_regs."""
