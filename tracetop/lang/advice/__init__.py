"""What to write instead of what does not parse.

In: the text and where the parser stopped (`parse_failure`).
Out: a ScriptError that says what is wrong there and how it is written.
"""
