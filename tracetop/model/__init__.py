"""Frozen types that the layers hand to each other; no behaviour beyond what their own data defines."""
