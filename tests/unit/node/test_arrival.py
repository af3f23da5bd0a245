"""A node behind a balancer that tells where clients come from. Who connects here is the balancer."""

from __future__ import annotations

import math
import re
import socket
from contextlib import ExitStack
from typing import Any

import pytest

from cluster.types import Ban
from node import proxy
from node.main import Node
from tests.unit.node.fake_cluster import FakeCluster
from tests.unit.node.fake_store import Store
from tests.unit.node.support import HERE, Native, get, running
from tests.unit.node.test_proxy import V4, V6, tlv, v2
from tests.unit.node.waiting import wait_for
from wire import Address, Code, decode_server
from wire.frames import Error, Hello

LOCAL = ("127.0.0.0/8",)
LINE = b"PROXY TCP4 192.0.2.7 10.0.0.1 4711 7700\r\n"
WELCOME = b"Welcome to Hydrachat. What is your nickname?"


class Behind(Native):
    """A client whose balancer says `header` first."""

    def __init__(self, node: Node, header: bytes, door: Address | None = None) -> None:
        self.sock = socket.create_connection(door or node.address, 5)
        self.sock.settimeout(5)
        self.buffer = b""
        self.sock.sendall(header)
        self.greeting = self.line()

    def refusal(self) -> Error:
        """In both dialects: first a line for a person."""
        assert self.greeting.startswith(b"! ")
        frame = decode_server(self.line())
        assert isinstance(frame, Error)
        assert self.greeting.decode() == f"! {frame.text}"
        assert self.rest() == []
        return frame


def peers(node: Node) -> list[str]:
    return [connection.peer for connection in node.house.roster.all()]


def limited(node: Node, limit: str) -> float:
    found = re.search(rf'limited_total{{limit="{limit}"}} (\S+)', get(node, "/metrics")[1])
    assert found
    return float(found.group(1))


@pytest.mark.parametrize(
    ("header", "peer"),
    [
        (LINE, "192.0.2.7:4711"),
        (b"PROXY TCP6 2001:db8::7 ::1 4711 7700\r\n", "[2001:db8::7]:4711"),
        (v2(0x11, V4 + tlv(4, b"padding")), "192.0.2.7:4711"),
        (v2(0x21, V6), "[2001:db8::7]:4711"),
    ],
)
def test_a_client_is_who_the_header_says(header: bytes, peer: str) -> None:
    cluster = FakeCluster(Store())
    # All in one piece: what the client says behind the header is not lost.
    with running(cluster, proxy_from=LOCAL) as node, Behind(node, header + b'{"op":"hello","nick":"ana"}\n') as ana:
        assert ana.greeting == WELCOME
        ana.lines_until('"joined"')
        assert peers(node) == [peer]
        assert [session.address for session in node.house.registry.all()] == [peer]


@pytest.mark.parametrize("header", [v2(0x00, b"", 0x20), b"PROXY UNKNOWN\r\n"])
def test_a_balancer_that_speaks_for_itself_is_a_client_of_its_own_address(header: bytes) -> None:
    with running(FakeCluster(Store()), proxy_from=LOCAL) as node, Behind(node, header) as check:
        assert check.greeting == WELCOME
        assert peers(node) == [str(Address(*check.sock.getsockname()))]


@pytest.mark.parametrize("header", [LINE, v2(0x11, V4)])
def test_a_header_of_somebody_else_is_refused(header: bytes) -> None:
    with running(FakeCluster(Store()), proxy_from=("192.0.2.0/24",)) as node:
        with Behind(node, header) as forger:
            assert forger.greeting == WELCOME
            line, frame = forger.rest()
            assert line == "! a PROXY header is not taken from your address"
            assert f'"code":{Code.BAD_PROXY}' in frame
        assert limited(node, "proxy_from") == 1
        with Native(node) as ana:
            ana.enter("ana")


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (b"alice\n", "no PROXY header, though one must come first from here"),
        (b'{"op":"hello","nick":"ana"}\n', "no PROXY header, though one must come first from here"),
        (b"PROXY TCP4 x\r\n", "write PROXY"),
        (v2(0x11, V4[:5]), "cut off"),
    ],
)
def test_what_is_no_header_is_refused_where_one_must_come(header: bytes, said: str) -> None:
    with running(FakeCluster(Store()), proxy_from=LOCAL) as node:
        with Behind(node, header) as client:
            error = client.refusal()
            assert error.code == Code.BAD_PROXY
            assert said in error.text
        assert limited(node, "proxy_from") == 1
        wait_for(lambda: len(node.house.roster) == 0)


