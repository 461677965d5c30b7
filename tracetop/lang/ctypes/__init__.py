"""C types as scripts see them.

In: the names of types, and the definitions of a script itself.
Out: their sizes and members, and how a value of one is laid out in a map or an event.
"""
