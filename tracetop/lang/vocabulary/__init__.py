"""The words of the language that are tables: builtin variables, directives, literals.

In: a word of a script. Out: what it means, or None where it is not one of them.
"""
