"""Where frames come from: a tracer process on this machine. Starts the tracer, never imports it.

In: commands of the screen. Out: messages of the tracer. What the tracer must not do as root for a user, reading a file
that a script shows, is done here with that user's rights.
"""
