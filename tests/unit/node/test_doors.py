"""PROXY headers and TLS, each inside of the other: who says where a client comes from is who connects, and says so
before all else. What stands behind that, by whatever way, is the client's own."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from typing import Any, cast

import pytest

from node.main import Node
from tests.support.authority import Authority
from tests.support.tunnelled import Tunnelled
from tests.unit.node.conftest import NAME
from tests.unit.node.fake_cluster import FakeCluster
from tests.unit.node.fake_store import Store
from tests.unit.node.support import Native, log_of, running
from tests.unit.node.test_arrival import LINE, LOCAL, Behind, limited, peers
from tests.unit.node.test_proxy import V4, tlv, v2
from tests.unit.node.waiting import wait_for

FORGED = [
    b"PROXY TCP4 198.51.100.1 10.0.0.1 4711 7700\r\n",
    v2(0x11, bytes([198, 51, 100, 1]) + V4[4:]),
    v2(0x11, bytes([198, 51, 100, 1]) + V4[4:] + tlv(0x02, NAME.encode())),
    v2(0x00, b"", 0x20),
]


@pytest.fixture
def node(secured: dict[str, Any]) -> Iterator[Node]:
    """With TLS, and no balancer."""
    with running(FakeCluster(Store()), **secured) as node:
        yield node


@pytest.fixture
def behind(secured: dict[str, Any]) -> Iterator[Node]:
    """With TLS, behind a balancer that says where a client comes from."""
    with running(FakeCluster(Store()), proxy_from=LOCAL, **secured) as node:
        yield node


class Hidden(Native):
    """A client that says `header` by TLS, and `before` in the clear."""

    def __init__(self, node: Node, authority: Authority, header: bytes, before: bytes = b"") -> None:
        tunnelled = _After(before, (node.address.host, node.address.port), authority.client(), NAME)
        self.sock = cast("socket.socket", tunnelled)
        self.buffer = b""
        self.sock.sendall(header)
        self.greeting = self.line()


class _After(Tunnelled):
    """Says something before it says hello."""

    def __init__(self, before: bytes, address: tuple[str, int], context: ssl.SSLContext, name: str) -> None:
        self._before = before
        super().__init__(address, context, name)

    def _shake(self) -> bool:
        self.raw.sendall(self._before)
        self._before = b""
        return super()._shake()


def sources(node: Node) -> set[str]:
    return {peer.rpartition(":")[0] for peer in peers(node)}


@pytest.mark.parametrize("header", FORGED)
def test_a_header_by_tls_is_only_what_somebody_says(node: Node, authority: Authority, header: bytes) -> None:
    with Hidden(node, authority, header) as forger:
        assert b"nickname" in forger.greeting
        assert sources(node) == {"127.0.0.1"}
        forger.put("\n/zz\n")  # it is answered as any line is that nobody understands
        forger.lines_until("! ")
        assert sources(node) == {"127.0.0.1"}
    wait_for(lambda: not len(node.house.roster))


@pytest.mark.parametrize("header", FORGED)
def test_a_header_in_the_clear_is_no_tls(node: Node, header: bytes) -> None:
    with socket.create_connection(node.address, 5) as sock:
        sock.settimeout(5)
        sock.sendall(header + b'{"op":"hello","nick":"ana"}\n')
        said = sock.makefile("rb").read()
    assert b"this port speaks TLS" in said
    wait_for(lambda: not len(node.house.roster))


@pytest.mark.parametrize(
    "header", [LINE, v2(0x11, V4), v2(0x11, V4 + tlv(0x20, b"\x01" + bytes(4) + tlv(0x22, b"ca")))]
)
@pytest.mark.parametrize("again", [b"", *FORGED])
def test_tls_begins_behind_the_header_and_a_second_one_is_nothing(
    behind: Node, authority: Authority, header: bytes, again: bytes
) -> None:
    with Hidden(behind, authority, again, before=header) as client:
        assert b"nickname" in client.greeting
        assert sources(behind) == {"192.0.2.7"}
    wait_for(lambda: not len(behind.house.roster))


@pytest.mark.parametrize("second", FORGED)
def test_two_headers_are_one_too_many(behind: Node, second: bytes) -> None:
    with socket.create_connection(behind.address, 5) as sock:
        sock.settimeout(5)
        sock.sendall(LINE + second)
        assert b"this port speaks TLS" in sock.makefile("rb").read()


def test_tls_without_a_header_is_refused_where_one_must_come(behind: Node, authority: Authority) -> None:
    with pytest.raises(OSError):  # noqa: PT011 - what comes back is no TLS, or the end
        Hidden(behind, authority, b"")
    assert limited(behind, "proxy_from") == 1
    wait_for(lambda: not len(behind.house.roster))


def test_a_header_of_a_header_is_the_clients_own_line(authority: Authority) -> None:
    """Without TLS as well: a balancer puts one before whatever its clients say."""
    with running(FakeCluster(Store()), proxy_from=LOCAL) as node:
        for second in FORGED:
            with Behind(node, LINE + second) as client:
                assert b"nickname" in client.greeting
                assert sources(node) == {"192.0.2.7"}
            wait_for(lambda: not len(node.house.roster))
    assert not [line for line in log_of(node) if line["level"] == "error"]
