"""The system calls and files under all of `bpf`; nothing here imports anything above it.

In: attribute structures (`syscalls`) with the kernel's own numbers (`uapi`); paths.
Out: descriptors, texts, or OSError with the kernel's errno.
"""
