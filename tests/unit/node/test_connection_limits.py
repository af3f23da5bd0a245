"""How many connections a node takes, from where, for how long without a hello, and what it holds for them."""

from __future__ import annotations

import socket
import time
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest

from node import limited as limited_module, pressure
from node.admission import LEAST_BACK, MOST_BACK
from node.limited import Limited
from node.limits import Limits
from node.logs import open_log
from node.metrics import Metrics
from node.pressure import Level, Pressure
from tests.unit.node.fake_cluster import FakeCluster
from tests.unit.node.fake_store import Store
from tests.unit.node.support import Client, Native, get, info, log_of, plain, running
from tests.unit.node.test_arrival import limited
from tests.unit.node.waiting import wait_for
from wire import Code, decode_server
from wire.frames import Accepted, Error, Hello, Say, Welcome

MB = 1024 * 1024


def refusal(client: Client) -> Error:
    """What a client was told at the door, in both dialects."""
    person, program = client.greeting, client.line()
    frame = decode_server(program)
    assert isinstance(frame, Error)
    assert person.decode() == f"! {frame.text}"
    return frame


def test_one_address_has_only_so_many() -> None:
    settings: dict[str, Any] = {"max_connections_per_address": 3, "exempt": ()}
    with running(FakeCluster(Store()), **settings) as node, ExitStack() as stack:
        first, *_ = [stack.enter_context(Native(node)) for _ in range(3)]
        for _ in range(2):
            with Native(node) as fourth:
                assert refusal(fourth).code == Code.ADDRESS_LIMIT
        assert limited(node, "max_connections_per_address") == 2
        first.sock.close()
        wait_for(lambda: len(node.house.roster) == 2)
        with Native(node) as instead:
            instead.enter("instead")
    assert not node.house.roster._sources, "what has gone is not counted any more"


@pytest.mark.parametrize(
    "settings", [{"exempt": ("127.0.0.1",)}, {"exempt": (), "max_connections_per_address": 0}, {}], ids=str
)
def test_who_is_exempt_has_as_many_as_he_likes(settings: dict[str, Any]) -> None:
    settings = {"max_connections_per_address": 1, **settings}
    with running(FakeCluster(Store()), **settings) as node, Native(node) as one, Native(node) as two:
        one.enter("one")
        two.enter("two")


def test_of_too_many_before_hello_the_oldest_makes_room() -> None:
    with running(FakeCluster(Store()), max_pending=3) as node, ExitStack() as stack:
        inside = stack.enter_context(Native(node))
        inside.enter("inside")
        idle = [stack.enter_context(Client(node)) for _ in range(5)]
        for oldest in idle[:2]:
            assert oldest.rest() == [
                "! too many have not said hello yet, and you were the first of them; connect again"
            ]
        assert limited(node, "max_pending") == 2
        idle[2].put("late\n")
        idle[2].lines_until("you are in #lobby")
        stack.enter_context(Client(node))  # the three that wait are the others
        inside.barrier()
        assert limited(node, "max_pending") == 2


def test_however_few_places_there_are_half_of_them_are_for_who_says_hello() -> None:
    with running(FakeCluster(Store()), max_connections=4) as node, Client(node) as first, Client(node), Client(node):
        assert first.rest()
        with Native(node) as ana:
            ana.enter("ana")


def test_a_hello_that_is_being_answered_makes_room_for_nobody() -> None:
    cluster = FakeCluster(Store())
    with running(cluster, max_pending=1) as node, Native(node) as ana:
        with cluster.store.lock:  # the claim waits for it
            ana.say(Hello(nick="ana"))
            wait_for(lambda: not node.house.roster._pending)
            with Client(node), Client(node) as second:
                assert second.greeting
                wait_for(lambda: limited(node, "max_pending") == 1)
        ana.expect(Welcome)


def test_a_hello_that_was_refused_leaves_one_among_those_who_wait() -> None:
    with running(FakeCluster(Store()), max_pending=1) as node, Native(node) as ana:
        ana.enter("ana")
        with Native(node) as twin:
            twin.say(Hello(nick="ana"))
            assert twin.expect(Error).code == Code.NICK_TAKEN
            wait_for(lambda: len(node.house.roster._pending) == 1)
            with Client(node):
                assert twin.expect(Error).code == Code.BUSY


def test_bytes_that_drip_in_are_no_hello() -> None:
    with running(FakeCluster(Store()), hello_timeout=0.3) as node, Client(node) as slow:
        connection = node.house.roster.all()[0]
        while not connection.outbox.finishing:
            before = connection.heard
            slow.put("x")
            wait_for(lambda before=before: connection.heard != before or connection.outbox.finishing)
        assert slow.rest() == ["! no hello in time; connect again"]
        assert limited(node, "hello_timeout") == 1


def test_who_is_kept_busy_before_hello_is_timed_all_the_same() -> None:
    with running(FakeCluster(Store())) as node, Client(node) as slow:
        (connection,) = node.house.roster.all()
        connection.busy = True
        node._ticker.tick(connection.began + node.house.settings.hello_timeout + 1)
        assert slow.rest() == ["! no hello in time; connect again"]


