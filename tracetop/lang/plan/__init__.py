"""The pass that decides how: nothing after it chooses.

In: the typed tree. Out: the layout of each map, which probes share a program, cheaper hooks for the same events, and
what is sampled.
"""
