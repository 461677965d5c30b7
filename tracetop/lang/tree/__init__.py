"""The trees that the passes hand to each other: the syntax tree, the hooks, the typed tree.

In and out: nothing; here are the nodes, their types, walks over them, and how they are shown for ``run -d``.
"""
