"""Rows of `hydrachat bench` that only our own clients can do: a small one of each, against real servers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.ceiling import ceiling
from drill.bench import rows
from drill.bench.kinds import KINDS, running
from drill.bench.measured import Measured
from drill.bench.peer import Places, Servers
from drill.bench.rows import Row, measure
from drill.bench.trouble import LOBBY
from drill.processes.redis_server import RedisProcess

OURS = KINDS["hydrachat"]
WARM_UP, SECONDS = 0.2, 1.0


@pytest.fixture
def servers(redis_server: str, tmp_path: Path) -> Iterator[Servers]:
    with running("hydrachat", tmp_path) as made:
        yield made


def small(servers: Servers, row: Row) -> Measured:
    found = measure(servers, OURS, row, WARM_UP, SECONDS)
    assert found.entering.seconds > 0
    return found


def test_publishers_go_on_when_they_are_accepted(servers: Servers) -> None:
    found = small(servers, Row("publish", 6, outstanding=4, rooms=2))
    # More than the windows held at first: others were said since.
    assert found.counted.deliveries > 6 * 4


def test_the_ceiling_of_publishing_takes_all_that_is_said(redis_server: str, tmp_path: Path) -> None:
    redis = RedisProcess(redis_server, "redis", tmp_path)
    try:
        redis.start()
        # It looks at each session's n itself.
        assert ceiling(redis, Places(2, 6), 2, 100, WARM_UP, SECONDS).counted.deliveries > 0
    finally:
        redis.discard()


def test_what_kept_redis_busy_is_found_once(servers: Servers) -> None:
    redis = servers.processes[0]
    assert isinstance(redis, RedisProcess)
    servers.stood_still()
    with redis.client() as client:
        client.eval("local x = 0; for i = 1, 3e7 do x = x + i end", 0)
    busy = servers.stood_still()
    assert busy > 0.03
    assert servers.stood_still() < busy


def test_each_of_a_small_room_has_what_is_said_there(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "SETTLE", 0.0)
    found = small(servers, Row("rooms", 6, rate=20.0, rooms=10))
    assert found.counted.deliveries > 0
    assert found.counted.latencies


@pytest.mark.parametrize("what", [("flood", LOBBY), ("flood", "#elsewhere"), ("deaf", LOBBY)], ids=" ".join)
def test_trouble_goes_on_while_the_others_are_measured(servers: Servers, what: tuple[str, str]) -> None:
    found = small(servers, Row("trouble", 4, 2, rate=20.0, trouble=what))
    assert found.counted.latencies
