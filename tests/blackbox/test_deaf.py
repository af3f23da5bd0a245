"""A node that hears nothing, or reaches no Redis, while all else works says so, and its clients move (R6, R9)."""

from __future__ import annotations

from collections.abc import Callable

from drill.history import Kind
from tests.support.deployment import Deployment
from tests.support.detour import Detour
from tests.support.native import NativeClient
from tests.support.talker import Crowd
from tests.support.waiting import wait_until
from wire.codes import Code
from wire.frames import Ping, Pong, Reconnect

Deploy = Callable[..., Deployment]


def test_a_deaf_node_turns_unready_and_its_clients_move(deploy: Deploy) -> None:
    cluster = deploy(nodes=2, grace=8.0, start=False)
    with Detour(cluster.redis.port) as detour:
        cluster.nodes[0] = deaf = cluster.make_node("n1", detour.url)
        cluster.start()
        with Crowd(cluster, 6) as crowd:
            crowd.wait_talk(2)
            homeless = crowd.at("n1")
            detour.deaf.set()
            deaf.wait_event("deaf", within=3 * cluster.lease)
            deaf.wait_ready(404)
            wait_until(lambda: all(talker.chat.node == "n2" for talker in homeless), 30, "all have moved")
            crowd.wait_talk(2)
            detour.deaf.clear()
            deaf.wait_ready(200)
            crowd.finish()

            assert len(homeless) == 3
            assert crowd.planned_moves() == {"n2": 3}
            assert crowd.history.count(Kind.RENEWED) == crowd.history.count(Kind.GAP) == 0
        deaf.discard()


def test_where_all_are_deaf_clients_stay(deploy: Deploy) -> None:
    cluster = deploy(nodes=1, grace=8.0, start=False)
    with Detour(cluster.redis.port) as detour:
        cluster.nodes[0] = deaf = cluster.make_node("n1", detour.url)
        cluster.start()
        with NativeClient(deaf.address, "ana") as ana:
            ana.enter()
            detour.deaf.set()
            deaf.wait_event("deaf", within=3 * cluster.lease)
            ana.send(Ping(id=5))
            ana.expect(Pong, lambda frame: frame.id == 5)
            detour.deaf.clear()
            deaf.wait_ready(200)
            ana.say("heard again")
            ana.expect_text("heard again")

            assert not [f for f in ana.frames if isinstance(f, Reconnect) and f.code == Code.DEAF]
        deaf.discard()


def test_users_of_a_node_that_is_cut_off_from_redis_keep_their_places(deploy: Deploy) -> None:
    cluster = deploy(nodes=2, grace=3.0, start=False)
    with Detour(cluster.redis.port) as detour:
        cluster.nodes[0] = lonely = cluster.make_node("n1", detour.url)
        cluster.start()
        with Crowd(cluster, 6) as crowd:
            cluster.wait_for_reaping()
            homeless = crowd.at("n1")
            detour.cut.set()
            lonely.wait_event("degraded")
            lonely.wait_ready(404)
            wait_until(lambda: all(talker.chat.node == "n2" for talker in homeless), 30, "all have moved")
            crowd.wait_talk(2)
            detour.cut.clear()
            lonely.wait_ready(200)
            crowd.finish()

            assert crowd.history.count(Kind.RENEWED) == crowd.history.count(Kind.GAP) == 0
        lonely.discard()
