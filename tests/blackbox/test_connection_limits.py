"""Nodes that are full in one way or another, as the client library and honest people meet them."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from contextlib import ExitStack

from client.chat import ChatClient
from tests.support.deployment import Deployment
from tests.support.native import NativeClient
from tests.support.operator import run
from tests.support.plainclient import PlainClient
from tests.support.waiting import wait_until
from wire import Address
from wire.codes import Code

Deploy = Callable[..., Deployment]


def test_who_finds_too_many_of_his_address_goes_to_another_node(deploy: Deploy) -> None:
    cluster = deploy(start=False, nodes=2)
    full, other = cluster.nodes
    full.argv += ["--max-connections-per-address", "1", "--exempt", "192.0.2.1"]
    cluster.start()
    with NativeClient(full.address, "first") as first:
        first.enter()
        with ChatClient([full.address, other.address], "ana") as ana:
            assert ana.node == other.name
        with NativeClient(full.address, "third") as third:
            assert third.expect_error(Code.ADDRESS_LIMIT)
            third.expect_end()
    with ChatClient([full.address], "back") as back:
        assert back.node == full.name


def test_a_node_that_holds_too_much_is_avoided(deploy: Deploy, haproxy: str) -> None:
    cluster = deploy(start=False, nodes=2)
    full, other = cluster.nodes
    full.argv += ["--memory-mark", "1"]
    cluster.start()
    front = cluster.start_balancer(haproxy)
    wait_until(lambda: _refused(full.address), what="it has looked at its memory")
    full.wait_ready(404)  # of those that have room the balancer chooses
    with ChatClient([full.address, other.address], "ana") as ana, ChatClient([front.address], "ben") as ben:
        assert (ana.node, ben.node) == (other.name, other.name)
    assert full.events("limited")[0]["limit"] == "memory_mark"
    rows = json.loads(run(cluster, "nodes", "--json")[1])
    assert {row["node"]: row["state"] for row in rows} == {full.name: "full", other.name: "serving"}
    other.kill()
    full.wait_ready(200)  # there is no better place


def _refused(address: str) -> bool:
    with NativeClient(address, "probe") as probe:
        return any(getattr(frame, "code", 0) == Code.MEMORY_LIMIT for frame in probe.drain(1.0))


def test_connections_that_say_nothing_keep_nobody_out(deploy: Deploy) -> None:
    cluster = deploy(start=False, nodes=1)
    (node,) = cluster.nodes
    node.argv += ["--max-pending", "50", "--hello-timeout", "3600"]
    cluster.start()
    with ExitStack() as stack:
        door = Address.parse(node.address)
        for _ in range(300):
            stack.enter_context(socket.create_connection(door, 10)).send(b"x")
        with NativeClient(node.address, "ana") as ana, PlainClient(node.address, "ben") as ben:
            ana.enter()
            ana.say("here we are")
            ben.expect("ana: here we are")
        wait_until(lambda: node.metric("hydrachat_connections") <= 50, what="those who had to make room have gone")
        assert len(node.events("limited")) <= 4
