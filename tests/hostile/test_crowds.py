"""Thousands of connections that want nothing but a place."""

from __future__ import annotations

import socket
from collections import Counter

from tests.hostile.crowd import Crowd
from tests.hostile.honest import HonestPair
from tests.support.deployment import Deployment
from tests.support.waiting import wait_until

GREETING = b"nickname?\n"
MANY = 3000
PRESENT = b"* you are in"


def test_thousands_of_half_open_connections(town: Deployment, undisturbed: HonestPair) -> None:
    node = town.nodes[0]
    with Crowd(node.address, MANY) as crowd:
        heard = crowd.hear(GREETING)
        undisturbed.goes_on()

        assert all(GREETING in one for one in heard)
        assert node.metric("hydrachat_connections") >= MANY


def test_who_never_says_hello_goes_by_itself(town: Deployment, undisturbed: HonestPair) -> None:
    with Crowd(town.addresses[0], 200) as crowd:
        crowd.send(b'{"op":')
        heard = crowd.hear(b"no hello in time")
        undisturbed.goes_on()

        assert all(b"no hello in time" in one for one in heard)


def test_one_byte_at_a_time_by_hundreds(town: Deployment, undisturbed: HonestPair) -> None:
    with Crowd(town.addresses[0], 300) as crowd:
        for number, sock in enumerate(crowd.sockets):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.sendall(f"slow{number:0>9}".encode())
        for byte in b"-\n/quit\n":
            crowd.send(bytes([byte]))
        heard = crowd.hear(b"* bye")
        told = Counter(
            next((word for word in (b"* bye", b"too many come at once") if word in one), one) for one in heard
        )

        assert sum(told[word] for word in (b"* bye", b"too many come at once")) == 300, told
        assert told[b"* bye"] >= 100, told


def test_a_storm_of_connections_that_go_at_once(town: Deployment, undisturbed: HonestPair) -> None:
    node = town.nodes[0]
    before = node.metric("hydrachat_connections_opened_total")
    for number in range(30):
        crowd = Crowd(node.address, 100)
        if number % 3 == 0:
            crowd.send(b'{"op":"hello","nick":"gone%d"}\n' % number)
        if number % 2:
            crowd.reset()
        crowd.close()
    undisturbed.goes_on()

    assert node.metric("hydrachat_connections_opened_total") >= before + 2000


def test_reset_in_the_middle_of_everything(town: Deployment, undisturbed: HonestPair) -> None:
    hello = b'{"op":"hello","nick":"rst%d"}\n'
    line = b'{"op":"join","room":"#rst"}\n{"op":"say","n":1,"to":"#rst","text":"x"}\n{"op":"who"}\n{"op":"quit"}\n'
    for cut in range(0, len(hello + line), 3):
        crowd = Crowd(town.addresses[0], 4)
        for number, sock in enumerate(crowd.sockets):
            sock.sendall((hello % (cut * 10 + number) + line)[: cut + 3])
        crowd.reset()
    undisturbed.goes_on()


def test_half_closed_at_every_place(town: Deployment, undisturbed: HonestPair) -> None:
    typed = b"half%d\n/join #halves\nhello\n/who\n"
    for cut in range(0, len(typed), 4):
        with Crowd(town.addresses[0], 1) as crowd:
            (sock,) = crowd.sockets
            sock.sendall((typed % cut)[: cut + 4])
            sock.shutdown(socket.SHUT_WR)
            (heard,) = crowd.hear(b"* bye")

            # A line that was not finished is one all the same; a nickname without a word behind it is a stay.
            assert b"* bye" in heard, heard


def test_thousands_of_claims_and_drops(town: Deployment, undisturbed: HonestPair) -> None:
    """All for a few names, which are free again when it is over."""
    node = town.nodes[0]
    before = node.metric("hydrachat_hellos_total")
    for _ in range(20):
        with Crowd(node.address, 50) as crowd:
            for number, sock in enumerate(crowd.sockets):
                sock.sendall(b"drop%d\n" % (number % 25))
            crowd.hear(PRESENT, b"is taken", b"too many come at once")
    assert node.metric("hydrachat_hellos_total") >= before + 700
    undisturbed.goes_on()

    wait_until(lambda: _may_be_called(node.address, b"drop1"), 10, "the name is free again")


def _may_be_called(address: str, nick: bytes) -> bool:
    with Crowd(address, 1) as crowd:
        crowd.send(nick + b"\n\\q\n/quit\n")
        return PRESENT in crowd.hear(b"* bye")[0]
