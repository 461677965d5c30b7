"""Lines of text on a terminal: the base of everything drawn, the lines around panes, colours, the terminal itself.

In come styled lines, out go the few bytes that changed.
"""
