"""What scripts print, as bpftrace prints it: from the kernel's bytes to text or lines of JSON.

In: payloads of events and rows of maps (`values` and `decode` make values of them); names of this machine
(`machine_names`), which the tracer alone has. Out: text, of an event or of a whole map (`printer`).
"""
