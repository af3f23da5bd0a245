"""Redis stands still, dies, forgets, cuts connections: nobody who is there is declared gone, nothing is lost
unless it is told."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable

from tests.support.deployment import PREFIX, Deployment
from tests.support.history import Kind
from tests.support.native import NativeClient
from tests.support.plainclient import PlainClient
from tests.support.talker import Crowd
from tests.support.waiting import wait_until
from wire.codes import Code
from wire.frames import Accepted, Gap, Message, Welcome

Deploy = Callable[..., Deployment]


def test_redis_that_stands_still_for_longer_than_lease_and_grace_costs_nobody_his_place(deploy: Deploy) -> None:
    cluster = deploy(nodes=2, grace=1.0)
    with Crowd(cluster, 6, rate=20) as crowd, PlainClient(cluster.addresses[1], "person") as person:
        cluster.wait_for_reaping()
        crowd.wait_talk(1)
        person.expect("good morning")
        cluster.redis.freeze()
        since = time.monotonic()
        for node in cluster.nodes:
            node.wait_event("degraded")
            node.wait_ready(404)
        wait_until(lambda: time.monotonic() - since > 2.5 * (cluster.lease + cluster.grace), what="it lasts")
        cluster.redis.thaw()
        for node in cluster.nodes:
            node.wait_ready()
        crowd.wait_talk(3)
        person.type("still here")
        person.expect("person: still here")
        cluster.wait_for_reaping()
        crowd.finish(others=("person",))

        assert cluster.presence()["person"] == "n2 here"
        assert crowd.history.count(Kind.RENEWED) == crowd.history.count(Kind.GAP) == 0
        assert not [event for node in cluster.nodes for event in node.events("lease_lost")]


def test_kill_9_of_redis_and_its_restart_under_traffic(deploy: Deploy) -> None:
    cluster = deploy(nodes=2)
    with Crowd(cluster, 10) as crowd:
        crowd.wait_talk(3)
        epochs = _epochs(crowd)
        cluster.redis.kill()
        cluster.nodes[0].wait_event("degraded")
        cluster.redis.start()
        crowd.wait_talk(4)
        crowd.finish()

        assert len(_epochs(crowd)) == len(epochs) + 1
        assert crowd.history.count(Kind.RENEWED) == crowd.history.count(Kind.GAP) == 0


def test_flushall_under_traffic(deploy: Deploy) -> None:
    cluster = deploy(nodes=2)
    with Crowd(cluster, 10) as crowd:
        crowd.wait_talk(3)
        with cluster.redis.client() as redis:
            redis.flushall()
        crowd.wait_talk(4)
        crowd.finish()

        assert crowd.history.count(Kind.RENEWED) == 0
        assert set(cluster.presence()) == {talker.nick for talker in crowd.talkers}
        with cluster.redis.client() as redis:
            assert int(str(redis.hlen(f"{PREFIX}room:#lobby:members"))) == len(crowd.talkers)


def test_who_was_away_at_a_flushall_is_told_what_is_gone(deploy: Deploy) -> None:
    cluster = deploy(nodes=2, grace=15.0)
    with NativeClient(cluster.addresses[1], "ben") as ben:
        ben.enter()
        with NativeClient(cluster.addresses[0], "ana") as ana:
            welcome = ana.enter()
            ana.say("seen")
            seen = ana.expect_text("seen")
        wait_until(lambda: cluster.presence().get("ana") == "n1 away", what="ana is away")
        for text in ("one", "two", "three"):
            ben.say(text)
        missed = [ben.expect(Accepted).offset for _ in range(3)]
        with cluster.redis.client() as redis:
            redis.flushall()
        for node in cluster.nodes:
            node.wait_event("recovered")
        with NativeClient(cluster.addresses[1], "ana") as back:
            back.resume(welcome, {"#lobby": (seen.epoch, seen.offset), "@": welcome.logs["@"]}, n=1)
            assert back.expect(Welcome).session == welcome.session
            gap = back.expect(Gap, lambda frame: frame.log == "#lobby")
            ben.say("afterwards", "#lobby")
            after = back.expect_text("afterwards")

            assert gap.former == seen.epoch
            assert after.epoch != seen.epoch
            had = _offsets(back, seen.epoch)  # a node that still has the tail in memory tells it
            assert gap.complete == max([seen.offset, *had])
            assert all(offset in had or gap.first <= offset <= (gap.last or offset) for offset in missed)
            assert cluster.presence() == {"ana": "n2 here", "ben": "n2 here"}


def test_who_was_away_at_a_rewind_is_told_exactly_what_is_gone(deploy: Deploy) -> None:
    cluster = deploy(nodes=2, grace=20.0)
    with NativeClient(cluster.addresses[1], "ben") as ben, NativeClient(cluster.addresses[0], "eve") as eve:
        ben.enter()
        eve.enter()
        with NativeClient(cluster.addresses[0], "ana") as ana:
            welcome = ana.enter()
            ben.say("kept")
            ana.expect_text("kept")
        wait_until(lambda: cluster.presence().get("ana") == "n1 away", what="ana is away")
        ben.say("kept too")
        kept = eve.expect_text("kept too")
        shutil.copytree(cluster.redis.folder / "appendonlydir", cluster.folder / "backup")
        for text in ("gone 1", "gone 2", "gone 3"):
            ben.say(text)
            eve.expect_text(text)
        cluster.redis.kill()
        shutil.rmtree(cluster.redis.folder / "appendonlydir")
        shutil.copytree(cluster.folder / "backup", cluster.redis.folder / "appendonlydir")
        cluster.redis.start()
        for node in cluster.nodes:
            node.wait_event("recovered")
        with NativeClient(cluster.addresses[1], "ana") as back:
            back.resume(welcome, {"#lobby": (kept.epoch, kept.offset - 1), "@": welcome.logs["@"]})
            assert back.expect(Welcome).session == welcome.session
            back.expect_text("kept too")
            gap = back.expect(Gap)
            ben.say("goes on")
            back.expect_text("goes on")
            eve.expect_text("goes on")

            assert (gap.log, gap.former) == ("#lobby", kept.epoch)
            assert (gap.first, gap.last) == (kept.offset + 1, kept.offset + 3)
            assert gap.complete == max([kept.offset - 1, *_offsets(back, kept.epoch)])
            told = [frame for frame in eve.frames if isinstance(frame, Message) and not frame.history]
            assert [frame.text for frame in told] == ["kept", "kept too", "gone 1", "gone 2", "gone 3", "goes on"]


def test_a_full_redis_refuses_for_a_while_and_loses_nothing(deploy: Deploy) -> None:
    cluster = deploy(nodes=2)
    with Crowd(cluster, 6) as crowd, cluster.redis.client() as redis:
        crowd.wait_talk(2)
        before = crowd.history.count(Kind.ACCEPTED)
        redis.config_set("maxmemory", 1)
        refused = crowd.history.count(Kind.SENT) + 20
        wait_until(lambda: crowd.history.count(Kind.SENT) > refused, what="they talk into a full Redis")
        assert crowd.history.count(Kind.ACCEPTED) < before + 40
        redis.config_set("maxmemory", 0)
        crowd.wait_talk(2)
        crowd.finish()

        assert crowd.history.count(Kind.RENEWED) == crowd.history.count(Kind.GAP) == 0


def test_client_kill_of_the_subscriptions_under_traffic(deploy: Deploy) -> None:
    cluster = deploy(nodes=2)
    with Crowd(cluster, 10, rate=100) as crowd, cluster.redis.client() as redis:
        for _ in range(5):
            crowd.wait_talk(1)
            assert int(str(redis.execute_command("CLIENT", "KILL", "TYPE", "pubsub"))) >= 1
        crowd.wait_talk(2)
        crowd.finish()

        assert crowd.history.count(Kind.GAP) == crowd.history.count(Kind.RENEWED) == 0


def test_client_kill_of_everything_under_traffic(deploy: Deploy) -> None:
    cluster = deploy(nodes=2)
    with Crowd(cluster, 10, rate=100) as crowd, cluster.redis.client() as redis:
        for _ in range(5):
            crowd.wait_talk(1)
            redis.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        crowd.wait_talk(2)
        crowd.finish()

        assert crowd.history.count(Kind.GAP) == crowd.history.count(Kind.RENEWED) == 0


def test_a_node_starts_while_redis_is_away_and_serves_when_it_comes(deploy: Deploy) -> None:
    cluster = deploy(nodes=1, start=False)
    node = cluster.nodes[0]
    node.start()
    node.wait_event("degraded")
    node.wait_ready(404)
    assert not node.events("ready")
    with NativeClient(node.address, "early") as early:
        early.send_hello()
        early.expect_error(Code.DEGRADED)
    cluster.redis.start()
    node.wait_event("ready")
    node.wait_ready()
    with NativeClient(node.address, "early") as early:
        early.enter()
        early.say("at last")
        early.expect_text("at last")
    assert node.terminate() == 0


def test_a_node_that_redis_never_came_for_still_stops_in_order(deploy: Deploy) -> None:
    cluster = deploy(nodes=1, start=False)
    node = cluster.nodes[0]
    node.start()
    node.wait_event("degraded")

    assert node.terminate() == 0
    assert node.events("stopped")


def _epochs(crowd: Crowd) -> set[str]:
    return {h.epoch for h in crowd.history.all() if h.kind is Kind.ACCEPTED and h.to == "#lobby"}


def _offsets(client: NativeClient, epoch: str) -> list[int]:
    """Of the messages of the lobby that it was told in `epoch`."""
    told = [frame for frame in client.frames if isinstance(frame, Message) and not frame.history]
    return [frame.offset for frame in told if frame.log == "#lobby" and frame.epoch == epoch]
