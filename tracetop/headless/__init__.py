"""Frames without a screen: aligned text and JSON lines. Never imports Textual.

In: messages of a source. Out: text on a stream, and the exit code of the command.
"""
