"""tracetop: a terminal dashboard for Linux performance, backed by eBPF programs."""

__version__ = "0.1.0"
