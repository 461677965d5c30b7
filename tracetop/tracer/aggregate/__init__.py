"""From samples of maps to what a pane shows.

In: one `MapSample` of each map at every tick, and what /proc knows of processes.
Out: rates and totals in tables, distributions, call trees, numbers: the views of a frame (`aggregates`).
"""
