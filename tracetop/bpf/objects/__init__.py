"""All BPF objects of the machine, whoever loaded them.

In: the kernel's lists of programs, maps and links, and the descriptors of all processes.
Out: what each is and costs (`kernel_objects`, `stats`), who holds it and what it is attached to (`owners`).
"""
