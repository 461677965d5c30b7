"""Pure functions from a Frame to what a reader shows: columns, strings, histograms, call trees, flame layouts.

In: views of a frame, a width. Out: text with its alignment; never a terminal's codes.
"""
