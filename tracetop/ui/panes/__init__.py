"""Where panes are on the screen and what is around their views.

In: the panes of a frame, the size of the terminal. Out: a grid of widgets with titles and states.
"""
