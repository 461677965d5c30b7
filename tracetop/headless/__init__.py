"""Frames without a screen: aligned text and JSON lines. Never imports Textual."""
