"""How much longer than on a real machine things take here: an emulated one says so in its environment."""

import os

SLOWNESS = float(os.environ.get("TT_SLOWNESS", "1"))
"""Limits of tests that wait for something are multiplied by it."""
