"""Redis stands still, dies, forgets, cuts connections: nobody who is there is declared gone, nothing is lost
unless it is told."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable

import pytest
from redis.exceptions import RedisError

from drill.history import Kind
from tests.support import append_only
from tests.support.deployment import PREFIX, Deployment
from tests.support.detour import Detour
from tests.support.native import NativeClient
from tests.support.plainclient import PlainClient
from tests.support.talker import Crowd
from tests.support.waiting import wait_until
from wire.codes import Code
from wire.frames import Accepted, Gap, Joined, Left, Message, Welcome

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


def test_nothing_is_lost_while_redis_is_killed_and_restarted(deploy: Deploy) -> None:
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


def test_who_was_away_through_an_outage_and_a_flushall_leaves_once(deploy: Deploy) -> None:
    cluster = deploy(nodes=2, grace=1.0)
    with NativeClient(cluster.addresses[1], "witness") as witness:
        witness.enter()
        crashed = NativeClient(cluster.addresses[0], "crashed")
        crashed.enter()
        witness.expect(Joined, lambda frame: frame.nick == "crashed")
        crashed.crash()
        wait_until(lambda: cluster.presence().get("crashed") == "n1 away", what="away is shown")
        cluster.redis.freeze()
        since = time.monotonic()
        wait_until(lambda: time.monotonic() - since > 2 * (cluster.lease + cluster.grace), what="it lasts")
        cluster.redis.thaw()
        with cluster.redis.client() as redis:
            redis.flushall()
        wait_until(lambda: cluster.presence().get("crashed") == "n1 away", what="the absent one is claimed again")
        left = witness.expect(Left)

        assert (left.nick, left.reason) == ("crashed", "expired")
        witness.say("still here")
        witness.expect_text("still here")
        assert len([frame for frame in witness.frames if isinstance(frame, Left)]) == 1
        wait_until(lambda: cluster.presence() == {"witness": "n2 here"}, what="presence is true")


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


def test_redis_that_has_lost_the_end_of_its_file_costs_nobody_anything(deploy: Deploy) -> None:
    """Under traffic: what was accepted and lost comes back from the nodes' memory, where it was, and unnoticed."""
    cluster = deploy(nodes=2)
    with Crowd(cluster, 10) as crowd, PlainClient(cluster.addresses[1], "pia") as pia:
        pia.expect("good morning")
        for _ in range(2):
            crowd.wait_talk(3)
            pia.type("before the loss")
            pia.expect("pia: before the loss")
            cluster.redis.kill()
            lost = _cut_tail(cluster, 20_000)
            assert b"XADD" in lost
            cluster.redis.start()
            crowd.wait_talk(4)
        pia.type("after the loss")
        pia.expect("pia: after the loss")
        crowd.finish(others=("pia",))

        assert crowd.history.count(Kind.RENEWED) == crowd.history.count(Kind.GAP) == 0
        assert "may be missing" not in "\n".join(pia.lines)


def _cut_tail(cluster: Deployment, size: int) -> bytes:
    """Of the append-only file of a Redis that does not run; returns what was cut off."""
    file = append_only.growing(cluster.redis.data)
    data = file.read_bytes()
    file.write_bytes(data[:-size])
    return data[-size:]


def test_who_was_away_at_a_flushall_misses_nothing(deploy: Deploy) -> None:
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
            ben.expect_text(text)
        with cluster.redis.client() as redis:
            redis.flushall()
        for node in cluster.nodes:
            node.wait_event("recovered")
            node.wait_ready()
        with NativeClient(cluster.addresses[1], "ana") as back:
            back.resume(welcome, {"#lobby": (seen.epoch, seen.offset), "@": welcome.logs["@"]}, n=1)
            assert back.expect(Welcome).session == welcome.session
            for client in (ben, back):
                ben.say(f"afterwards, {client.nick}", "#lobby")
                client.expect_text(f"afterwards, {client.nick}")

            assert _told(back)[:3] == ["one", "two", "three"]
            assert not [frame for client in (ben, back) for frame in client.frames if isinstance(frame, Gap)]
            assert cluster.presence() == {"ana": "n2 here", "ben": "n2 here"}


