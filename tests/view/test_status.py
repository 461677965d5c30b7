"""Status words: nothing that is lost goes unsaid, and nothing hostile gets through."""

import pytest

from tests.headless import frames
from tracetop.model.filter import Filter
from tracetop.model.frame import Cost, PaneFrame, PaneState
from tracetop.view import status


def pane(**changes: object) -> PaneFrame:
    fields: dict[str, object] = {"name": "x", "title": "X", "state": PaneState.ON, **changes}
    return PaneFrame(**fields)  # type: ignore[arg-type]


def test_states_have_words_and_a_failure_its_reason() -> None:
    assert [status.state_text(pane(state=state)) for state in PaneState] == [
        "loading…",
        "on",
        "off",
        "asking",
        "failed",
    ]
    assert status.state_text(frames.failed()) == "failed: the profile probe cannot attach"


def test_every_kind_of_loss_is_named_and_makes_numbers_lower_bounds() -> None:
    lossy = pane(dropped=12, missed=3, views=(frames.stack_tree(),))
    assert status.loss_text(lossy) == (
        "incomplete: at least 12 updates dropped (map full), 3 events missed, 3 stacks lost (collision) in 30 s"
    )
    assert status.bound_sign(lossy) == "≥"


def test_a_complete_pane_has_nothing_to_confess() -> None:
    complete = pane(views=(frames.syscalls_table(),))
    assert status.loss_text(complete) == ""
    assert status.bound_sign(complete) == ""


def test_totals_say_what_each_number_is() -> None:
    assert status.table_totals(frames.syscalls_table()) == "1.62k/s  1.25M total  2.0 errors/s"
    assert status.table_totals(frames.syscalls_table(), "≥") == "≥1.62k/s  ≥1.25M total  ≥2.0 errors/s"
    assert status.number_text(frames.big_number()) == "opens 17"


def test_cost_is_shown_once_it_was_measured() -> None:
    assert status.cost_text(Cost()) == ""
    assert status.cost_text(Cost(53.2, 12_345.0, 0.42)) == "0.4% of a core (53 ns at 12.3k/s)"


@pytest.mark.parametrize(
    ("filter_", "text"),
    [
        (Filter(), "all processes"),
        (Filter(pid=812), "pid 812"),
        (Filter(comm="nginx*"), "comm nginx*"),
        (Filter(pid=812, comm="a\x1bb"), "pid 812 and comm a\\x1bb"),
    ],
)
def test_filters_read_as_words(filter_: Filter, text: str) -> None:
    assert status.filter_text(filter_) == text


def test_only_stale_data_has_an_age() -> None:
    assert [status.age_text(age) for age in (0.3, 1.9, 3.2)] == ["", "", "3 s old"]


def test_red_ends_when_the_loss_ends_and_totals_stay_lower_bounds() -> None:
    over = pane(dropped=12, lost_recently={})
    assert (over.complete, status.loss_text(over)) == (True, "")
    assert status.earlier_loss_text(over) == "earlier at least 12 updates dropped (map full)"
    assert status.bound_sign(over) == "≥"
    again = pane(dropped=12, lost_recently={"update": 2})
    assert status.loss_text(again) == "incomplete: at least 2 updates dropped (map full) in 30 s"
    assert status.earlier_loss_text(again) == ""


def test_a_pane_whose_script_may_lose_updates_is_not_complete() -> None:
    limited = pane(limits=("@seen evicts old entries", "@a\x1b may lose updates between CPUs"))
    assert not limited.complete
    assert status.loss_text(limited) == ""
    assert status.limit_text(limited) == "@seen evicts old entries, @a\\x1b may lose updates between CPUs"
    assert status.bound_sign(limited) == "≈"
