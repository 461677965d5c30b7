"""Where something is typed: the filter, a search, a script; and what helps there.

In: keys, completions from the tracer. Out: texts for commands, once they are accepted.
"""
