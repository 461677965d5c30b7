"""The pass that types: every name is resolved, every expression has a type.

In: the syntax tree, the hooks of its probes, the kernel's types.
Out: the typed tree (`tree.typed`), or a ScriptError at the place that is wrong.
"""
