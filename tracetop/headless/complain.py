"""Errors on standard error, as every command without a screen prints them. Any process."""

import sys

from tracetop.errors import Diagnostic
from tracetop.view.text import escape


def complain(diagnostic: Diagnostic) -> None:
    """Print what, why and how to mend, escaped, each on a line of its own."""
    for line in diagnostic.text().split("\n"):
        print(escape(line), file=sys.stderr)
