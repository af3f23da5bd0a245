"""What has arrived is told before the rest of what has only begun to arrive."""

from __future__ import annotations

import select
import socket
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import cast

import pytest
import trustme
from redis.exceptions import ResponseError

from cluster.arriving import READ, Arriving
from cluster.errors import Unavailable
from cluster.hearing import Hearing
from cluster.keys import Keys
from cluster.link import Link
from cluster.seam import ClusterEvents
from cluster.subscriber import BURST, Subscriber, SubscriberActions
from tests.unit.cluster.scripted import ScriptedLink

PONG = b"*3\r\n$4\r\npong\r\n$0\r\n\r\n$0\r\n\r\n"


class Connected(ScriptedLink):
    """A link on one end of a socket pair."""

    def __init__(self, held: socket.socket | None) -> None:
        super().__init__(lambda _: [])
        self.held = held

    def socket(self) -> socket.socket | None:
        return self.held


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, Arriving]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(5)
        yield theirs, Arriving(Connected(ours))


def subscriber(link: Link) -> Subscriber:
    nothing = SubscriberActions(lambda: None, lambda: None, lambda *_: None, lambda: None, lambda *_: None)
    return Subscriber(link, Keys("{t}:"), "node", cast("ClusterEvents", None), cast("Hearing", None), nothing)


def test_a_burst_ends_where_a_reply_is_not_here_whole(pair: tuple[socket.socket, Arriving]) -> None:
    theirs, arriving = pair
    theirs.sendall(PONG * 3 + PONG[:5])
    arriving.receive()
    made = subscriber(Connected(arriving.socket))
    assert made._burst(arriving) is False
    theirs.sendall(PONG[5:])
    arriving.receive()
    assert arriving.replies(9) == [[b"pong", b"", b""]]
    made.close()


def test_a_burst_is_bounded(pair: tuple[socket.socket, Arriving]) -> None:
    theirs, arriving = pair
    theirs.sendall(PONG * (BURST + 1))
    arriving.receive()
    made = subscriber(Connected(arriving.socket))
    assert made._burst(arriving) is True
    assert made._burst(arriving) is False
    made.close()


def test_more_than_is_read_at_once_is_read_in_turn(pair: tuple[socket.socket, Arriving]) -> None:
    theirs, arriving = pair
    large = b"x" * READ
    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 * READ)
    theirs.settimeout(5)
    found: list[object] = []
    left = memoryview(b"$%d\r\n%b\r\n+after\r\n" % (len(large), large))
    while len(found) < 2:
        left = left[theirs.send(left[:READ]) if left else 0 :]
        arriving.receive()
        found += arriving.replies(9)
    assert found == [large, b"after"]


def test_an_error_is_a_reply_and_nonsense_is_none(pair: tuple[socket.socket, Arriving]) -> None:
    theirs, arriving = pair
    theirs.sendall(b"-NOPERM no\r\n")
    arriving.receive()
    (reply,) = arriving.replies(9)
    assert isinstance(reply, ResponseError)
    assert str(reply) == "NOPERM no"
    theirs.sendall(b"HTTP/1.1 400 Bad Request\r\n")
    arriving.receive()
    with pytest.raises(Unavailable, match="not its protocol"):
        arriving.replies(9)


def test_its_end_and_its_break_are_told(pair: tuple[socket.socket, Arriving]) -> None:
    theirs, arriving = pair
    theirs.close()
    with pytest.raises(Unavailable, match="closed the connection"):
        arriving.receive()
    arriving.socket.close()
    with pytest.raises(Unavailable):
        arriving.receive()
    with pytest.raises(Unavailable):
        Arriving(Connected(None))


def encrypted(ours: socket.socket, theirs: socket.socket) -> tuple[ssl.SSLSocket, ssl.SSLSocket]:
    authority, server, client = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("redis.example").configure_cert(server)
    authority.configure_trust(client)
    with ThreadPoolExecutor(1) as other:
        shaking = other.submit(server.wrap_socket, theirs, server_side=True)
        return client.wrap_socket(ours, server_hostname="redis.example"), shaking.result()


def test_what_comes_encrypted_is_taken_to_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what it has decrypted the kernel knows nothing."""
    monkeypatch.setattr("cluster.arriving.READ", 1000)
    ours, theirs = socket.socketpair()
    for each in (ours, theirs):
        each.settimeout(5)
    client, server = encrypted(ours, theirs)
    with client, server:
        arriving = Arriving(Connected(client))
        server.sendall(PONG * 400)
        server.sendall(PONG * 400)
        found: list[object] = []
        while len(found) < 800:
            if not arriving.is_pending:
                assert select.select([client], [], [], 5)[0], f"{len(found)} have come"
            arriving.receive()
            found += arriving.replies(BURST)
        assert not arriving.is_pending


def test_a_part_that_can_not_be_decrypted_yet_is_nothing_yet(pair: tuple[socket.socket, Arriving]) -> None:
    _, arriving = pair
    arriving.socket.settimeout(0.01)
    arriving.receive()
    assert arriving.replies(9) == []


def test_only_what_has_changed_is_asked_for(pair: tuple[socket.socket, Arriving]) -> None:
    _, arriving = pair
    link = Connected(arriving.socket)
    made = subscriber(link)
    for number in range(3):
        made.want(f"#{number}")
    made._connect()
    made.want("#3")
    made.unwant("#0")
    made.unwant("#3")
    made.move("node2")
    made._connect()
    made._connect()
    asked = [(str(command[0]), [str(channel) for channel in command[1:]]) for (command,) in link.sent]
    assert asked == [
        ("SUBSCRIBE", ["node", "{t}:room:#0:log", "{t}:room:#1:log", "{t}:room:#2:log"]),
        ("SUBSCRIBE", ["node2"]),
        ("UNSUBSCRIBE", ["node", "{t}:room:#0:log"]),
    ]
    link.close()
    made._connect()  # a new connection has been asked for nothing
    assert [str(channel) for channel in link.sent[-1][0][1:]] == [
        "node2",
        "{t}:room:#1:log",
        "{t}:room:#2:log",
    ]
    made.close()
