"""The words of the language that are tables: builtin variables, directives, literals, registers.

In: a word of a script. Out: what it means.
"""
