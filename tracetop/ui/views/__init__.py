"""One widget a kind of view: table, histogram, call tree, flame, number, log.

In: a view of a frame, laid out by `tracetop.view`. Out: lines, and the row that an action is about.
"""