def test_a_header_has_a_time_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxy, "WITHIN", 0.1)
    with running(FakeCluster(Store()), proxy_from=LOCAL) as node, Behind(node, LINE[:-1]) as slow:
        assert "in time" in slow.refusal().text


def test_balancers_have_a_door_of_their_own_and_clients_come_in_by_the_other() -> None:
    cluster = FakeCluster(Store())
    with running(cluster, proxy_from=LOCAL, listen_proxy=HERE) as node, Native(node) as near:
        assert node.behind is not None
        near.enter("near")
        with Behind(node, LINE, node.behind) as far, Behind(node, LINE) as forger:
            far.enter("far")
            assert "192.0.2.7:4711" in peers(node)
            assert forger.rest()[0] == "! a PROXY header is not taken from your address"
    with running(FakeCluster(Store()), proxy_from=("192.0.2.1",), listen_proxy=HERE) as node:
        with Behind(node, LINE, node.behind) as stranger:
            assert stranger.refusal().code == Code.BAD_PROXY
        assert len(node.house.roster) == 0, "no thread was spent on it"


def test_bans_are_for_the_address_in_the_header_and_spare_the_balancer() -> None:
    cluster = FakeCluster(Store())
    with running(cluster, proxy_from=LOCAL) as node, Behind(node, LINE) as bad, Behind(node, v2(0x21, V6)) as good:
        bad.enter("bad")
        good.enter("good")
        assert cluster.events is not None
        cluster.events.on_bans([Ban("192.0.2.0/24", 0, "", math.inf), Ban("127.0.0.0/8", 0, "", math.inf)])
        assert bad.expect(Error).code == Code.BANNED
        with Behind(node, LINE) as again:
            assert again.refusal().code == Code.BANNED
        good.barrier()
        with Behind(node, v2(0x21, V6)) as other:
            other.enter("other")


def test_a_ban_of_the_balancers_network_spares_whose_header_is_on_its_way() -> None:
    cluster = FakeCluster(Store())
    with running(cluster, proxy_from=LOCAL) as node, socket.create_connection(node.address, 5) as sock:
        wait_for(lambda: len(node.house.roster) == 1)
        assert cluster.events is not None
        cluster.events.on_bans([Ban("127.0.0.0/8", 0, "", math.inf), Ban("192.0.2.0/24", 0, "", math.inf)])
        sock.settimeout(5)
        sock.sendall(v2(0x21, V6))
        assert sock.makefile("rb").readline().rstrip() == WELCOME
        with Behind(node, LINE) as bad:
            assert bad.refusal().code == Code.BANNED


def test_connections_are_counted_by_the_address_in_the_header() -> None:
    settings: dict[str, Any] = {"proxy_from": LOCAL, "max_connections_per_address": 2, "exempt": ()}
    with running(FakeCluster(Store()), **settings) as node, Behind(node, LINE) as one, Behind(node, LINE) as two:
        one.enter("one")
        with Behind(node, LINE) as three:
            assert three.refusal().code == Code.ADDRESS_LIMIT
        assert limited(node, "max_connections_per_address") == 1
        # All others come through the same balancer.
        others = [Behind(node, LINE.replace(b".7 ", b".%d " % number)) for number in range(20, 25)]
        for number, other in enumerate(others):
            with other:
                other.enter(f"other{number}")
        # Nor do those count for it whose header has not come yet.
        with ExitStack() as stack:
            for _ in range(4):
                stack.enter_context(socket.create_connection(node.address, 5))
            wait_for(lambda: sum(peer.startswith("127.") for peer in peers(node)) == 4)
        two.sock.close()
        wait_for(lambda: peers(node).count("192.0.2.7:4711") == 1)
        with Behind(node, LINE) as again:
            again.say(Hello(nick="again"))
            assert again.greeting == WELCOME
