"""The panes of a dashboard or a batch: which are open, what each shows, what it costs.

In: commands (`loop`), the scripts they name.
Out: a frame at every tick and after every change; answers for the prompt.
"""
