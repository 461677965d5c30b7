"""The first step of a program: from C to programs in the kernel, attached to nothing yet.

In: a `Program` with its C. `bcc` finds BCC, `compile` has clang make instructions of it, `linker` joins functions.
Out: descriptors of programs (`loader`), or what the verifier has against them (`verifier_errors`).
"""
