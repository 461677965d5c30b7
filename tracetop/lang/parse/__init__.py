"""The first pass: text to syntax tree.

In: the text of a script, and the parameters it was given.
Out: `tree.syntax` with places, constants folded and macros put in; or a ScriptError with `advice`.
"""
