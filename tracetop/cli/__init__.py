"""The command line: what the user asked for, put together from the layers below.

In come words, out goes an exit code; each command is a module of `commands`, imported when it is asked for.
"""
