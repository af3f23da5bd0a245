"""What `/metrics` tells is what is so."""

from __future__ import annotations

import math

from prometheus_client.parser import text_string_to_metric_families

from cluster.errors import Degraded, Unavailable
from cluster.seam import Beaten, Health
from cluster.types import Kind, Position
from node.main import Node
from tests.unit.node.fake_cluster import FakeCluster
from tests.unit.node.fake_store import Store
from tests.unit.node.support import Client, Native, get, info, pair, plain, running
from tests.unit.node.waiting import wait_for
from wire.frames import Accepted, Error, Gap, Hello, Message, Quit, Reconnect, Say, Welcome


def read(node: Node) -> dict[str, float]:
    """Each sample, as `name` or `name value-of-its-label`, without the prefix."""
    found = {}
    for family in text_string_to_metric_families(get(node, "/metrics")[1]):
        for sample in family.samples:
            found[" ".join([sample.name.removeprefix("hydrachat_"), *sample.labels.values()])] = sample.value
    return found


def test_connections_by_what_they_speak_and_sessions_by_where_they_are() -> None:
    with running(FakeCluster(Store())) as node, plain(node, "bob"), Native(node) as ana, Client(node):
        ana.enter("ana")
        wait_for(lambda: read(node)["connections undecided"] == 1)
        now = read(node)
        assert (now["connections native"], now["connections plain"], now["connections_opened_total"]) == (1, 1, 3)
        assert (now["sessions here"], now["sessions away"], now["rooms"]) == (2, 0, 1)
        ana.sock.close()
        wait_for(lambda: read(node)["sessions away"] == 1)
        wait_for(lambda: read(node)["connections native"] == 0)
        assert read(node)["sessions here"] == 1


def test_hellos_by_outcome() -> None:
    with running(FakeCluster(Store())) as node, Native(node) as ana, Native(node) as twin:
        welcome = ana.enter("ana")
        for nick in ("ana", "#no"):
            twin.say(Hello(nick=nick))
            twin.expect(Error)
        twin.say(Hello(session=welcome.session, token=welcome.token, cursors=welcome.logs))
        twin.expect(Welcome)
        now = read(node)
        assert [now[f"hellos_total {outcome}"] for outcome in ("begun", "resumed", "refused")] == [1, 1, 2]


def test_messages_by_outcome() -> None:
    cluster = FakeCluster(Store())
    with running(cluster) as node, Native(node) as ana:
        ana.enter("ana")
        ana.say(Say(n=1, to="#lobby", text="one"))
        ana.expect(Accepted)
        ana.say(Say(n=2, to="@nobody", text="two"))
        ana.expect(Error)
        cluster.answers.append(Unavailable("away"))
        ana.say(Say(n=3, to="#lobby", text="three"))
        ana.expect(Error)
        wait_for(lambda: read(node)["said_put_off_total"] == 1)
        now = read(node)
        assert (now["said_accepted_total"], now["said_refused_total"]) == (1, 1)
        assert now["deliveries_total"] >= 1
        assert now["entries_total"] >= 1


def test_unanswered_ones_are_seen() -> None:
    cluster = FakeCluster(Store())
    with running(cluster) as node, Native(node) as ana:
        ana.enter("ana")
        cluster.hold_says = True
        ana.say(Say(n=1, to="#lobby", text="one"))
        ana.say(Say(n=2, to="#lobby", text="two"))
        wait_for(lambda: read(node)["says_unanswered"] == 2)
        cluster.release_says()
        wait_for(lambda: read(node)["says_unanswered"] == 0)


def test_how_long_a_message_took() -> None:
    with running(FakeCluster(Store())) as node, Native(node) as ana, plain(node, "bob") as bob:
        ana.enter("ana")
        ana.say(Say(n=1, to="@bob", text="psst"))  # comes back to nobody here
        ana.expect(Accepted)
        assert read(node)["delivery_delay_seconds_count"] == 0
        ana.say(Say(n=2, to="#lobby", text="to all"))
        ana.expect(Message, lambda message: message.n == 2)
        wait_for(lambda: read(node)["delivery_delay_seconds_count"] == 1)
        bob.put("hello\n")
        ana.expect(Message, lambda message: message.text == "hello")
        wait_for(lambda: read(node)["delivery_delay_seconds_count"] == 2)
        assert 0 < read(node)["delivery_delay_seconds_sum"] < 10


