"""What the C of a program and the Python around it both know, side by side.

In: numbers and names of ours. Out: the bytes that a program finds in its control map, or leaves in its maps.
"""
