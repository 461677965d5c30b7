"""The last pass: C for BCC.

In: the typed tree and the plan. Out: the text of one C program (`program`), nothing of which a script spelt out itself.
"""
