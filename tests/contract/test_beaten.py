"""What a heartbeat that came through tells its node."""

from __future__ import annotations

from redis.exceptions import ResponseError

from cluster.memory import memory_of
from tests.contract.space import Space


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
