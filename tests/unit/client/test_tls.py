"""The library by TLS: whom it trusts, what it says of whom it does not, and that it never talks without."""

from __future__ import annotations

import math
import random
import select
import selectors
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from client import ChatClient, MessageEvent, Refused, Unreachable
from client.errors import LinkLost, Untrusted
from client.tls import MOST_WAITING, TlsTransport
from client.transport import CHUNK, TcpTransport
from client.trust import Trust
from cluster.types import Ban
from node.certificate import Certificate
from node.main import Node
from tests.support.authority import PAST, Authority, Pair
from tests.support.tunnelled import key_update
from tests.support.waiting import wait_until
from tests.unit.node.fake_cluster import FakeCluster
from tests.unit.node.fake_store import Store
from tests.unit.node.support import log_of, running
from wire import Address
from wire.tunnel import RECORD, Tunnel

Start = Callable[..., Node]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def start() -> Iterator[Start]:
    """A node with this certificate; without one, a node without TLS."""
    with ExitStack() as stack:

        def start(pair: Pair | None = None, name: str = "n1") -> Node:
            files = {"tls_cert": pair.cert, "tls_key": pair.key} if pair else {}
            return stack.enter_context(running(FakeCluster(Store(), name), **files))

        yield start


def refused(node: Node, authority: Authority | None, host: str = "127.0.0.1", **how: Any) -> str:
    """Why it does not come in, which it says at once."""
    server = f"{host}:{node.address.port}"
    chat = ChatClient([server], "ana", tls=True, tls_ca=authority.ca if authority else None, **how)
    with pytest.raises(Unreachable) as told:
        chat.start(timeout=60)
    return told.value.attempts[server]


def test_a_chat_by_tls(start: Start, authority: Authority) -> None:
    node = start(authority.issue("127.0.0.1", "localhost"))
    servers = [f"localhost:{node.address.port}"]
    with (
        ChatClient(servers, "ana", tls=True, tls_ca=authority.ca) as ana,
        ChatClient([str(node.address)], "ben", tls=True, tls_ca=authority.ca) as ben,
    ):
        texts = ["x" * 16_000 + str(number) for number in range(60)]
        sendings = [ana.say(text) for text in texts]
        assert all(sending.wait(20) for sending in sendings)
        found: list[str] = []
        while len(found) < len(texts):
            event = ben.next_event(20)
            if isinstance(event, MessageEvent):
                found.append(event.text)
        assert found == texts


def test_a_name_that_is_given_is_what_counts(start: Start, authority: Authority) -> None:
    node = start(authority.issue("chat.example"))
    with ChatClient([str(node.address)], "ana", tls=True, tls_ca=authority.ca, tls_name="chat.example") as ana:
        assert ana.node
    told = refused(node, authority, "127.0.0.1", tls_name="other.example")
    assert told.startswith("the certificate of 127.0.0.1 is for chat.example, not for other.example; connect by")


def test_a_certificate_for_somebody_else_is_told_with_his_name(start: Start, authority: Authority) -> None:
    node = start(authority.issue("other.example", "*.more.example"))
    told = refused(node, authority, "localhost")
    assert told.startswith("the certificate of localhost is for other.example, *.more.example, not for localhost;")
    assert "--tls-name NAME" in told


def test_an_unknown_authority_is_told(start: Start, authority: Authority, tmp_path: Any) -> None:
    node = start(authority.issue("127.0.0.1"))
    for trusted in (None, Authority(tmp_path)):
        assert "is not signed by a known authority; give" in refused(node, trusted)


def test_a_certificate_that_has_ended_is_told(start: Start, authority: Authority) -> None:
    assert "has expired; whoever" in refused(start(authority.issue("127.0.0.1", until=PAST)), authority)


def test_a_server_without_tls_is_told_and_hears_nothing_but_tls(start: Start, authority: Authority) -> None:
    node = start()
    assert refused(node, authority) == "the server does not speak TLS at this port"
    assert not node.house.registry.all()


def test_who_is_turned_away_before_tls_begins_may_come_again(start: Start, authority: Authority) -> None:
    """The words of somebody for whom nobody vouches are not shown."""
    node = start(authority.issue("127.0.0.1"))
    node.house.bans.replace([Ban("127.0.0.1/32", 0, "visit evil.example", math.inf)])
    transport = TlsTransport(TcpTransport, Trust([node.address], authority.ca), node.address)
    with pytest.raises(LinkLost, match=r"^it turned us away before TLS began \(BANNED\)$") as told:
        joined(transport, node.address)
    assert not isinstance(told.value, Untrusted)
    transport.close()


def test_a_client_without_tls_is_told_what_the_port_wants(start: Start, authority: Authority) -> None:
    node = start(authority.issue("127.0.0.1"))
    with pytest.raises(Refused, match="this port speaks TLS; connect with TLS") as told:
        ChatClient([str(node.address)], "ana").start(timeout=60)
    assert told.value.name == "TLS_NEEDED"


def test_another_server_of_the_list_is_tried(start: Start, authority: Authority) -> None:
    bad, good = start(authority.issue("other.example")), start(authority.issue("127.0.0.1"), "n2")
    servers = [str(bad.address), str(good.address)]
    with ChatClient(servers, "ana", tls=True, tls_ca=authority.ca, in_order=True) as ana:
        assert ana.node == "n2"


def test_what_means_nothing_without_tls_is_refused() -> None:
    for given in ({"tls_ca": "ca.pem"}, {"tls_name": "chat.example"}):
        with pytest.raises(ValueError, match="go with tls=True"):
            ChatClient(["127.0.0.1:1"], "ana", **given)  # type: ignore[arg-type]


