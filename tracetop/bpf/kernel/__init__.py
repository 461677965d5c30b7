"""What this kernel offers, and whether this process may use it.

In: tracefs, BTF, /proc, and programs that are loaded only to see whether they can be.
Out: `RunningKernel`, which answers the compiler's questions, and `check_privileges`.
"""
