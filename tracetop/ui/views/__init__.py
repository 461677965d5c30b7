"""The views, one module a kind: table, histogram, call tree, flame, number, log, and a state where there is none.

In comes one view of a frame, out go lines of segments.
"""
