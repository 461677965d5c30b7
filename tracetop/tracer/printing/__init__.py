"""What scripts print, as bpftrace prints it: from the kernel's bytes to text or lines of JSON.

Runs in the tracer, which alone has the names behind addresses and numbers. `datum` and `decode` make values of bytes,
`names` says what this machine calls them, `formats` is printf, `maps` and `histogram` put a map's entries in order,
`text` and `json_lines` are the two forms. `tracer.printed` is all of it for one loaded program.
"""
