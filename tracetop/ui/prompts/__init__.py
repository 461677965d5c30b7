"""What is typed: the one-line prompt, the script prompt with its words and history, the editor; and the help.

In come keys, out go texts, to whoever opened the prompt.
"""
