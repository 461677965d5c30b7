"""How anything is drawn that is not one view's own.

In: texts and numbers. Out: lines with their styles (`line_view`), the bars at the screen's edges, colours (`theme`).
"""
