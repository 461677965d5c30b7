"""``python -m tracetop``: the same as the command ``tracetop``."""

import sys

from tracetop.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
