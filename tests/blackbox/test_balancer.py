"""Behind HAProxy, on the project's own template (R9)."""

from __future__ import annotations

import time
from collections.abc import Callable

from drill.history import Kind
from tests.support.deployment import Deployment
from tests.support.native import NativeClient
from tests.support.plainclient import PlainClient
from tests.support.servers import Node
from tests.support.talker import Crowd
from tests.support.tcp import Wire
from tests.support.vanishing import VanishingMachine
from tests.support.waiting import wait_until
from wire.frames import Accepted, Ping, Pong, Quit, Welcome

Deploy = Callable[..., Deployment]


def test_while_all_nodes_are_degraded_the_balancer_keeps_their_clients(deploy: Deploy, haproxy: str) -> None:
    cluster = deploy(nodes=2)
    front = cluster.start_balancer(haproxy)
    with (
        NativeClient(front.address, "native") as native,
        PlainClient(front.address, "plain") as plain,
        NativeClient(front.address, "third") as third,
    ):
        native.enter()
        third.enter()
        cluster.redis.freeze()
        for node in cluster.nodes:
            node.wait_ready(404)
        wait_until(lambda: not _lets_in(front.address), what="the balancer turns new clients away")
        for client in (native, third):
            client.send(Ping(id=7))
            assert client.expect(Pong, lambda frame: frame.id == 7)
        cluster.redis.thaw()
        for node in cluster.nodes:
            node.wait_ready()
        native.say("the same connection")
        native.expect(Accepted)
        plain.expect("native: the same connection")
        plain.type("mine too")
        third.expect_text("mine too")
        wait_until(lambda: _lets_in(front.address), what="the balancer lets new clients in")


def _lets_in(address: str) -> bool:
    """Whether a node greets within a second."""
    wire = Wire(address)
    try:
        return bool(wire.read(time.monotonic() + 1.0))
    finally:
        wire.close()


def test_clients_of_a_killed_node_come_back_through_the_balancer(deploy: Deploy, haproxy: str) -> None:
    cluster = deploy(nodes=2, grace=8.0)
    front = cluster.start_balancer(haproxy)
    with Crowd(cluster, 8, servers=[front.address]) as crowd, NativeClient(front.address, "raw") as raw:
        welcome = raw.enter()
        crowd.wait_talk(2)
        _node(cluster, welcome.node).kill()
        raw.expect_end()
        wait_until(lambda: all(t.chat.node != welcome.node for t in crowd.talkers), what="all have moved")
        with NativeClient(front.address, "raw") as back:
            back.resume(welcome, dict(welcome.logs))
            assert back.expect(Welcome).node != welcome.node
            crowd.wait_talk(2)
            crowd.finish(others=("raw",))
            back.send(Quit())
            back.expect_end()

        assert crowd.history.count(Kind.MOVED) >= 1
        assert crowd.history.count(Kind.RENEWED) == crowd.history.count(Kind.GAP) == 0


def test_the_balancer_cuts_the_clients_of_a_node_that_stands_still(deploy: Deploy, haproxy: str) -> None:
    cluster = deploy(nodes=2, grace=15.0)
    front = cluster.start_balancer(haproxy)
    with NativeClient(front.address, "ana") as ana:
        welcome = ana.enter()
        _node(cluster, welcome.node).freeze()
        ana.expect_end()
        with NativeClient(front.address, "ana") as back:
            back.resume(welcome, dict(welcome.logs))

            assert back.expect(Welcome).node != welcome.node


def test_who_comes_just_before_a_vanished_node_is_marked_down_is_served_elsewhere(deploy: Deploy, haproxy: str) -> None:
    cluster = deploy(nodes=1)
    vanished = cluster.make_node("n2")
    cluster.nodes.append(vanished)
    with VanishingMachine(vanished.port, vanished.http_port) as machine:
        front = cluster.start_balancer(haproxy)
        # With one on the living node, the vanished one has the fewest: there the next is sent.
        with NativeClient(front.address, "first") as first:
            first.enter()
            with NativeClient(front.address, "ben") as ben:
                machine.last_answers(3)
                assert ben.enter().node == "n1"
                machine.wait_gone()
                ben.say("here to stay")
                first.expect_text("here to stay")


def test_a_restart_of_the_balancer_is_a_reconnect(deploy: Deploy, haproxy: str) -> None:
    cluster = deploy(nodes=2, grace=8.0)
    front = cluster.start_balancer(haproxy)
    with Crowd(cluster, 4, servers=[front.address]) as crowd, NativeClient(front.address, "raw") as raw:
        welcome = raw.enter()
        crowd.wait_talk(2)
        front.kill()
        raw.expect_end()
        front.start()
        with NativeClient(front.address, "raw") as back:
            back.resume(welcome, dict(welcome.logs))
            assert back.expect(Welcome).session == welcome.session
            crowd.wait_talk(2)
            crowd.finish(others=("raw",))

        assert crowd.history.count(Kind.RENEWED) == crowd.history.count(Kind.GAP) == 0


def _node(cluster: Deployment, name: str) -> Node:
    return next(node for node in cluster.nodes if node.name == name)
