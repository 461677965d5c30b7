"""Names for addresses, and addresses for names.

In: kallsyms, ELF files, what processes map and mapped, the perf maps that compilers at run time write.
Out: functions of the kernel and of programs by address (`kallsyms`, `user_symbols`); places for probes (`binaries`).
"""