# -- which names will do ------------------------------------------------------------------

CHAT, NODE = Address("chat.example", 7700), Address("10.0.0.7", 7701)


def test_where_a_node_is_named_a_name_that_the_user_gave_will_do_as_well() -> None:
    trust = Trust([CHAT, Address("more.example", 7700)])
    assert trust.names(CHAT) == ["chat.example"]
    assert trust.names(NODE) == ["10.0.0.7", "chat.example", "more.example"]
    trust.worked("more.example")
    assert trust.names(NODE)[0] == "more.example"
    assert trust.names(CHAT) == ["chat.example"]
    assert Trust([CHAT], name="one.example").names(NODE) == ["one.example"]


def joined(transport: TlsTransport, where: Address) -> None:
    """Until it is established. Raises LinkLost."""
    transport.connect((socket.AF_INET, tuple(where)))
    while True:
        poll = select.poll()
        poll.register(transport.fileno(), select.POLLIN if transport.wants & 1 else select.POLLOUT)
        assert poll.poll(10_000), "nothing happens"
        if transport.established():
            return


def test_the_names_are_tried_one_after_the_other(start: Start, authority: Authority) -> None:
    node = start(authority.issue("chat.example"))
    trust = Trust([CHAT], authority.ca)
    transport = TlsTransport(TcpTransport, trust, node.address)
    joined(transport, node.address)
    transport.close()
    assert trust.names(node.address)[0] == "chat.example"
    stranger = TlsTransport(TcpTransport, Trust([Address("other.example", 1)], authority.ca), node.address)
    with pytest.raises(Untrusted, match=r"is for chat\.example, not for 127\.0\.0\.1 or other"):
        joined(stranger, node.address)
    stranger.close()


def test_nothing_is_said_before_the_server_is_trusted(start: Start, authority: Authority) -> None:
    node = start(authority.issue("other.example"))
    transport = TlsTransport(TcpTransport, Trust([node.address], authority.ca), node.address)
    with pytest.raises(LinkLost):
        transport.send(b"secret")
    with pytest.raises(Untrusted):
        joined(transport, node.address)
    with pytest.raises(LinkLost):
        transport.send(b"secret")
    transport.close()


class Stingy(TcpTransport):
    """The kernel takes and gives a few bytes at a time."""

    def send(self, data: bytes) -> int:
        return super().send(data[: random.randrange(1, 40)])

    def recv(self) -> bytes | None:
        try:
            return self._opened().recv(random.randrange(1, 40))
        except BlockingIOError:
            return None


def test_a_connection_that_gives_little_at_a_time(start: Start, authority: Authority) -> None:
    node = start(authority.issue("127.0.0.1"))
    with ChatClient([str(node.address)], "ana", tls=True, tls_ca=authority.ca, transport=Stingy) as ana:
        assert ana.say("x" * 5000).wait(30)


class Poured:
    """A connection that has come to stand, on which `pieces` come, each by one `recv`."""

    wants = selectors.EVENT_READ
    held = False

    def __init__(self, context: ssl.SSLContext) -> None:
        self.server = Tunnel(context, server=True)
        self.pieces: list[bytes] = []

    def fileno(self) -> int:
        return -1

    def connect(self, where: object) -> None:
        pass

    def established(self) -> bool:
        return True

    def recv(self) -> bytes | None:
        return self.pieces.pop(0) if self.pieces else self.server.take() or None

    def send(self, data: bytes) -> int:
        self.server.feed(data)
        if not self.server.established:
            self.server.shake()
        return len(data)

    def close(self) -> None:
        pass


def test_nothing_that_came_stays_behind_where_no_selector_tells_of_it(authority: Authority) -> None:
    inner = Poured(Certificate(*authority.issue("127.0.0.1")).context)
    here = Address("127.0.0.1", 1)
    transport = TlsTransport(lambda: inner, Trust([here], authority.ca), here)
    transport.connect((socket.AF_INET, here))
    while not transport.established():
        pass
    # The end of a record, and behind it as much as is read at once.
    text = b"x" * 81_000
    coming = inner.server.write(text)
    cut = len(coming) - CHUNK
    assert 0 < cut < RECORD
    inner.pieces = [coming[:cut], coming[cut:]]
    assert transport.recv() is None
    assert transport.recv() == text


def test_who_asks_for_new_keys_and_does_not_read_is_left(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = Poured(Certificate(*authority.issue("127.0.0.1")).context)
    here = Address("127.0.0.1", 1)
    transport = TlsTransport(lambda: inner, Trust([here], authority.ca), here)
    transport.connect((socket.AF_INET, here))
    while not transport.established():
        pass
    monkeypatch.setattr(inner, "send", lambda _: 0)

    def ask() -> None:
        for _ in range(20_000):
            key_update(inner.server)
            transport.recv()

    with pytest.raises(LinkLost, match="does not read the answers"):
        ask()
    assert len(transport._out) <= MOST_WAITING + 1000


def test_it_leaves_in_order(authority: Authority) -> None:
    pair = authority.issue("127.0.0.1")
    with running(FakeCluster(Store()), tls_cert=pair.cert, tls_key=pair.key) as node:
        chat = ChatClient([str(node.address)], "ana", tls=True, tls_ca=authority.ca)
        chat.start()
        chat.close()  # as where the user closes the lid: without `quit`
        wait_until(lambda: not node.house.roster.all())
    assert not [line for line in log_of(node) if line["event"] == "broken"]


def test_versions_before_1_2_are_not_spoken() -> None:
    assert Trust([CHAT]).context.minimum_version == ssl.TLSVersion.TLSv1_2
