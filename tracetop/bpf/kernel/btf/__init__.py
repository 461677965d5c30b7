"""The running kernel's types, from its BTF.

In: the files of /sys/kernel/btf; names of types and functions. Out: their `model.ctype` descriptions, by `Btf`.
`raw` reads records, `types` says what they are in C, `lookup` finds them by name.
"""

from tracetop.bpf.kernel.btf.lookup import VMLINUX, Btf
