"""Frozen types that the layers hand to each other; no behaviour beyond what their own data defines.

In and out: nothing is read or written here. Pure; both processes.
"""
