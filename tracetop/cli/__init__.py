"""The command line: what the user asked for, put together from the layers below."""
