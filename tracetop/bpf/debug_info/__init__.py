"""What programs' debug information (DWARF) says: parameters of functions, types, and the code of source lines.

In: a program's file, and its separate debug file. Out: `model.wire.debug_info`. `client` asks, in the tracer; `reader`
is a process of its own without rights, which ends when nobody asks, for such a file may be anybody's, and slow to read.
"""
