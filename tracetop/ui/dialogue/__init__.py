"""What the dashboard and its source say to each other, and how widgets say it to the app. No widgets.

In come messages of the source, out go commands; a frame settles what is pending.
"""
