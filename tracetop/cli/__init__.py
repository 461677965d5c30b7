"""The command line: what the user asked for, put together from the layers below.

In: words and the environment. Out: a tracer that was started, the right reader of what it sends, and an exit code.
"""
