"""Slow, silent and hostile clients."""

from __future__ import annotations

import socket
import threading

import pytest

from cluster.errors import Refused
from cluster.seam import Health
from cluster.types import Reason
from node.ticker import Ticker
from tests.unit.node.fake_cluster import FakeCluster
from tests.unit.node.fake_store import Store
from tests.unit.node.support import Client, Native, get, log_of, plain, running
from tests.unit.node.waiting import wait_for
from wire import Code
from wire.frames import Error, Hello, Join, Message, Ping, Pong, Welcome


def test_a_client_that_stops_reading_is_closed_resumably_and_costs_nobody_else() -> None:
    cluster = FakeCluster(Store())
    with running(cluster, outbox_bytes=262_144) as node, plain(node, "bob") as bob:
        with Native(node, receive_buffer=4096) as slow:
            welcome = slow.enter("slow")
            text = "x" * 15_000
            for _ in range(600):
                bob.put(f"{text}\n")
                bob.lines_until("bob: x")
                if any(call[0] == "away" for call in cluster.calls):
                    break
            cluster.await_call("away", welcome.session)
            with Native(node) as again:
                again.say(Hello(session=welcome.session, token=welcome.token, cursors=welcome.logs))
                assert again.expect(Welcome).resumed
                offsets = [again.expect(Message).offset for _ in range(20)]
                assert offsets == list(range(offsets[0], offsets[0] + 20))
        assert get(node, "/metrics")[1].count("hydrachat_overflows_total 1.0") == 1


def test_a_client_whose_kernel_takes_nothing_for_long_is_closed() -> None:
    cluster = FakeCluster(Store())
    with running(cluster, lease=60.0) as node, Native(node, receive_buffer=4096) as slow:
        welcome = slow.enter("slow")
        connection = node.house.roster.all()[0]
        blocked = node.house.deliverer._blocked
        for n in range(1, 2000):
            cluster.store.append("#lobby", "message", "s", n, "bob", "x" * 15_000)
            wait_for(lambda: blocked or connection.outbox.size == 0)
            if blocked:
                break
        ticker = Ticker(node.house)
        ticker.tick(connection.outbox.progress + 29)
        assert not connection.outbox.finishing

        def closed() -> bool:
            # Until then the kernels may move a little more from one buffer to the other.
            ticker.tick(connection.outbox.progress + 31)
            return connection.outbox.finishing

        wait_for(closed)
        cluster.await_call("away", welcome.session)
    assert [line["session"] for line in log_of(node) if line["event"] == "stalled"] == [welcome.session]


def test_a_node_that_slept_listens_before_it_calls_a_client_silent() -> None:
    with running(FakeCluster(Store()), lease=600.0) as node, Native(node) as quiet:
        quiet.enter("quiet")
        connection = node.house.roster.all()[0]
        wait_for(lambda: connection.outbox.size == 0)  # or it would look stalled
        heard, ticker = connection.heard, Ticker(node.house)
        for later in (800, 900, 1000, 1100):
            ticker.tick(heard + later)
        quiet.barrier()
        wait_for(lambda: connection.outbox.size == 0)
        for later in range(1200, 1601, 100):
            ticker.tick(heard + later)
        assert quiet.expect(Error).code == Code.SILENT


class Late:
    """A connection's wire, whose thread, once it has read the id 99, does not get its turn until it is `let`."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.last = b""
        self.waits, self.let = threading.Event(), threading.Event()

    def recv(self, size: int) -> bytes:
        if b'"id":99' in self.last:
            self.waits.set()
            self.let.wait(20)
        self.last = self.sock.recv(size)
        return self.last


@pytest.mark.parametrize("speaks", [True, False])
def test_whose_words_lie_unread_is_not_silent(*, speaks: bool) -> None:
    with running(FakeCluster(Store()), lease=600.0) as node, Native(node) as client:
        client.enter("client")
        connection = node.house.roster.all()[0]
        connection.wire = late = Late(connection.sock)  # type: ignore[assignment]
        client.barrier()  # what comes now is read by it
        client.say(Ping(id=99))
        assert client.expect(Pong, lambda pong: pong.id == 99)
        assert late.waits.wait(5)
        wait_for(lambda: connection.outbox.size == 0)
        if speaks:
            client.say(Ping(id=7))
            wait_for(lambda: connection.is_unread)
        heard, ticker = connection.heard, Ticker(node.house)
        for later in range(100, 901, 100):
            ticker.tick(heard + later)
        assert connection.outbox.finishing is not speaks
        late.let.set()
        if speaks:
            assert client.expect(Pong, lambda pong: pong.id == 7)


def test_the_clock_may_look_at_a_connection_that_has_just_been_closed() -> None:
    with running(FakeCluster(Store())) as node:
        with Native(node) as client:
            client.enter("client")
            connection = node.house.roster.all()[0]
        wait_for(lambda: not node.house.roster.all())
        assert not connection.is_unread


def test_a_plain_client_takes_up_the_counting_where_the_cluster_is() -> None:
    cluster = FakeCluster(Store())
    with running(cluster) as node, plain(node, "bob") as bob:
        row = next(iter(cluster.store.rows.values()))
        row.n = 7
        row.outcomes[1] = "bad_text"
        cluster.answers = [Refused(Reason.OUT_OF_ORDER, "7")]
        bob.put("one\n")
        assert bob.lines_until("bob: one") == ["bob: one"]
        assert cluster.store.logs["#lobby"][-1].n == 8


def test_a_room_that_could_not_be_joined_is_not_held() -> None:
    cluster = FakeCluster(Store())
    with running(cluster) as node, Native(node) as alice:
        alice.enter("alice")
        cluster.turn(Health.DEGRADED)
        alice.say(Join(room="#ops", id=1))
        assert alice.expect(Error, lambda error: error.id == 1).code == Code.DEGRADED
        wait_for(lambda: not node.house.rooms.is_held("#ops"))  # given up right after the answer
        assert cluster.wanted == ["#lobby"]


def test_hello_timeout_and_silence() -> None:
    cluster = FakeCluster(Store())
    with running(cluster, hello_timeout=0.1, lease=1.0) as node:
        with Client(node) as mute:
            assert "no hello in time" in mute.rest()[-1]
        with Native(node) as alice:
            welcome = alice.enter("alice")
            assert welcome.heartbeat == 1.0
            assert alice.expect(Error).code == Code.SILENT
            cluster.await_call("away", welcome.session)
    assert [line["session"] for line in log_of(node) if line["event"] == "silent"] == [welcome.session]


@pytest.mark.parametrize(
    "garbage", [b"\xff\xfe\n" * 50, b"{" * 70_000 + b"\n", b'{"op":"hello","x":' + b"[" * 60_000 + b"\n", b"\0\n"]
)
def test_hostile_bytes_cost_nobody_else(garbage: bytes) -> None:
    with running(FakeCluster(Store())) as node, Native(node) as alice:
        alice.enter("alice")
        with socket.socket() as hostile:
            hostile.settimeout(5)
            hostile.connect(tuple(node.address))
            hostile.sendall(garbage)
            hostile.shutdown(socket.SHUT_WR)
            while hostile.recv(65536):
                pass
        alice.say(Ping(id=1))
        alice.expect(Pong)


def test_too_many_connections_are_turned_away() -> None:
    with running(FakeCluster(Store()), max_connections=1) as node, plain(node, "alice"), socket.socket() as other:
        other.settimeout(5)
        other.connect(tuple(node.address))
        assert b"full" in other.recv(1000)