def test_above_the_mark_of_memory_newcomers_are_refused_then_who_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    held = 50 * MB
    monkeypatch.setattr(pressure, "resident", lambda: held)
    cluster = FakeCluster(Store())
    with running(cluster, memory_mark=100 * MB, grace=60.0) as node, Native(node) as ana:
        welcome = ana.enter("ana")
        held = 101 * MB
        node._ticker.tick(time.monotonic())
        with Native(node) as newcomer, Client(node) as person, Native(node) as back:
            newcomer.say(Hello(nick="new"))
            error = newcomer.expect(Error)
            assert error.code == Code.MEMORY_LIMIT
            assert LEAST_BACK <= error.after <= MOST_BACK
            assert newcomer.rest() == []
            person.put("bob\n")
            assert person.rest() == ["! this node holds as much as it may; connect to another one"]
            back.say(Hello(session=welcome.session, token=welcome.token, cursors=welcome.logs))
            welcome = back.expect(Welcome)
            assert welcome.resumed
            # A balancer sends newcomers elsewhere, if there is a place, and keeps whom it has here.
            assert get(node, "/readyz") == (200, "full\n")
            cluster.infos = [replace(info(node, "n2"), state="full")]
            assert get(node, "/readyz") == (200, "full\n")
            cluster.infos = [info(node, "n2")]
            assert get(node, "/readyz") == (404, "full\n")
            held = 111 * MB
            node._ticker.tick(time.monotonic())
            with Native(node) as late:
                assert refusal(late).code == Code.MEMORY_LIMIT
            assert len(node.house.roster) <= 4, "no thread was spent on it"
            back.say(Say(n=1, to="#lobby", text="still here"))
            back.expect(Accepted)
            held = 99 * MB
            node._ticker.tick(time.monotonic())
            assert get(node, "/readyz") == (200, "serving\n")
            with Native(node) as bob:
                bob.enter("bob")
        assert limited(node, "memory_mark") == 3


class Waiting:
    """A connection for which `size` bytes wait."""

    def __init__(self, size: int) -> None:
        self.outbox, self.size, self.peer, self.cut = self, size, "p", False

    def overflow(self) -> bool:
        self.cut = True
        return True


def test_where_all_together_is_too_much_those_for_whom_most_waits_are_cut() -> None:
    metrics = Metrics()
    squeeze = Pressure(Limits(outbox_total=100 * MB), Limited(metrics.limited, open_log("n1", "json")))
    many: Any = [Waiting(size * MB) for size in (1, 40, 2, 30, 3)]
    squeeze.look(many)
    assert squeeze.refuses(Level.NEWCOMERS, "p")
    assert not squeeze.refuses(Level.ALL, "p")
    assert not any(one.cut for one in many)
    many.append(Waiting(35 * MB))
    squeeze.look(many)
    assert squeeze.refuses(Level.ALL, "p")
    assert [one.size // MB for one in many if one.cut] == [40], "as few as will do"
    squeeze.look([])
    assert not squeeze.refuses(Level.NEWCOMERS, "p")


def test_who_is_cut_for_all_goes_on_where_he_was() -> None:
    cluster = FakeCluster(Store())
    with running(cluster, lease=60.0, outbox_total=1 * MB, outbox_bytes=100 * MB) as node, plain(node, "bob") as bob:
        with Native(node, receive_buffer=4096) as slow:
            welcome = slow.enter("slow")
            text = "x" * 15_000
            for _ in range(3000):
                bob.put(f"{text}\n")
                bob.lines_until("bob: x")
                if limited(node, "outbox_total"):
                    break
            last = [frame for frame in slow.frames_to_end() if isinstance(frame, Error)]
            assert [error.code for error in last] == [Code.TOO_SLOW]
            wait_for(lambda: any(call[0] == "away" for call in cluster.calls))
        wait_for(lambda: node.house.pressure.refuses(Level.ALL, "test") is None)
        with Native(node) as again:
            again.say(Hello(session=welcome.session, token=welcome.token, cursors=welcome.logs))
            assert again.expect(Welcome).resumed
        bob.put("\\q\n")
        assert bob.rest()[-1] == "* bye", "nobody else is cut"


def test_a_flood_of_refusals_is_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limited_module, "EVERY", 3600)
    settings: dict[str, Any] = {"max_connections_per_address": 1, "exempt": ()}
    with running(FakeCluster(Store()), **settings) as node, Native(node) as one:
        for _ in range(50):
            with Native(node):
                pass
        node._ticker.tick(time.monotonic() + 4000)
        one.sock.close()
    limit = "max_connections_per_address"
    lines = [line for line in log_of(node) if line["event"] == "limited" and line["limit"] == limit]
    assert [line["count"] for line in lines] == [1, 49]
    assert lines[0]["peer"].startswith("127.0.0.1:")


def test_strangers_who_break_off_are_no_lines() -> None:
    with running(FakeCluster(Store())) as node:
        for _ in range(20):
            with Client(node) as stranger:
                stranger.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # reset
        wait_for(lambda: len(node.house.roster) == 0)
    assert not [line for line in log_of(node) if line["event"] == "broken"]


def test_memory_is_what_the_system_says() -> None:
    ballast = bytearray(64 * MB)
    ballast[::4096] = b"x" * len(ballast[::4096])
    assert 64 * MB < pressure.resident() < 64 * 1024 * MB
