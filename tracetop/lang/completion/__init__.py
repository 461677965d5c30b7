"""Words for the prompt.

In: a text that is being typed and the place of the cursor in it; a kernel.
Out: the words that could stand there, the likeliest first.
"""
