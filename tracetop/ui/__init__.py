"""The dashboard: draws frames in a terminal and turns keys into commands. Screen process, one asyncio thread.

In: messages of a source, keys. Out: lines on the screen, commands.
"""
