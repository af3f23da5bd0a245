"""How often the cluster hears of what was acknowledged, by a clock that the test moves."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from cluster.seam import Health
from cluster.types import Position
from node import acks
from node.acks import INTERVAL, RECEIVED, Acks


class Desk:
    """A connection as `Acks` sees it, and what the cluster was told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        self.told: list[int] = []
        self.acks = Acks()
        self.cluster = SimpleNamespace(health=Health.SERVING, acknowledge=self._acknowledge)
        house = SimpleNamespace(cluster=self.cluster)
        self.connection: Any = SimpleNamespace(native=True, house=house, session=SimpleNamespace(id="s1", claim="c1"))
        monkeypatch.setattr(acks, "time", SimpleNamespace(monotonic=lambda: self.now))

    def _acknowledge(self, session: str, claim: str, position: Position, state: str) -> None:
        assert (session, claim, state) == ("s1", "c1", RECEIVED)
        self.told.append(position.offset)

    def receive(self, *offsets: int) -> None:
        for offset in offsets:
            self.acks.received(self.connection, Position("E1", offset))


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk(monkeypatch)


def test_the_first_is_told_at_once_and_of_those_that_follow_the_newest(desk: Desk) -> None:
    desk.receive(*range(1, 11))
    assert desk.told == [1]
    desk.now += INTERVAL
    desk.receive(11)
    desk.receive(12)
    assert desk.told == [1, 11]


def test_what_nothing_follows_is_told_by_the_ticker(desk: Desk) -> None:
    desk.receive(1, 2)
    desk.acks.tick(desk.connection)
    desk.acks.tick(desk.connection)
    assert desk.told == [1, 2]


def test_while_redis_is_away_nothing_is_told_and_nothing_forgotten(desk: Desk) -> None:
    desk.cluster.health = Health.DEGRADED
    desk.receive(1, 2)
    desk.acks.tick(desk.connection)
    assert desk.told == []
    desk.cluster.health = Health.SERVING
    desk.acks.tick(desk.connection)
    assert desk.told == [2]


def test_who_leaves_has_acknowledged_what_waits(desk: Desk) -> None:
    """An end that overtook it brought the letter to the owner of a registered nickname again."""
    desk.receive(1, 2)
    desk.cluster.health = Health.DEGRADED
    desk.acks.leave(desk.connection)
    assert desk.told == [1, 2]
