"""More than anybody needs, as fast as it can be sent, and never read."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count

from tests.hostile.answers import of
from tests.hostile.crowd import Crowd
from tests.hostile.honest import HonestPair
from tests.support.deployment import PREFIX, Deployment
from tests.support.native import NativeClient
from tests.support.waiting import wait_until
from wire.frames import Error, HistoryEnd, Join, Joined, Message, Pong, Quit

NUMBERS = count()
MB = 1024 * 1024
MANY = 10_000
REQUESTS = (
    b'{"op":"who","id":%d}\n',
    b'{"op":"rooms","id":%d}\n',
    b'{"op":"whois","nick":"honest1","id":%d}\n',
    b'{"op":"history","room":"#lobby","limit":200,"id":%d}\n',
    b'{"op":"topic","room":"#lobby","id":%d}\n',
    b'{"op":"ping","id":%d}\n',
)


def name() -> str:
    return f"flood{next(NUMBERS)}"


@contextmanager
def pushing(sock: socket.socket, data: bytes) -> Iterator[threading.Thread]:
    """Sends it all on a thread of its own, or until the node closes."""

    def push() -> None:
        with suppress(OSError):
            sock.sendall(data)

    thread = threading.Thread(target=push, name="flood")
    thread.start()
    try:
        yield thread
    finally:
        with suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)
        thread.join(30)


def test_ten_thousand_requests_and_no_answer_read(town: Deployment, undisturbed: HonestPair) -> None:
    """The node's memory is bounded by the outbox, and it ends: by the outbox, or since it reads no further."""
    node = town.nodes[0]
    before = node.resident()
    with Crowd(node.address, 3) as crowd:
        for sock in crowd.sockets:
            sock.sendall(b'{"op":"hello","nick":"%s"}\n' % name().encode())
        crowd.hear(b'"joined"')
        requests = b"".join(request % n for n in range(MANY // len(REQUESTS)) for request in REQUESTS)
        with (
            pushing(crowd.sockets[0], requests),
            pushing(crowd.sockets[1], requests),
            pushing(crowd.sockets[2], requests),
        ):
            undisturbed.goes_on(10)

            assert node.resident() < before + 50 * MB
            assert node.metric("hydrachat_outbox_bytes") < 4 * MB


def test_whois_of_everything_and_history_without_end(town: Deployment, undisturbed: HonestPair) -> None:
    """All are answered, since this one reads: in order, each once."""
    with NativeClient(town.addresses[0], name()) as client:
        client.enter()
        nicks = [b"honest1", client.nick.encode(), b"nobody", b"#no", b"", b"x" * 300, "ЖЖ".encode(), b"*"]
        asked = [b'{"op":"whois","nick":"%s","id":%d}\n' % (nick, at) for at, nick in enumerate(nicks * 50)]
        asked += [
            b'{"op":"history","room":"#lobby","limit":%d,"id":%d}\n' % (limit, 1000 + limit) for limit in range(1, 201)
        ]
        asked += [
            b'{"op":"history","room":"#lobby","limit":%d,"id":%d}\n' % (limit, 5000) for limit in (0, 201, 10**9, -1)
        ]
        with pushing(client.wire.socket, b"".join(asked)) as thread:
            client.expect(HistoryEnd, of(id=1200), 60)
            for _ in range(4):
                client.expect(Error, of(id=5000), 60)
            thread.join(30)
            assert sum(frame.id == 5000 for frame in client.frames if isinstance(frame, Error)) == 4
            assert len([frame for frame in client.frames if isinstance(frame, HistoryEnd)]) == 200


def test_thousands_of_rooms(town: Deployment, undisturbed: HonestPair) -> None:
    """A session has some, and no more; and they are gone with it."""
    rooms, per_session = 2000, 50
    with Crowd(town.addresses[0], rooms // per_session) as crowd:
        for at, sock in enumerate(crowd.sockets):
            joins = b"".join(b'{"op":"join","room":"#r%d","id":1}\n' % (at * 60 + number) for number in range(60))
            sock.sendall(b'{"op":"hello","nick":"%s"}\n' % name().encode() + joins + b'{"op":"ping","id":9}\n')
        heard = crowd.hear(b'"pong","id":9', b'"id":9')
        undisturbed.goes_on()

        assert all(one.count(b'"code":1018') >= 60 - per_session for one in heard), heard[0][-300:]
        with town.client() as redis:
            assert len([*redis.scan_iter(f"{PREFIX}room:#r*:members", count=5000)]) >= rooms * 0.9
        crowd.send(b'{"op":"quit"}\n')
        crowd.hear(b'"bye"')


def test_who_never_reads_is_closed_and_hears_nothing_of_others_slowness(
    town: Deployment, undisturbed: HonestPair
) -> None:
    """A plain client and a native one: their outboxes overflow, and the speaker is not held up."""
    node, room = town.nodes[0], f"#{name()}"
    before = node.metric("hydrachat_overflows_total")
    with Crowd(node.address, 4) as deaf, NativeClient(node.address, name()) as speaker:
        for at, sock in enumerate(deaf.sockets):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            hello = b'{"op":"hello","nick":"%s"}\n{"op":"join","room":"%s"}\n' if at % 2 else b"%s\n/join %s\n"
            sock.sendall(hello % (name().encode(), room.encode()))
        speaker.enter()
        speaker.send(Join(room=room))
        speaker.expect(Joined, of(log=room))
        with town.client() as redis:
            wait_until(lambda: redis.hlen(f"{PREFIX}room:{room}:members") == 5, 20, "all are in")
        while node.metric("hydrachat_overflows_total") < before + 4:
            for _ in range(4):
                speaker.say("x" * 16_000, room)
            speaker.expect(Message, of(session=speaker.welcome.session, n=speaker.n), 60)
            assert speaker.n < 2000, "nobody's outbox overflows"
        undisturbed.goes_on()
        speaker.send(Quit())
        speaker.expect_end()


def test_a_window_full_of_says_is_refused_not_held(town: Deployment, undisturbed: HonestPair) -> None:
    """A thousand messages at once: as many are taken as the window allows, the others are answered. Of more the answers
    would fill the outbox of who reads slowly."""
    with NativeClient(town.addresses[0], name()) as client:
        client.enter()
        says = b"".join(b'{"op":"say","n":%d,"to":"#void","text":"x"}\n' % n for n in range(1, 1001))
        with pushing(client.wire.socket, says + b'{"op":"ping","id":9}\n') as thread:
            client.expect(Pong, of(id=9), 60)
            thread.join(30)
        answered = {frame.n for frame in client.frames if isinstance(frame, Error)}

        assert {code.code for code in client.frames if isinstance(code, Error)} <= {103, 104, 1015}
        assert len(answered) >= 1000 - 64