def test_a_letter_that_only_a_killed_node_knew_is_told_to_be_missing(deploy: Deploy) -> None:
    """Accepted while its addressee's node was cut off from Redis, which then loses all; its sender never comes back."""
    cluster = deploy(nodes=3, grace=8.0, start=False)
    with Detour(cluster.redis.port) as detour:
        cluster.nodes[0] = lonely = cluster.make_node("n1", detour.url)
        cluster.start()
        with NativeClient(cluster.addresses[0], "ben") as ben, NativeClient(cluster.addresses[2], "eve") as eve:
            since, also = ben.enter().logs["@"], eve.enter().logs["@"]
            cluster.wait_known()
            with NativeClient(cluster.addresses[1], "ana") as ana:
                ana.enter()
                detour.cut.set()
                lonely.wait_event("degraded")
                ana.say("psst", "@ben")
                ana.expect(Accepted)
                cluster.nodes[1].kill()
            with cluster.redis.client() as redis:
                redis.flushall()
            detour.cut.clear()
            gaps = [client.expect(Gap, lambda frame: frame.log == "@") for client in (ben, eve)]
            assert [(gap.former, gap.complete, gap.first, gap.last) for gap in gaps] == [
                (since[0], 0, 1, 0), (also[0], 0, 1, 0),
            ]  # fmt: skip
            eve.say("still here", "@ben")
            ben.expect_text("still here")
            assert len([f for c in (ben, eve) for f in c.frames if isinstance(f, Gap) and f.log == "@"]) == 2
        lonely.discard()


def test_who_was_away_at_a_rewind_gets_what_was_lost(deploy: Deploy) -> None:
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
        append_only.keep(cluster.redis.data, cluster.folder / "backup")
        for text in ("gone 1", "gone 2", "gone 3"):
            ben.say(text)
            eve.expect_text(text)
        cluster.redis.kill()
        append_only.put_back(cluster.folder / "backup", cluster.redis.data)
        cluster.redis.start()
        for node in cluster.nodes:
            node.wait_event("recovered")
            node.wait_ready()
        with NativeClient(cluster.addresses[1], "ana") as back:
            back.resume(welcome, {"#lobby": (kept.epoch, kept.offset - 1), "@": welcome.logs["@"]})
            assert back.expect(Welcome).session == welcome.session
            ben.say("goes on")
            for client in (back, eve):
                client.expect_text("goes on")

            assert _told(back) == ["kept too", "gone 1", "gone 2", "gone 3", "goes on"]
            assert _told(eve) == ["kept", *_told(back)]
            assert not [frame for client in (eve, back) for frame in client.frames if isinstance(frame, Gap)]


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


def test_a_disk_that_is_full_costs_time_and_nothing_else(deploy: Deploy) -> None:
    """`appendfsync everysec`: Redis stays, and refuses each write with MISCONF until there is room."""
    cluster = deploy(nodes=2)
    with Crowd(cluster, 6) as crowd, cluster.redis.client() as redis, PlainClient(cluster.addresses[1], "pia") as pia:
        redis.config_set("appendfsync", "everysec")
        pia.expect("good morning")
        crowd.wait_talk(2)
        _fill_disk(cluster)
        for node in cluster.nodes:
            node.wait_event("degraded")
            node.wait_ready(404)
        with pytest.raises(RedisError, match="MISCONF"):
            redis.set("anything", "at all")
        pia.type("into the full disk")
        pia.expect("your line waits")
        _fill_disk(cluster, False)
        pia.expect("pia: into the full disk")
        for node in cluster.nodes:
            node.wait_ready()
        crowd.wait_talk(2)
        crowd.finish(others=("pia",))

        assert crowd.history.count(Kind.RENEWED) == crowd.history.count(Kind.GAP) == 0


def test_a_disk_that_is_full_ends_a_redis_that_always_syncs_and_nothing_else(deploy: Deploy) -> None:
    """`appendfsync always`, as `up` starts it: Redis ends rather than answer for what is not on the disk."""
    cluster = deploy(nodes=2)
    with Crowd(cluster, 6) as crowd:
        crowd.wait_talk(2)
        _fill_disk(cluster)
        assert cluster.redis.wait() == 1
        for node in cluster.nodes:
            node.wait_event("degraded")
        cluster.redis.start()
        crowd.wait_talk(2)
        crowd.finish()

        assert crowd.history.count(Kind.RENEWED) == crowd.history.count(Kind.GAP) == 0


def _fill_disk(cluster: Deployment, full: bool = True) -> None:
    """No file of Redis may grow: to it that is a write that fails, as on a full disk, and needs no disk of its own."""
    _, most = resource.prlimit(cluster.redis.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(cluster.redis.pid, resource.RLIMIT_FSIZE, (1 if full else most, most))


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


def _told(client: NativeClient) -> list[str]:
    """Texts of the messages that it was told, but for history."""
    return [frame.text for frame in client.frames if isinstance(frame, Message) and not frame.history]
