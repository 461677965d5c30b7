"""The panes: where they stand on the screen, and which views each has.

In come frames, pane by pane; each view gets the part that it draws.
"""
