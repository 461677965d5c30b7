"""The compiler: text of the bpftrace language in, a typed `Program` with C for BCC out.

Owns: the language, from grammar to C. Refuses to own: files, kernels and BCC. It is pure, sees a kernel only through
`tracetop.model.kernel.Kernel`, and runs in the tracer process (and in tests, with a kernel that they wrote down).
`compile.py` is the table of contents.
"""

from tracetop.lang.compile import compile_script
from tracetop.lang.emit.program import STACK_DEPTH
from tracetop.model.header import read_header

__all__ = ["STACK_DEPTH", "compile_script", "read_header"]