def test_what_waits_for_a_client_that_does_not_read() -> None:
    cluster = FakeCluster(Store())
    with running(cluster, outbox_bytes=262_144, lease=60.0) as node, Native(node, receive_buffer=4096) as slow:
        slow.enter("slow")
        assert read(node)["slow_clients"] == 0
        outbox, blocked = node.house.roster.all()[0].outbox, node.house.deliverer._blocked
        for n in range(1, 2000):
            cluster.store.append("#lobby", "message", "s", n, "bob", "x" * 15_000)
            wait_for(lambda: blocked or outbox.size == 0)
            if outbox.size >= outbox.low_water:
                break
        wait_for(lambda: read(node)["slow_clients"] == 1)
        now = read(node)
        assert now["outbox_bytes"] == now["outbox_largest_bytes"] >= 65_536


def test_the_state_is_one_of_six() -> None:
    cluster = FakeCluster(Store())
    states = ["starting", "serving", "degraded", "deaf", "full", "draining"]

    def at() -> list[str]:
        now = read(node)
        assert sorted(now[f"node_state {state}"] for state in states) == [0, 0, 0, 0, 0, 1]
        return [state for state in states if now[f"node_state {state}"]]

    with running(cluster) as node:
        for health in (Health.SERVING, Health.DEAF, Health.DEGRADED):
            cluster.turn(health)
            assert at() == [str(health)]
        node.house.standing.leave()
        assert at() == ["draining"]


def test_what_a_heartbeat_finds() -> None:
    cluster = FakeCluster(Store())
    with running(cluster) as node, Native(node) as ana:
        ana.enter("ana")
        before = read(node)
        assert math.isnan(before["redis_memory_used_bytes"])
        assert before["redis_round_trip_seconds_count"] == 0
        cluster.infos = [info(node, "n1"), info(node, "n2")]
        wait_for(lambda: node.house.rooms.place("#lobby") is not None)
        top = node.house.rooms.place("#lobby")
        assert top is not None
        assert cluster.events is not None
        cluster.events.on_tops({"#lobby": Position(top.epoch, top.offset + 7)})
        cluster.events.on_beat(Beaten(0.004, 100, 200))
        now = read(node)
        assert (now["redis_memory_used_bytes"], now["redis_memory_max_bytes"]) == (100, 200)
        assert (now["redis_round_trip_seconds_count"], now["redis_round_trip_seconds_sum"]) == (1, 0.004)
        assert (now["log_lag_entries"], now["nodes serving"]) == (7, 2)
        assert 0 <= now["heartbeat_age_seconds"] <= before["heartbeat_age_seconds"] + 60
        cluster.events.on_beat(Beaten(0.004, None, None))
        cluster.events.on_tops({"#lobby": top})
        now = read(node)
        assert math.isnan(now["redis_memory_used_bytes"])
        assert now["log_lag_entries"] == 0


def test_a_lost_lease_a_new_life_and_a_gap_are_counted() -> None:
    cluster = FakeCluster(Store())
    with running(cluster) as node, Native(node) as bob:
        bob.enter("bob")
        assert cluster.events is not None
        cluster.events.on_recovered([])
        cluster.store.append("#lobby", Kind.GAP, "", 0, "", "E0 3 3")
        assert bob.expect(Gap)
        cluster.events.on_lease_lost()
        wait_for(lambda: read(node)["gaps_told_total"] == 1)  # it is counted when it was offered
        now = read(node)
        assert (now["recoveries_total"], now["leases_lost_total"]) == (1, 1)


def test_who_is_sent_away_and_why() -> None:
    _, one, two = pair()
    with running(one) as n1, running(two) as n2, Native(n1) as ana, plain(n1, "bob"):
        ana.enter("ana")
        two.turn(Health.SERVING)
        one.infos = [info(n2, "n2")]
        one.turn(Health.DEAF)
        ana.expect(Reconnect)
        now = read(n1)
        assert (now["clients_sent_away_total deaf"], now["clients_sent_away_total draining"]) == (1, 0)
        ana.say(Quit())


def test_nothing_is_taken_while_redis_is_away() -> None:
    cluster = FakeCluster(Store())
    with running(cluster) as node, Native(node) as ana:
        ana.enter("ana")
        cluster.answers.append(Degraded("away"))
        ana.say(Say(n=1, to="#lobby", text="one"))
        ana.expect(Error)
        wait_for(lambda: read(node)["said_put_off_total"] == 1)
