"""What a running script asks of user space, in a pane and in `run`.

In: the events of a loaded script (`events`), and the passing of time (`upkeep`).
Out: its output, to a stream (`script_run`) or as the lines of a log (`printed_lines`); maps that do not fill up.
"""
