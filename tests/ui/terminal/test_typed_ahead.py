"""Keys typed faster than the screen draws: each goes where the one before it led, at once or 5 ms apart."""

import pytest

from tests.ui.terminal import random_keys
from tests.ui.terminal.random_keys import load
from tests.ui.terminal.real_terminal import Screen

BURSTS = {
    "f1234": " filter 1234",
    "fpx12": " filter px12",
    "\\\\q9": " filter \\q9",
    "/1zpxq": " search 1zpxq",
    "tq1px": " latency of q1px",
    ":xq12 {": " : xq12 {",
    "e\x05q1p": "q1p",
    "\x10zq1x": "zq1x",
    "f12\r1": "off: its probes",
    "/futex\rf77": " filter 77",
    "f9\x15:1x": " filter :1x",
    ":views { @a = count(); }\rx:q12": " : q12",
    "?1234?f55": " filter 55",
    "\x10give the focused pane the\r\rf12": " filter 12",
}
"""What is typed, and what the screen comes to show."""
UNDER_LOAD = ("f1234", "fpx12", ":views { @a = count(); }\rx:q12", "\x10zq1x")


def typed(keys: str, pause_s: float) -> tuple[bool, str]:
    """Return whether the screen comes to show what the keys lead to, and what it shows."""
    screen = Screen()
    try:
        assert screen.shows("futex")
        screen.type(keys, pause_s=pause_s)
        return screen.shows(BURSTS[keys]), screen.text
    finally:
        screen.close()


@pytest.mark.parametrize("pause_s", [0.0, 0.005], ids=["at once", "5 ms"])
@pytest.mark.parametrize("keys", BURSTS)
def test_a_burst_goes_where_its_first_key_leads(keys: str, pause_s: float) -> None:
    led, text = typed(keys, pause_s)
    assert led, text


@pytest.mark.parametrize("keys", UNDER_LOAD)
def test_a_burst_goes_where_its_first_key_leads_on_a_machine_that_is_busy(keys: str) -> None:
    with load(6):
        led, text = typed(keys, 0.0)
    assert led, text


def test_keys_go_on_working_after_anything_was_typed() -> None:
    assert random_keys.run(seed=8, seconds=20.0) == ""
