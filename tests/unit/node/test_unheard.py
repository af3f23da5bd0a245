"""Who takes what he is told is there: what the kernel knows of it."""

from __future__ import annotations

import socket
import struct

import pytest

from node import ticker
from node.ticker import Ticker
from node.unheard import unheard
from tests.unit.node.fake_cluster import FakeCluster
from tests.unit.node.fake_store import Store
from tests.unit.node.support import Native, running
from tests.unit.node.waiting import wait_for
from wire import Code
from wire.frames import Error


class Told(socket.socket):
    """Whose kernel says that so many segments wait, and since when nothing was acknowledged."""

    waiting, since = 0, 0

    def getsockopt(self, *_: object) -> bytes:  # type: ignore[override]
        return struct.pack("@24x I 28x I", self.waiting, self.since)


def test_seconds_since_anything_was_acknowledged_while_something_waits() -> None:
    with Told() as sock:
        sock.waiting, sock.since = 3, 7500
        assert unheard(sock) == 7.5
        sock.waiting = 0
        assert unheard(sock) == 0.0


def test_what_has_arrived_proves_life_and_a_closed_socket_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        with socket.create_connection(listener.getsockname()) as client:
            node, _ = listener.accept()
            with node:
                node.sendall(b"hello\n")
                assert client.recv(6) == b"hello\n"
                wait_for(lambda: unheard(node) == 0.0)
        assert unheard(client) == 0.0


def test_where_the_kernel_keeps_the_time_of_the_last_acknowledgement() -> None:
    """It grows while nothing is sent, and begins anew with what is."""
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()) as client:
        node, _ = listener.accept()
        with node:

            def last() -> int:
                told = node.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 60)
                return int(struct.unpack_from("@I", told, 56)[0])

            def acknowledged() -> bool:
                node.sendall(b"hello\n")
                client.recv(6)
                return last() < 100

            wait_for(lambda: last() > 100)
            wait_for(acknowledged)


def test_whose_kernel_takes_nothing_any_more_is_silent_though_ours_still_takes_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with running(FakeCluster(Store()), lease=600.0) as node, Native(node) as gone:
        welcome = gone.enter("gone")
        connection = node.house.roster.all()[0]
        wait_for(lambda: not connection.busy and connection.outbox.size == 0)
        heard, since, looker = connection.heard, 0.0, Ticker(node.house)
        monkeypatch.setattr(ticker, "unheard", lambda _: since)
        for later in (100, 200, 300, 400, 500, 600, 700, 800):
            connection.outbox.progress = heard + later
            looker.tick(heard + later)
        assert not connection.outbox.finishing
        since = 2.5 * welcome.heartbeat + 1
        looker.tick(heard + 801)
        assert gone.expect(Error).code == Code.SILENT
