"""When a rest of the deliverer is over. No clock but the numbers here."""

from __future__ import annotations

import pytest

from node.pace import LONGEST, STILL, TIMES, Pace

ROUND = 0.005


def rested(pace: Pace, *comings: tuple[float, int], spent: float = ROUND) -> float:
    """How long a rest lasts in which bytes come, so many at each of these times; looked at every tenth of a ms."""
    offered = pace._before if pace._seen <= pace._before else pace._seen
    pace.begin(spent, 0.0, offered)
    for step in range(10_000):
        now = step / 10_000
        here = offered + sum(count for at, count in comings if at <= now)
        if not pace.left(now, here):
            return now
    raise AssertionError("it rests for ever")


def test_nothing_comes_it_rests_three_times_as_long_as_the_round_took() -> None:
    assert rested(Pace()) == pytest.approx(TIMES * ROUND)


def test_never_longer_than_the_longest() -> None:
    assert rested(Pace(), spent=1.0) == pytest.approx(LONGEST)


def test_what_comes_first_of_all_ends_it() -> None:
    """Nothing is known yet: nobody waits for what may never come."""
    assert rested(Pace(), (0.001, 100)) == pytest.approx(0.001)


def test_as_much_as_last_time_ends_it_at_once_and_less_does_not() -> None:
    pace = Pace()
    rested(pace, (0.001, 4000))
    assert rested(pace, (0.001, 1000), (0.002, 1000), (0.003, 2000)) == pytest.approx(0.003)


def test_less_than_last_time_ends_it_when_nothing_has_come_for_a_while() -> None:
    pace = Pace()
    rested(pace, (0.001, 4000))
    assert rested(pace, (0.001, 1000), (0.002, 1000)) == pytest.approx(0.002 + STILL)


def test_a_trickle_does_not_make_it_longer_than_three_rounds() -> None:
    pace = Pace()
    rested(pace, (0.001, 1_000_000))
    assert rested(pace, *((step / 1000, 1) for step in range(100))) == pytest.approx(TIMES * ROUND)


def test_two_halves_that_come_in_turn_become_one() -> None:
    """Of two groups each hears the other while it waits: if the rest ended with what had come when it began, they would
    never meet."""
    pace = Pace()
    rested(pace, (0.001, 2000))
    pace.begin(ROUND, 1.0, 4000)  # the other half came in the round
    assert pace.left(1.0, 4000)
    assert not pace.left(1.002, 6000)  # and this one again: all that there is, and so much is waited for from now on
    assert rested(pace, (0.001, 2000), (0.002, 2000)) == pytest.approx(0.002)


def test_what_is_not_said_any_more_is_forgotten() -> None:
    pace = Pace()
    rested(pace, (0.001, 4000))
    for _ in range(200):
        lasted = rested(pace, (0.001, 1000))
    assert lasted == pytest.approx(0.001)
