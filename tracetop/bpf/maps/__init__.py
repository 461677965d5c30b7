"""The maps of a loaded program.

In: descriptors of maps, read and written in batches; the ring buffer that programs send their events through.
Out: numpy arrays with the values of all CPUs merged, and events in the order that they were sent (`script_maps`).
"""
