"""Standard error and a standard output whose reader may go, as every command without a screen treats them."""

import os
import sys
from typing import IO

from tracetop.errors import Diagnostic
from tracetop.view.text import escape


def complain(diagnostic: Diagnostic) -> None:
    """Print what, why and the hint, escaped, each on a line of its own."""
    for line in diagnostic.text().split("\n"):
        print(escape(line), file=sys.stderr)


def silence(out: IO[str] | IO[bytes]) -> None:
    """Point a stream whose reader is gone at nothing, so that the flush at exit does not fail again."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, out.fileno())
    os.close(nowhere)
