"""What was lost lately: a loss leaves the window with its time, and a count begun anew begins the window anew."""

from tracetop.tracer.aggregate.recent_losses import RecentLosses


def test_a_loss_leaves_the_window_once_it_is_old() -> None:
    recent = RecentLosses()
    assert recent.update(0.0, {}) == {}
    assert recent.update(1.0, {"stack collision": 430}) == {"stack collision": 430}
    assert recent.update(30.0, {"stack collision": 430}) == {"stack collision": 430}
    assert recent.update(32.0, {"stack collision": 430}) == {}
    assert recent.update(33.0, {"stack collision": 440, "update": 2}) == {"stack collision": 10, "update": 2}


def test_what_was_lost_before_the_first_look_counts_too() -> None:
    assert RecentLosses().update(100.0, {"update": 3}) == {"update": 3}


def test_counted_anew_the_window_begins_anew() -> None:
    recent = RecentLosses()
    recent.update(0.0, {"update": 5})
    assert recent.update(1.0, {}) == {}
    assert recent.update(2.0, {"update": 1}) == {"update": 1}
