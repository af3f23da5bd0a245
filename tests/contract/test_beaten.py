"""What a heartbeat that came through tells its node."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from redis.exceptions import ResponseError

from cluster.memory import memory_of
from tests.contract.space import Space
from tests.support.proxy import Proxy

LEASE, SLOW = 6.0, 1.2
"""Seconds; also of each answer, as of a Redis whose disk is slow to sync: less than it is waited for."""


class Late(Proxy):
    """The way to a Redis that answers each of the beat's requests only after `delay` seconds, and counts them."""

    def __init__(self, target: int, delay: float = 0.0) -> None:
        self.asked = 0
        self._delay = delay
        self._over = threading.Event()
        super().__init__(target)

    def pass_on(self, pipe: object, data: bytes, is_reply: bool) -> bytes:
        is_beat = getattr(pipe, "role", "") == "beat"
        if is_beat and is_reply:
            self._over.wait(self._delay)
        self.asked += is_beat and not is_reply
        return super().pass_on(pipe, data, is_reply)  # type: ignore[arg-type]

    def close(self) -> None:
        self._over.set()
        super().close()


@pytest.fixture
def late(real_space: Space) -> Iterator[Late]:
    proxy = Late(real_space.backend.port, SLOW)
    yield proxy
    real_space.stop_all()
    proxy.close()


def test_a_heartbeat_waits_for_redis_twice(space: Space) -> None:
    """For each answer more that it waits for, a slow Redis takes it so much more of its lease."""
    proxy = Late(space.backend.port)
    try:
        node = space.serve("n1", 1.0, 1.0, proxy.url)
        node.events.wait(lambda: len(node.events.beats) >= 2, "the first ones, which have to load scripts")
        beats, asked = len(node.events.beats), proxy.asked
        node.events.wait(lambda: len(node.events.beats) >= beats + 8, "eight heartbeats more")
        assert proxy.asked - asked <= 2 * (8 + 2), "one may have been under way at the beginning, one at the end"
    finally:
        space.stop_all()
        proxy.close()


def test_a_redis_that_answers_late_costs_no_lease(real_space: Space, late: Late) -> None:
    slow = real_space.serve("n1", LEASE, 1.0, late.url)
    real_space.serve("n2", LEASE, 1.0)  # in time: what comes from the other one is judged
    real_space.end_hold()
    beats = len(slow.events.beats)
    slow.events.wait(lambda: len(slow.events.beats) >= beats + 4 or slow.events.leases_lost, "four heartbeats")
    assert not slow.events.leases_lost


def test_each_heartbeat_tells_how_long_it_took_and_how_full_redis_is(space: Space) -> None:
    node = space.serve("n1", 1.0, 1.0)
    node.events.wait(lambda: len(node.events.beats) >= 3, "three heartbeats")
    for beat in node.events.beats:
        assert 0 < beat.round_trip < 60
        assert beat.memory is None or beat.memory > 0


def test_a_real_server_tells_its_memory_and_its_limit(real_space: Space) -> None:
    real_space.admin.config_set("maxmemory", 500_000_000)
    try:
        node = real_space.serve("n1", 1.0, 1.0)
        node.events.wait(lambda: any(beat.memory_max == 500_000_000 for beat in node.events.beats), "the limit")
        assert all(100_000 < (beat.memory or 0) < 500_000_000 for beat in node.events.beats)
    finally:
        real_space.admin.config_set("maxmemory", 0)


def test_a_server_that_tells_nothing_is_no_trouble() -> None:
    assert memory_of(ResponseError("NOPERM this user has no permissions to run the 'info' command")) == (None, None)
    assert memory_of(b"# Memory\r\nused_memory:17\r\nmaxmemory:oops\r\n") == (17, None)
    assert memory_of(b"") == (None, None)
