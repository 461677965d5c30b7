"""What the processes say to each other, as msgpack after a length.

In: commands and questions (`messages`, `inquiries`), or bytes. Out: bytes, or messages and answers.
"""
