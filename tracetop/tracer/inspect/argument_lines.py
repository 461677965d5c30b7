"""What ``tracetop list -v`` prints under a probe: its arguments, one a line."""

from tracetop.bpf import RunningKernel
from tracetop.errors import KernelError
from tracetop.model.kernel import TracepointFormat
from tracetop.model.kinds import Family, ProbeKind
from tracetop.tracer.inspect.c_declarations import declaration, function_lines


def argument_lines(kind: ProbeKind, name: str, kernel: RunningKernel) -> tuple[str, ...]:
    """Return the arguments of a probe of the kernel."""
    _, *parts = name.split(":")
    if kind is ProbeKind.TRACEPOINT:
        format_ = kernel.tracepoint(*parts)
        return _fields(format_) if format_ else ()
    if kind is ProbeKind.RAW_TRACEPOINT:
        function = kernel.raw_tracepoint(parts[-1])
    elif kind is ProbeKind.ITER:
        return _handed(f"bpf_iter__{parts[-1]}", kernel)
    elif kind.facts.family is Family.FUNCTION and kind is not ProbeKind.KRETPROBE:
        function = kernel.function(parts[-1], parts[0] if len(parts) > 1 else "")
    else:
        return ()
    return function_lines(function, returns=kind is ProbeKind.FEXIT) if function else ()


def _handed(record: str, kernel: RunningKernel) -> tuple[str, ...]:
    """Return what ``ctx`` of an iterator has, but for what it says of the iteration itself."""
    struct, lines = kernel.struct(record), []
    for field in struct.fields if struct else ():
        inner = kernel.struct(field.type.name) if not field.name else None  # a pointer and what makes it 8 bytes wide
        named = inner.fields[0] if inner else field
        if named.name and named.name != "meta":
            lines.append(declaration(named.type, named.name))
    return tuple(lines)


def parameter_lines(path: str, offsets: tuple[int, ...], kernel: RunningKernel) -> tuple[tuple[str, ...], ...]:
    """Return the parameters of functions of a binary, by their places in it; nothing where it does not tell them."""
    try:
        return tuple(each.lines if each else () for each in kernel.sources.functions(path, offsets))
    except KernelError:
        return ((),) * len(offsets)


def _fields(format_: TracepointFormat) -> tuple[str, ...]:
    """Return the fields as C declares them, ``char comm[16]``."""
    split = [(field.name, field.c_type.partition("[")) for field in format_.fields]
    return tuple(f"{base} {name}{bracket}{dimensions}" for name, (base, bracket, dimensions) in split)
