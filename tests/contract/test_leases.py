"""R4: who is alive is decided by Redis's clock; each session of a dead node ends exactly once, or not at all."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping

import pytest

from cluster.errors import ClusterError, Fenced, LeaseLost
from cluster.seam import Health
from cluster.types import Position
from tests.contract.conftest import RealRedis
from tests.contract.recorder import DEADLINE
from tests.contract.space import LOBBY, Node, Space
from tests.support.proxy import Proxy
from tests.support.waiting import wait_until

LEASE, GRACE = 1.4, 0.3
LONG = 6.0  # a lease that does not end before the test fails
SLEEPY = (
    20.0  # one of which a third is longer than it takes to start a node: till then a held heartbeat degrades nobody
)
Proxied = Callable[[Space], Proxy]


def crash(node: Node, proxy: Proxy) -> None:
    """As by kill -9: connections break, nothing is signed off."""
    proxy.refuse()
    node.stop(0.3)


def lefts(space: Space) -> list[tuple[str, str]]:
    return [(fields["nick"], fields["text"]) for fields in space.kinds(LOBBY, "left")]


def test_sessions_of_a_dead_node_end_once_whoever_reaps(space: Space, proxied: Proxied) -> None:
    proxy = proxied(space)
    dying = space.serve("n1", LEASE, GRACE, proxy.url)
    reapers = [space.serve(f"n{i}", LEASE, GRACE) for i in (2, 3, 4)]
    names = sorted(dying.claim(f"u{i}").name.shown for i in range(5))
    alive = reapers[0].claim("Alive")
    space.end_hold()
    crash(dying, proxy)
    space.age(dying, LEASE)
    wait_until(lambda: "u0" not in space.admin.hgetall(space.key("presence")) and len(lefts(space)) == 5, DEADLINE)
    assert sorted(lefts(space)) == [(name, "expired") for name in names]
    assert space.admin.hgetall(space.key("presence")) == {"Alive": "n2 here"}
    wait_until(lambda: [info.node for info in reapers[0].cluster.nodes()] == ["n2", "n3", "n4"], what="forgotten")
    assert len(lefts(space)) == 5
    assert alive.said("still here").n == 1


def test_sessions_of_a_dead_node_are_away_first(space: Space, proxied: Proxied) -> None:
    proxy = proxied(space)
    dying = space.serve("n1", LEASE, 60.0, proxy.url)
    space.serve("n2", LEASE, 60.0)
    alice = dying.claim("Alice")
    space.end_hold()
    crash(dying, proxy)
    wait_until(lambda: space.admin.hgetall(space.key("presence")) == {"Alice": "n1 away"}, what="away")
    row, score = space.row(alice), space.admin.zscore(space.key("nodes"), f"n1/{dying.cluster.boot}")
    assert row["state"] == "away"
    assert float(row["until"]) == score + LEASE * 1000 + 60_000


def test_who_resumes_in_time_never_left(space: Space, proxied: Proxied) -> None:
    proxy = proxied(space)
    dying = space.serve("n1", LEASE, 60.0, proxy.url)
    living = space.serve("n2", LEASE, 60.0)
    alice, bob = dying.claim("Alice"), dying.claim("Bob")
    space.end_hold()
    crash(dying, proxy)
    space.age(dying, LEASE)
    wait_until(lambda: space.row(alice)["state"] == "away", what="away")
    later = alice.resume_at(living)
    space.end_grace(alice, bob)
    wait_until(lambda: not space.row(bob), what="Bob's grace is over")
    assert lefts(space) == [("Bob", "expired")]
    assert later.said("I never left").n == 1


def test_a_late_heartbeat_is_refused_and_a_new_boot_begins(space: Space, proxied: Proxied) -> None:
    proxy = proxied(space)
    sleeper = space.serve("n1", LEASE, GRACE, proxy.url)
    other = space.serve("n2", LEASE, GRACE)
    alice, boot = sleeper.claim("Alice"), sleeper.cluster.boot
    space.end_hold()
    proxy.hold()
    pending = alice.submit("from my grave")
    space.age(sleeper, LEASE)
    wait_until(lambda: lefts(space) == [("Alice", "expired")], DEADLINE, "reaped")
    proxy.release()
    sleeper.events.wait(lambda: sleeper.events.leases_lost, "lease lost")
    assert isinstance(pending.result(DEADLINE), LeaseLost | Fenced)
    assert sleeper.cluster.boot != boot
    sleeper.wait_health(Health.SERVING)
    outcome = alice.say("from my grave", n=1)
    assert isinstance(outcome, Fenced), outcome
    # The new boot works like any other, and hears on its own channel, once it has subscribed it.
    channel = space.key(f"node:n1/{sleeper.cluster.boot}")
    wait_until(lambda: dict(space.admin.pubsub_numsub(channel))[channel] >= 1, DEADLINE, "subscribed")
    bob, eve = sleeper.claim("Bob"), other.claim("Eve")
    eve.said("psst", "@bob")
    sleeper.wait_texts(["psst"], bob.inbox)
    assert sleeper.events.leases_lost == 1
    assert space.kinds(LOBBY, "message") == []


def test_who_was_taken_for_dead_is_so_whatever_happens_to_redis_then(space: Space, proxied: Proxied) -> None:
    """Its sessions are away since. Late heartbeats are accepted after an outage, but it must not go on with them: they
    would end in the middle of their talk."""
    proxy = proxied(space)
    sleeper = space.serve("n1", LEASE, 60.0, proxy.url)
    other = space.serve("n2", LEASE, 60.0)
    alice, boot = sleeper.claim("Alice"), sleeper.cluster.boot
    space.end_hold()
    proxy.hold()
    space.age(sleeper, LEASE)
    wait_until(lambda: space.row(alice)["state"] == "away", DEADLINE, "away")
    space.admin.hset(space.key("term"), "hold", (space.admin.time()[0] + 600) * 1000)
    proxy.release()
    sleeper.events.wait(lambda: sleeper.events.leases_lost, "lease lost")
    assert sleeper.cluster.boot != boot
    sleeper.wait_health(Health.SERVING)
    assert isinstance(alice.say("from my grave", n=1), LeaseLost | Fenced)
    again = alice.resume_at(other)
    assert again.said("here").log == LOBBY
    assert space.row(again)["state"] == "here"
    assert lefts(space) == []


def test_one_late_heartbeat_is_one_new_boot(space: Space, proxied: Proxied) -> None:
    """Until the new boot is registered its own heartbeats must not be taken for late ones."""
    proxy = proxied(space)
    sleeper = space.serve("n1", LEASE, GRACE, proxy.url)
    space.serve("n2", LEASE, GRACE)
    space.end_hold()
    proxy.hold("publisher")
    space.admin.zrem(space.key("nodes"), f"n1/{sleeper.cluster.boot}")
    sleeper.events.wait(lambda: Health.DEGRADED in sleeper.events.healths, "the publisher is cut off")
    told = space.admin.info("stats")["total_commands_processed"] if space.backend.kind == "redis" else 0
    if told:  # several heartbeat periods
        wait_until(lambda: space.admin.info("stats")["total_commands_processed"] > told + 60)
    proxy.release()
    sleeper.wait_health(Health.SERVING)
    assert sleeper.events.leases_lost == 1


def test_a_restart_under_the_same_id_ends_the_older_boot_at_once(space: Space, proxied: Proxied) -> None:
    proxy = proxied(space)
    # Only the restart can end the lease in time; the older process is still connected, and asleep.
    older = space.serve("n1", LONG, GRACE, proxy.url)
    older.claim("Alice")
    space.end_hold()
    proxy.hold()
    newer = space.serve("n1", LONG, GRACE)
    wait_until(lambda: lefts(space) == [("Alice", "expired")], LONG, "reaped before the lease is over")
    bob = newer.claim("Bob")
    proxy.release()
    older.cluster.beat_soon()
    older.events.wait(lambda: older.events.superseded, "superseded", timeout=DEADLINE)
    assert bob.said("mine now").n == 1
    assert newer.events.superseded == 0


def test_a_sleeper_whose_place_was_taken_speaks_for_nobody_even_on_hold(space: Space, proxied: Proxied) -> None:
    proxy = proxied(space)
    older = space.serve("n1", SLEEPY, 60.0, proxy.url)
    alice = older.claim("Alice")
    proxy.hold("beat")
    space.serve("n1", SLEEPY, 60.0)
    space.age(older, SLEEPY)
    assert space.admin.hget(space.key("term"), "hold") > str(space.admin.time()[0] * 1000)
    outcome = alice.say("I am the real one")
    assert isinstance(outcome, LeaseLost), outcome
    proxy.release()
    older.cluster.beat_soon()
    older.events.wait(lambda: older.events.superseded, "superseded")


def test_an_orderly_exit_leaves_no_session_behind_longer_than_its_grace(space: Space) -> None:
    leaving, staying = space.serve("n1", LONG, GRACE), space.serve("n2", LONG, GRACE)
    alice = leaving.claim("Alice")
    space.end_hold()
    leaving.stop()
    wait_until(lambda: lefts(space) == [("Alice", "expired")], LONG, "its grace, not its lease, counts")
    assert staying.claim("Alice").session != alice.session


def test_a_frozen_redis_kills_nobody(own_redis: RealRedis, own_space: Space) -> None:
    nodes = [own_space.serve(f"n{i}", LEASE, GRACE) for i in (1, 2, 3)]
    users = [node.claim(f"User{i}") for i, node in enumerate(nodes)]
    own_space.end_hold()
    frozen_at = time.time()
    own_redis.freeze()
    for node in nodes:
        node.wait_health(Health.DEGRADED)
    with pytest.raises(ClusterError):
        users[0].submit("nothing is taken")
    wait_until(lambda: time.time() > frozen_at + LEASE + GRACE + 0.5, DEADLINE, "longer than lease and grace")
    own_redis.thaw()
    for node in nodes:
        node.wait_health(Health.SERVING)
    for user in users:
        assert user.said("there").n == 1
    own_space.end_hold()  # and even so nobody is late any more
    nodes[0].events.tops.clear()
    nodes[0].events.logs = [LOBBY]
    nodes[0].events.wait(lambda: nodes[0].events.tops, "another heartbeat, and reaping")
    assert lefts(own_space) == []
    assert [node.events.leases_lost for node in nodes] == [0, 0, 0]


def test_one_session_that_cannot_be_ended_keeps_no_other_from_it(space: Space, proxied: Proxied) -> None:
    proxy = proxied(space)
    dying = space.serve("n1", LEASE, GRACE, proxy.url)
    other = space.serve("n2", LEASE, GRACE)
    stuck = dying.claim("Stuck")
    stuck.join("#broken")
    free = [dying.claim(f"Free{i}") for i in range(3)]
    space.admin.delete(space.key("room:#broken:log"))
    space.admin.set(space.key("room:#broken:log"), "planted")
    space.end_hold()
    crash(dying, proxy)
    space.age(dying, LEASE)
    wait_until(lambda: not any(space.row(user) for user in free), DEADLINE, "the others ended")
    other.claim("Later").said("the cluster lives on")
    assert other.cluster.health is Health.SERVING
    space.admin.delete(space.key("room:#broken:log"))
    wait_until(lambda: not space.row(stuck), DEADLINE, "ended when it could be")
    assert sorted(nick for nick, _ in lefts(space)) == ["Free0", "Free1", "Free2", "Stuck"]


def test_a_heartbeat_waits_for_nothing_that_may_take_long(space: Space) -> None:
    node = space.serve("n1", LONG)
    node.events.logs = [LOBBY]
    let_go, stuck, tell = threading.Event(), threading.Event(), node.events.on_tops

    def on_tops(tops: Mapping[str, Position]) -> None:
        stuck.set()
        assert let_go.wait(DEADLINE)
        tell(tops)

    node.events.on_tops = on_tops  # type: ignore[method-assign]
    node.cluster.beat_soon()
    assert stuck.wait(DEADLINE)
    try:
        before = space.admin.zscore(space.key("nodes"), f"n1/{node.cluster.boot}")
        node.cluster.beat_soon()
        wait_until(
            lambda: space.admin.zscore(space.key("nodes"), f"n1/{node.cluster.boot}") > before, what="another beat"
        )
    finally:
        let_go.set()
    node.events.wait(lambda: LOBBY in node.events.tops, "the tops are told in the end")
