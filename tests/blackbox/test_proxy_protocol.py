"""Clients behind the real HAProxy that tells where they come from: sessions, bans and limits go by that."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from client.chat import ChatClient
from drill.processes.balancer import BalancerProcess
from tests.support.deployment import Deployment
from tests.support.native import NativeClient
from tests.support.operator import run
from tests.support.plainclient import PlainClient
from tests.support.ports import free_base, free_port
from tests.support.processes import Process
from tests.support.servers import Node
from tests.support.waiting import wait_until
from wire.codes import Code

Deploy = Callable[..., Deployment]
FROM = "127.0.0.1,::1"
LEASE = 20.0
"""Seconds: nothing here waits for its end, and on a busy machine one of a second has ended, with all sessions."""
CHECKED = """
defaults
    mode tcp
    timeout connect 1s
    timeout client 1h
    timeout server 1h
    timeout check 2s
frontend chat
    bind 127.0.0.1:{front}
    default_backend nodes
backend nodes
    option tcp-check
    tcp-check expect rstring Welcome
    server n1 127.0.0.1:{node} send-proxy-v2 check check-send-proxy inter 100ms fall 1 rise 1
"""


def behind(cluster: Deployment, haproxy: str, header: str, *flags: str) -> BalancerProcess:
    """Starts all: the nodes with a door for HAProxy, and HAProxy, which sends `header`."""
    doors = []
    for node in cluster.nodes:
        door = free_port()
        node.argv += ["--listen-proxy", f"127.0.0.1:{door}", "--proxy-from", FROM, *flags]
        doors.append((node.name, door, node.http_port))
    cluster.start()
    front = BalancerProcess(haproxy, doors, cluster.folder / "balancer", header=header, also=["::1"])
    cluster.others.append(front)
    front.start()
    return front


def addresses(cluster: Deployment, node: Node) -> dict[str, str]:
    """Nickname -> address without its port, as an operator sees them."""
    code, said = run(cluster, "sessions", node.name, "--json")
    assert code == 0, said
    return {row["nick"]: row["address"].rpartition(":")[0] for row in json.loads(said)}


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.mark.parametrize("header", ["send-proxy", "send-proxy-v2"])
def test_sessions_and_bans_go_by_the_clients_own_address(
    deploy: Deploy, haproxy: str, stack: ExitStack, header: str
) -> None:
    cluster = deploy(start=False, nodes=1, lease=LEASE)
    front = behind(cluster, haproxy, header)
    (node,) = cluster.nodes
    bad = stack.enter_context(NativeClient(front.address, "bad", source="127.0.0.5"))
    bad.enter()
    good = stack.enter_context(NativeClient(front.address, "good", source="127.0.0.6"))
    good.enter()
    # As who follows the addresses of a welcome.
    direct = stack.enter_context(PlainClient(node.address, "direct"))
    stack.enter_context(ChatClient([f"[::1]:{front.port}"], "six"))
    found = addresses(cluster, node)
    assert found == {"bad": "127.0.0.5", "good": "127.0.0.6", "direct": "127.0.0.1", "six": "[::1]"}
    assert run(cluster, "ban", "127.0.0.5")[0] == 0
    assert bad.expect_error(Code.BANNED)
    with NativeClient(front.address, "again", source="127.0.0.5") as again:
        assert again.expect_error(Code.BANNED)
        again.expect_end()
    good.say("nobody else is cut")
    direct.expect("good: nobody else is cut")
    assert node.events("error") == []


def test_limits_by_address_hold_behind_a_balancer(deploy: Deploy, haproxy: str, stack: ExitStack) -> None:
    cluster = deploy(start=False, nodes=1, lease=LEASE)
    front = behind(cluster, haproxy, "send-proxy-v2", "--max-connections-per-address", "2", "--exempt", "192.0.2.1")
    for number in range(2):
        stack.enter_context(NativeClient(front.address, f"one{number}", source="127.0.0.5")).enter()
    with NativeClient(front.address, "three", source="127.0.0.5") as three:
        assert three.expect_error(Code.ADDRESS_LIMIT)
        three.expect_end()
    for number in range(4):
        other = NativeClient(front.address, f"other{number}", source=f"127.0.0.{6 + number}")
        stack.enter_context(other).enter()
    (node,) = cluster.nodes
    (line,) = node.events("limited")
    assert (line["limit"], line["count"], line["peer"].rpartition(":")[0]) == (
        "max_connections_per_address", 1, "127.0.0.5"
    )  # fmt: skip


def test_one_port_for_the_balancer_and_for_clients_from_elsewhere(
    deploy: Deploy, haproxy: str, stack: ExitStack
) -> None:
    cluster = deploy(start=False, nodes=1, lease=LEASE)
    (node,) = cluster.nodes
    node.argv += ["--proxy-from", "127.0.0.1"]
    cluster.start()
    servers = [(node.name, node.port, node.http_port)]
    front = BalancerProcess(haproxy, servers, cluster.folder / "balancer", header="send-proxy")
    cluster.others.append(front)
    front.start()
    stack.enter_context(NativeClient(front.address, "far", source="127.0.0.5")).enter()
    stack.enter_context(NativeClient(node.address, "near", source="127.0.0.9")).enter()
    assert addresses(cluster, node) == {"far": "127.0.0.5", "near": "127.0.0.9"}
    with NativeClient(node.address, "mute") as mute:  # from the balancer's machine, and no balancer
        mute.send_hello()
        assert mute.expect_error(Code.BAD_PROXY)
        mute.expect_end()
    with NativeClient(node.address, source="127.0.0.9") as forger:
        forger.send_raw(b"PROXY TCP4 127.0.0.6 127.0.0.1 1 2\r\n")
        assert forger.expect_error(Code.BAD_PROXY)
        forger.expect_end()


def test_checks_of_the_balancer_itself_are_answered_and_no_fault(
    deploy: Deploy, haproxy: str, stack: ExitStack, tmp_path: Path
) -> None:
    cluster = deploy(start=False, nodes=1, lease=LEASE)
    (node,) = cluster.nodes
    node.argv += ["--proxy-from", "127.0.0.1"]
    cluster.start()
    front = free_base((0,))
    config = tmp_path / "checked.cfg"
    config.write_text(CHECKED.format(front=front, node=node.port))
    balancer = Process("balancer", [haproxy, "-db", "-f", str(config)], cluster.folder / "balancer")
    cluster.others.append(balancer)
    balancer.start()
    wait_until(lambda: node.metric("hydrachat_connections_opened_total") >= 3, what="it has looked more than once")
    stack.enter_context(NativeClient(f"127.0.0.1:{front}", "ana", source="127.0.0.5")).enter()
    assert addresses(cluster, node) == {"ana": "127.0.0.5"}
    assert node.events("limited") == []
