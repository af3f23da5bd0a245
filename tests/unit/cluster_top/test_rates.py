"""Counters and histograms over time: resets, gaps, and what can't be told."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, strategies as st

from cluster.top.rates import History, Sample, Track, mean, quantile, rate, seen, together

INF = math.inf


def sample(at: float, **values: float) -> Sample:
    return Sample(at, values)


def delays(at: float, *counts: float) -> Sample:
    """Cumulative, at or below 1, 2, 4 and anything."""
    return Sample(at, {}, {"d": dict(zip((1.0, 2.0, 4.0, INF), counts, strict=True))})


def test_a_rate_is_growth_over_time() -> None:
    assert rate(sample(10, n=100), sample(14, n=108), "n") == 2


def test_a_counter_that_began_again_counts_from_zero() -> None:
    assert rate(sample(0, n=1000), sample(2, n=6), "n") == 3


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (sample(0), sample(1, n=1)),
        (sample(0, n=1), sample(1)),
        (sample(1, n=1), sample(1, n=2)),
        (sample(0, n=math.nan), sample(1, n=2)),
    ],
)
def test_a_rate_that_can_not_be_told_is_none(before: Sample, now: Sample) -> None:
    assert rate(before, now, "n") is None


def test_a_mean_is_of_what_came_between() -> None:
    before, now = sample(0, h_count=10, h_sum=100), sample(1, h_count=14, h_sum=108)
    assert mean(before, now, "h") == 2
    assert mean(before, sample(1, h_count=2, h_sum=6), "h") == 3  # from zero again
    assert mean(before, before, "h") is None
    assert mean(sample(0), now, "h") is None


def test_buckets_are_those_of_what_came_between() -> None:
    assert seen(delays(0, 1, 2, 3, 4), delays(1, 1, 4, 6, 8), "d") == {1.0: 0, 2.0: 2, 4.0: 3, INF: 4}
    assert seen(delays(0, 5, 6, 7, 8), delays(1, 1, 1, 2, 2), "d") == {1.0: 1, 2.0: 1, 4.0: 2, INF: 2}
    assert seen(sample(0), delays(1, 1, 1, 1, 1), "d") == {}


def test_a_quantile_is_within_its_bucket() -> None:
    assert quantile({1.0: 0, 2.0: 10, INF: 10}, 0.5) == 1.5
    assert quantile({1.0: 99, 2.0: 100, INF: 100}, 0.99) == 1
    assert quantile({1.0: 0, 2.0: 0, INF: 3}, 0.5) == 2  # beyond: the last bound there is
    assert quantile({1.0: 0, INF: 0}, 0.5) is None
    assert quantile({}, 0.5) is None


@given(st.lists(st.floats(0, 10, allow_nan=False), min_size=1), st.floats(0.01, 1))
def test_a_quantile_is_no_further_off_than_its_bucket(values: list[float], q: float) -> None:
    bounds = [0.5, 1.0, 2.5, 5.0, 10.0, INF]
    buckets = {bound: float(sum(value <= bound for value in values)) for bound in bounds}
    found = quantile(buckets, q)
    true = sorted(values)[max(0, math.ceil(q * len(values) - 1e-9) - 1)]
    upper = min(bound for bound in bounds if true <= bound)
    lower = max((bound for bound in bounds if bound < upper), default=0.0)
    assert found is not None
    assert lower - 1e-9 <= found <= upper + 1e-9


def test_nodes_with_different_bounds_are_told_together() -> None:
    assert together([{1.0: 1, INF: 2}, {2.0: 3, INF: 4}, {}]) == {1.0: 1, 2.0: 4, INF: 6}
    assert together([]) == {}


def test_a_track_measures_from_one_look_to_the_next_and_delays_over_its_window() -> None:
    track = Track(10)
    for at in range(0, 31, 2):
        track.add(Sample(at, {"n": at * at}, delays(at, at, at, at, at).buckets))
    assert track.rate("n") == (900 - 784) / 2
    assert track.seen("d")[INF] == 10
    assert track.now("n") == 900


def test_nothing_is_known_while_a_node_does_not_answer_and_all_of_the_gap_after() -> None:
    track = Track(10)
    track.add(sample(0, n=0))
    assert track.rate("n") is None
    track.add(sample(2, n=2))
    track.add(None)
    assert (track.answered, track.rate("n"), track.now("n"), track.seen("d")) == (False, None, None, {})
    track.add(sample(12, n=22))
    assert track.rate("n") == 2


def test_a_track_keeps_no_more_than_its_window() -> None:
    track = Track(10)
    for at in range(1000):
        track.add(sample(at, n=at))
    assert len(track._samples) <= 12


def test_a_history_is_bounded_and_has_gaps() -> None:
    history = History(3)
    for value in (1.0, None, 3.0, 4.0):
        history.add({"n": value})
    assert history.last("n") == (None, 3.0, 4.0)
    assert history.last("m") == ()
