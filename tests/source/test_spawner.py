"""What a tracer gets to see of the user's environment."""

import os
import sys

import pytest

from tracetop.source.spawner import Spawner

SHOW = (sys.executable, "-I", "-c", "import os; print(sorted(os.environ), os.environ.get('TZ'))")


def seen() -> str:
    spawner = Spawner(SHOW)
    commands, messages = spawner.spawn()
    with os.fdopen(messages, "rb") as stream:
        text = stream.read().decode()
    os.close(commands)
    spawner.close()
    return text


@pytest.mark.parametrize(
    "zone",
    ["Europe/Berlin", ":America/Argentina/Buenos_Aires", ":/etc/localtime", "/usr/share/zoneinfo/UTC", "XYZ-3",
     "<+0330>-3:30", "CET-1CEST,M3.5.0,M10.5.0/3", ""],
)  # fmt: skip
def test_the_time_zone_is_passed_on(monkeypatch: pytest.MonkeyPatch, zone: str) -> None:
    monkeypatch.setenv("TZ", zone)
    assert seen() == f"['LANG', 'PATH', 'TZ'] {zone}\n"


@pytest.mark.parametrize("zone", ["/etc/shadow", ":/etc/shadow", "../../etc/shadow", "UTC/../../x", "a\nb", "x y"])
def test_a_time_zone_leads_to_no_other_file(monkeypatch: pytest.MonkeyPatch, zone: str) -> None:
    monkeypatch.setenv("TZ", zone)
    assert seen() == "['LANG', 'PATH'] None\n"


def test_nothing_else_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/tmp")
    monkeypatch.setenv("LD_PRELOAD", "")
    monkeypatch.delenv("TZ", raising=False)
    assert seen() == "['LANG', 'PATH'] None\n"
