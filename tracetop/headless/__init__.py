"""Commands without a screen: frames and answers as aligned text and as JSON lines. Never imports Textual.

In come messages of a source, out go lines on a stream, and the exit code.
"""
