"""The running kernel's types, from its BTF.

`raw` reads records, `types` says what they are in C, `lookup` finds them by name.
"""

from tracetop.bpf.kernel.btf.lookup import VMLINUX, Btf
