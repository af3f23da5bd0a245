"""Stopping, and data of a newer version."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from cluster.errors import NewerSchema, Stopped, Unavailable
from cluster.operator import read
from cluster.seam import Health
from cluster.settings import SCHEMA
from cluster.types import Position, Published
from tests.contract.conftest import RealRedis
from tests.contract.recorder import DEADLINE
from tests.contract.space import LOBBY, Space
from tests.support.proxy import Proxy
from tests.support.waiting import wait_until

Proxied = Callable[[Space], Proxy]
ANSWERED = 60.0 * 0.3
"""Seconds for which an answer of Redis is waited for with a lease of a minute, where nothing cuts that short."""


def cluster_threads() -> list[str]:
    names = {"publisher", "reader", "subscriber", "beat"}
    return [thread.name for thread in threading.enumerate() if thread.name in names]


def test_newer_data_is_refused_by_name(space: Space) -> None:
    space.admin.set(space.key("schema"), SCHEMA + 1)
    node = space.node("n1")
    node.expects_fatal = True
    node.start()
    node.events.wait(lambda: node.events.fatal, "fatal")
    (error,) = node.events.fatal
    assert isinstance(error, NewerSchema)
    assert str(error) == "the data in Redis has schema 2, this version knows 1: upgrade Hydrachat"
    assert space.admin.keys(space.prefix + "*") == [space.key("schema")]


def test_the_schema_is_written(space: Space) -> None:
    space.serve("n1")
    assert space.admin.get(space.key("schema")) == str(SCHEMA)


def test_stop_carries_out_what_was_submitted_and_signs_off(space: Space) -> None:
    node = space.serve("n1")
    alice = node.claim("Alice")
    futures = [alice.submit(f"m{i}") for i in range(100)]
    alice.end()
    node.stop()
    assert all(isinstance(future.result(0), Published) for future in futures)
    assert len(space.kinds(LOBBY, "left")) == 1
    assert space.admin.zcard(space.key("nodes")) == 0
    assert not space.admin.exists(space.key(f"node:n1/{node.cluster.boot}"))
    assert cluster_threads() == []


def test_who_leaves_in_order_and_has_sessions_is_not_said_to_be_lost(space: Space) -> None:
    node, other = space.serve("n1"), space.serve("n2", grace=30.0)
    alice = node.claim("Alice")
    key, boot = space.key(f"node:n1/{node.cluster.boot}"), f"n1/{node.cluster.boot}"
    node.stop()
    assert space.admin.hgetall(key) == {"state": "stopped"}
    assert space.admin.pttl(key) > 0
    assert space.admin.zscore(space.key("nodes"), boot) is not None
    other.events.wait(lambda: space.row(alice)["state"] == "away", "away")
    (row,) = (row for row in read.nodes(space.admin, space.prefix) if row.node == "n1")
    assert (row.standing, row.alive) == ("stopped", False)


def test_stop_is_idempotent_and_may_come_from_several_threads(space: Space) -> None:
    node = space.serve("n1")
    with ThreadPoolExecutor(4) as pool:
        for stopping in [pool.submit(node.stop) for _ in range(4)]:
            stopping.result(DEADLINE)
    node.stop()
    node.cluster.want("#late")
    node.cluster.unwant("#late")
    assert cluster_threads() == []


def test_stop_without_start(space: Space) -> None:
    space.node("n1").stop()


def test_requests_after_stop_get_stopped(space: Space) -> None:
    node = space.serve("n1")
    alice = node.claim("Alice")
    node.stop()
    assert isinstance(alice.say("too late"), Stopped)
    with pytest.raises(Stopped):
        node.claim("Bob")
    with pytest.raises(Stopped):
        node.cluster.read(LOBBY, Position("", 0), 1)


def test_stop_while_redis_is_away_ends_by_its_deadline(space: Space, proxied: Proxied) -> None:
    proxy = proxied(space)
    node = space.serve("n1", lease=60.0, url=proxy.url)
    alice = node.claim("Alice")
    proxy.hold("publisher")
    futures = [alice.submit(f"m{i}") for i in range(10)]
    proxy.refuse()
    began = time.monotonic()
    node.stop(1.0)
    assert time.monotonic() - began < ANSWERED / 2
    wait_until(lambda: not cluster_threads(), 2.0, "all threads ended")
    assert all(isinstance(future.result(1), Stopped) for future in futures)


def test_stop_while_redis_is_frozen_ends_by_its_deadline(own_redis: RealRedis, own_space: Space) -> None:
    """Each answer is waited for longer than the deadline allows."""
    node = own_space.serve("n1", lease=60.0)
    alice = node.claim("Alice")
    own_redis.freeze()
    try:
        with ThreadPoolExecutor(2) as pool:
            reading = pool.submit(node.cluster.read, LOBBY, Position("", 0), 1)
            joining = pool.submit(alice.join, "#ops")
            pending = alice.submit("on its way")
            began = time.monotonic()
            node.stop(1.0)
            assert time.monotonic() - began < ANSWERED / 2
            assert isinstance(pending.result(1), Stopped)
            assert isinstance(joining.exception(1), Stopped)
            assert isinstance(reading.exception(1), Stopped)
        wait_until(lambda: not cluster_threads(), 2.0, "all threads ended")
    finally:
        own_redis.thaw()


def test_fifty_threads_wait_when_the_node_stops(space: Space, proxied: Proxied) -> None:
    proxy = proxied(space)
    # With a time-out that no busy machine reaches before all fifty ask: then Redis would be away.
    node = space.serve("n1", lease=15.0, url=proxy.url)
    users = [node.claim(f"u{i}") for i in range(50)]
    proxy.hold()
    with ThreadPoolExecutor(50) as pool:
        joining = [pool.submit(user.join, "#ops") for user in users]
        node.stop(0.5)
        errors = [each.exception(DEADLINE) for each in joining]
    assert {type(error) for error in errors} <= {Stopped, Unavailable}
    assert Stopped in {type(error) for error in errors}


def test_it_starts_while_redis_is_away(space: Space, proxied: Proxied) -> None:
    proxy = proxied(space)
    proxy.refuse()
    node = space.node("n1", lease=0.7, url=proxy.url).start()
    wait_until(lambda: proxy.refused > 3, what="it tries")
    node.wait_health(Health.DEGRADED)
    proxy.accept()
    node.wait_health(Health.SERVING)
    node.events.wait(lambda: len(node.events.healths) == 2, "told")
    assert node.events.healths == [Health.DEGRADED, Health.SERVING]
    assert node.events.recovered == []
