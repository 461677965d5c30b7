"""The dashboard: draws frames in a terminal and turns keys into commands. Screen process, one asyncio thread."""
