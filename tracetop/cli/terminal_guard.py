"""The terminal as it was before the dashboard took it, for who outlives a dashboard that died.

Owns: what is put back, by the helper process that starts tracers, when the screen's process ended without doing so
itself: by a signal that no handler sees, or a fault. Refuses to own: the terminal while the screen lives. Nothing large
is imported: the helper is forked at the start.
"""

import os
import signal
import termios
from contextlib import suppress
from typing import Any

_MODES_OFF = "".join(f"\x1b[?{mode}l" for mode in (2026, 2004, 2048, 1000, 1003, 1015, 1006, 1016, 1004))
_RESTORED = f"{_MODES_OFF}\x1b[?7h\x1b[<u\x1b[0m\x1b[?1049l\x1b[?25h".encode()
"""Mouse, paste and focus reports off, lines wrapped, the keyboard's protocol, the screen before, the cursor shown."""


class TerminalGuard:
    """Remembers the terminal on standard input and output; to be made before anything changes it."""

    def __init__(self) -> None:
        self._modes: list[Any] | None = None
        with suppress(termios.error, OSError):
            self._modes = termios.tcgetattr(0)

    def restore(self) -> None:
        """Put the terminal back. A shell that has taken it already sees to its modes itself, not to what is shown."""
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)  # else whoever is not in the foreground is stopped
        with suppress(termios.error, OSError):
            if self._modes is not None:
                os.set_blocking(1, False)  # a terminal that takes nothing keeps nobody
                os.write(1, _RESTORED)
                os.set_blocking(1, True)
                if not _is_taken():
                    termios.tcsetattr(0, termios.TCSANOW, self._modes)


def _is_taken() -> bool:
    """Whether another job has the terminal; where whoever died was the session's leader, nobody has."""
    try:
        return os.tcgetpgrp(0) != os.getpgrp()
    except OSError:
        return False
