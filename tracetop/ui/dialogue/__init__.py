"""The conversation with the source.

In: keys (`keys`), messages of the source. Out: commands, and what was asked for and is not in force yet (`pending`).
"""
