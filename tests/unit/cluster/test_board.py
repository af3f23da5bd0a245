"""Health: the facts, the word, and what is told."""

from __future__ import annotations

import threading
from itertools import pairwise, product

import pytest

from cluster.board import Board
from cluster.seam import Health


def reached() -> tuple[Board, list[Health]]:
    told: list[Health] = []
    board = Board(told.append)
    board.publishing(True)
    board.beating(True)
    return board, told


def test_starting_until_both_ways_work() -> None:
    told: list[Health] = []
    board = Board(told.append)
    assert board.health is Health.STARTING
    board.beating(True)
    board.hearing(True)
    assert (board.health, told) == (Health.STARTING, [])
    board.publishing(True)
    assert told == [Health.SERVING]


@pytest.mark.parametrize(("beats", "publishes", "hears"), list(product([True, False], repeat=3)))
def test_every_combination(beats: bool, publishes: bool, hears: bool) -> None:
    board, told = reached()
    board.hearing(hears)
    board.publishing(publishes)
    board.beating(beats)
    expected = Health.SERVING if hears else Health.DEAF
    if not (beats and publishes):
        expected = Health.DEGRADED
    assert board.health is expected
    assert told[-1] is expected


def test_redis_that_is_away_from_the_beginning_is_said() -> None:
    told: list[Health] = []
    board = Board(told.append)
    board.beating(False)
    board.beating(False)
    assert told == [Health.DEGRADED]


def test_only_changes_are_told() -> None:
    board, told = reached()
    for _ in range(3):
        board.beating(True)
        board.hearing(False)
    board.publishing(False)
    board.beating(False)
    assert told == [Health.SERVING, Health.DEAF, Health.DEGRADED]


def test_what_is_told_last_is_true_whoever_tells_it() -> None:
    """Two threads change facts at once: the words told are in order, and no word twice in a row."""
    told: list[Health] = []
    board = Board(told.append)
    barrier = threading.Barrier(2)

    def flap(change: str) -> None:
        barrier.wait(10)
        for i in range(500):
            getattr(board, change)(i % 2 == 0)
        getattr(board, change)(True)

    threads = [threading.Thread(target=flap, args=(name,)) for name in ("beating", "publishing")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert told[-1] is board.health is Health.SERVING
    assert all(one is not other for one, other in pairwise(told))
