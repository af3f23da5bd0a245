"""The probe's round trip, by a clock of our own."""

from __future__ import annotations

from cluster.hearing import Hearing


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def made() -> tuple[Clock, Hearing]:
    clock = Clock()
    return clock, Hearing(clock)


def test_silence_counts_from_the_oldest_probe_that_is_missing() -> None:
    clock, hearing = made()
    assert hearing.silence() == 0
    hearing.sent("a")
    clock.now += 1
    hearing.sent("b")
    clock.now += 1
    assert (hearing.silence(), hearing.waited()) == (2, 2)
    hearing.heard("a")
    assert (hearing.silence(), hearing.waited()) == (1, 1)


def test_a_later_probe_settles_the_earlier_ones() -> None:
    clock, hearing = made()
    hearing.sent("a")
    clock.now += 5
    hearing.sent("b")
    hearing.heard("b")
    assert hearing.silence() == 0


def test_a_stranger_s_probe_counts_for_nothing() -> None:
    clock, hearing = made()
    hearing.sent("a")
    clock.now += 5
    hearing.heard("another")
    assert hearing.silence() == 5


def test_a_reset_gives_up_its_probes_but_not_the_silence() -> None:
    clock, hearing = made()
    hearing.sent("a")
    clock.now += 3
    hearing.reset()
    assert (hearing.silence(), hearing.waited()) == (3, 0)
    hearing.sent("b")
    clock.now += 1
    assert (hearing.silence(), hearing.waited()) == (4, 1)
    hearing.reset()
    hearing.heard("b")  # given up, so it proves nothing about the present subscription
    assert hearing.silence() == 4
    hearing.sent("c")
    hearing.heard("c")
    assert (hearing.silence(), hearing.waited()) == (0, 0)


def test_an_outage_of_redis_proves_nothing() -> None:
    clock, hearing = made()
    hearing.sent("a")
    clock.now += 3
    hearing.reset()
    hearing.restart()
    assert (hearing.silence(), hearing.waited()) == (0, 0)
