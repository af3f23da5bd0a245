"""What questions cost those who talk: how they are priced, that those of one address wait for each other, and how
what answers them is sent. And what a line without an end costs, or many lines at once."""

from __future__ import annotations

import sys
from contextlib import ExitStack, suppress
from itertools import pairwise
from typing import Any

import pytest

from cluster.types import Entry
from node import addresses as addresses_module, connection as connection_module
from node.addresses import TOGETHER, Address
from node.main import Node
from node.quota import Quota
from node.settings import NodeSettings
from node.verbs.pacing import cost_of
from tests.unit.node.fake_cluster import FakeCluster
from tests.unit.node.fake_store import Store
from tests.unit.node.support import HERE, Client, Native, plain, running
from tests.unit.node.waiting import wait_for
from wire import Code, encode
from wire.frames import (
    Accepted,
    Ack,
    Bye,
    ClientFrame,
    Confirm,
    Error,
    History,
    HistoryEnd,
    Join,
    Joined,
    Message,
    Ping,
    Pong,
    Quit,
    RoomList,
    Rooms,
    Say,
    Who,
)
from wire.plain_input import BLANKS

LOBBY = "#lobby"


@pytest.mark.parametrize(("limit", "cost"), [(1, 0.5), (50, 0.5), (80, 0.8), (200, 2.0)])
def test_history_costs_as_much_as_it_brings(limit: int, cost: float) -> None:
    assert cost_of(History(room=LOBBY, limit=limit)) == pytest.approx(cost)
    assert cost_of(Who()) == 0.5
    assert cost_of(Say(n=1, to=LOBBY, text="x")) is None


def test_questions_of_one_address_come_one_after_the_other() -> None:
    address = Address("192.0.2.7", NodeSettings(id="n1", listen=HERE, redis="redis://nowhere/0", http=HERE))
    waits = [address.turn(100.0, 2.0) for _ in range(14)]
    assert waits[:10] == [0.0] * 10, "a few at once"
    assert waits[10:] == pytest.approx([0.04, 0.08, 0.12, 0.16], abs=1e-4), "each behind the one before"
    assert address.turn(200.0, 2.0) == 0.0


def test_who_asks_too_much_waits_and_nobody_else_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses_module, "QUESTIONS", 0.001)
    monkeypatch.setattr(addresses_module, "AT_ONCE", 1)
    with running(FakeCluster(Store()), exempt=("127.0.0.2",)) as node, ExitStack() as stack:
        one, two = (stack.enter_context(Native(node)) for _ in range(2))
        one.enter("one")
        two.enter("two")
        one.say(Rooms(id=1))
        assert one.expect(RoomList).id == 1
        two.say(Rooms(id=2))  # of the same address, in a session of its own
        (waits,) = (session.connection for session in node.house.registry.all() if session.name.shown == "two")
        wait_for(lambda: waits.busy)
        one.say(Say(n=1, to=LOBBY, text="meanwhile"))
        one.expect(Accepted)
        assert two.expect(Message).text == "meanwhile", "and what is said comes to who waits"
        two.sock.settimeout(0.2)
        with pytest.raises(TimeoutError):
            two.expect(RoomList)
    # It has stopped: `running` looks whether a thread is left that waits.


def test_what_comes_at_once_from_one_address_is_spread_over_the_next_moment() -> None:
    def address(**more: Any) -> Address:
        settings = NodeSettings(id="n1", listen=HERE, redis="redis://nowhere/0", http=HERE, **more)
        return Address("192.0.2.7", settings)

    one = address()
    waits = [one.pace(100.0, 1.0) for _ in range(120)]
    assert waits[:20] == [0.0] * 20, "a few go at once"
    assert 0.2 <= waits[-1] <= 0.2 + TOGETHER, "500 a second"
    assert all(wait == 0 or wait > 0.01 for wait in waits), "nobody sleeps for less than that is worth"
    assert waits == sorted(waits), "in the order in which they came"
    assert one.pace(200.0, 1.0) == 0.0
    assert address().pace(100.0, 100.0) == pytest.approx(0.16 + TOGETHER, abs=1e-3)
    assert address(address_message_rate=0).pace(100.0, 1e9) == 0.0
    assert address(address_message_rate=5000).pace(100.0, 120.0) == pytest.approx(0.02 + TOGETHER, abs=1e-3)


def test_those_of_one_address_who_wait_go_on_together() -> None:
    one = Address("192.0.2.7", NodeSettings(id="n1", listen=HERE, redis="redis://nowhere/0", http=HERE))
    times = sorted({round(wait, 6) for wait in [one.pace(100.0, 1.0) for _ in range(200)] if wait})
    assert 5 <= len(times) <= 10, "180 who wait for up to 0.36 s"
    assert all(later - sooner >= TOGETHER for sooner, later in pairwise(times))


@pytest.mark.parametrize("what", [Say(n=2, to=LOBBY, text="2"), Join(room="#ops", id=1)])
def test_two_sessions_of_one_address_that_speak_at_once_wait_for_each_other_and_nobody_for_them(
    monkeypatch: pytest.MonkeyPatch, what: ClientFrame
) -> None:
    monkeypatch.setattr(addresses_module, "EVENLY", 0.001)
    monkeypatch.setattr(addresses_module, "FREELY", 1)
    limits: Any = {"exempt": ("127.0.0.2",), "address_message_rate": 0.0001}
    with running(FakeCluster(Store()), **limits) as node, ExitStack() as stack:
        one, two = (stack.enter_context(Native(node)) for _ in range(2))
        one.enter("one")
        two.enter("two")
        one.say(Say(n=1, to=LOBBY, text="1"))
        one.expect(Accepted)
        two.say(Say(n=1, to=LOBBY, text="waits") if isinstance(what, Say) else what)
        (waits,) = (session.connection for session in node.house.registry.all() if session.name.shown == "two")
        wait_for(lambda: waits.busy)
        one.say(Ping())
        one.expect(Pong)
        two.sock.settimeout(0.2)
        with pytest.raises(TimeoutError):
            two.expect(Accepted) if isinstance(what, Say) else two.expect(Joined, lambda frame: frame.log == "#ops")
    # It has stopped: `running` looks whether a thread is left that waits.


def test_what_one_session_says_at_once_is_spread_over_the_next_moment() -> None:
    settings = NodeSettings(id="n1", listen=HERE, redis="redis://nowhere/0", http=HERE)
    quota, now, waits = Quota(settings, Address("192.0.2.7", settings), (0, 0), 100.0), 100.0, []
    for _ in range(200):
        waits.append(quota.pace(now))
        now += waits[-1]
    assert waits[:20] == [0.0] * 20, "a few go at once"
    assert 1.7 <= now - 100 <= 1.8, "then a hundred a second"
    assert all(wait == 0 or wait > TOGETHER for wait in waits), "some of them together"
    exempt = Quota(settings, None, (0, 0), 100.0)
    assert [exempt.pace(100.0) for _ in range(1000)] == [0.0] * 1000


def test_what_many_hear_takes_more_of_what_its_address_may_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses_module, "EVENLY", 0.001)
    monkeypatch.setattr(addresses_module, "FREELY", 3)
    monkeypatch.setattr(sys.modules["node.verbs.pacing"], "HEARERS", 1)
    limits: Any = {"exempt": ("127.0.0.2",), "address_message_rate": 0.0001}
    with running(FakeCluster(Store()), **limits) as node, ExitStack() as stack:
        one = stack.enter_context(Native(node))
        one.enter("one")
        one.say(Say(n=1, to=LOBBY, text="nobody else hears that"))
        one.expect(Accepted)
        for name in ("two", "three"):
            stack.enter_context(Native(node)).enter(name)
        one.say(Say(n=2, to=LOBBY, text="two more do"))
        (waits,) = (session.connection for session in node.house.registry.all() if session.name.shown == "one")
        wait_for(lambda: waits.busy)
        one.sock.settimeout(0.2)
        with pytest.raises(TimeoutError):
            one.expect(Accepted)


FREE = {
    "acknowledgements": encode(Ack(cursors={"@": ("e", 1)})) * 2,
    "confirmations": encode(Confirm(token="x" * 22)) * 2,
    "empty lines": b"\n" * BLANKS,
    "lines of spaces": b"  \r\n" * BLANKS,
}


@pytest.mark.parametrize("what", FREE)
@pytest.mark.parametrize("limited", [True, False])
def test_what_has_no_limit_of_its_own_waits_where_it_is_too_much(
    monkeypatch: pytest.MonkeyPatch, what: str, limited: bool
) -> None:
    monkeypatch.setattr(addresses_module, "TRIFLES", 0.001)
    monkeypatch.setattr(addresses_module, "FEW", 1)
    settings: Any = {"exempt": ("127.0.0.2",)} if limited else {}
    with running(FakeCluster(Store()), **settings) as node, Native(node) as one:
        one.enter("one")
        one.sock.sendall(FREE[what])
        one.say(Ping(id=7))
        if not limited:
            one.expect(Pong)
            return
        (session,) = node.house.registry.all()
        wait_for(lambda: session.connection.busy)
        one.sock.settimeout(0.2)
        with pytest.raises(TimeoutError):
            one.expect(Pong)


def test_help_has_its_price_before_and_after_the_hello(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses_module, "TRIFLES", 0.001)
    monkeypatch.setattr(addresses_module, "FEW", 12)
    with running(FakeCluster(Store()), exempt=("127.0.0.2",)) as node, plain(node, "bob") as bob, Client(node) as late:
        bob.put("/help\n/help\n")
        bob.lines_until("/whois")
        monkeypatch.setattr(sys.modules["node.verbs.pacing"], "STRANGER", 3600)
        late.put("/help\n")
        for waits in (bob, late):
            waits.sock.settimeout(0.2)
            with pytest.raises(TimeoutError):
                waits.lines_until("/topic")


def test_who_is_exempt_does_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses_module, "QUESTIONS", 0.001)
    monkeypatch.setattr(addresses_module, "AT_ONCE", 1)
    with running(FakeCluster(Store())) as node, Native(node) as one:
        one.enter("one")
        for number in range(5):
            one.say(Rooms(id=number))
            assert one.expect(RoomList).id == number


@pytest.mark.parametrize("together", [1, 300, 1024 * 1024])
def test_a_page_of_history_comes_whole_and_in_order(monkeypatch: pytest.MonkeyPatch, together: int) -> None:
    monkeypatch.setattr(sys.modules["node.verbs.history"], "TOGETHER", together)
    with running(FakeCluster(Store())) as node, Native(node) as one, plain(node, "bob"):
        one.enter("one")
        for n in range(1, 31):
            one.say(Say(n=n, to=LOBBY, text=f"{n}"))
            one.expect(Accepted)
        one.say(History(room=LOBBY, limit=30, id=7))
        found = [one.expect(Message, lambda frame: frame.history).text for _ in range(30)]
        assert found == [f"{n}" for n in range(1, 31)]
        assert one.expect(HistoryEnd).count == 30


def test_who_does_not_read_gets_no_more_history(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    cluster = FakeCluster(Store())

    def history(room: str, *_: object) -> list[Entry]:
        asked.append(room)
        return []

    monkeypatch.setattr(cluster, "history", history)
    with running(cluster) as node, Native(node) as one:
        one.enter("one")
        one.barrier()  # what is shown to who enters was asked for too
        asked.clear()
        (session,) = node.house.registry.all()
        outbox: Any = session.connection.outbox
        outbox.size += outbox.limit // 2  # as if so much waited
        one.say(History(room=LOBBY, id=1))
        wait_for(lambda: outbox._when_low)
        assert not asked
        outbox.size -= outbox.limit // 2
        one.say(Say(n=1, to=LOBBY, text="goes out behind it"))
        for when_low in outbox._when_low:
            when_low()
        assert one.expect(HistoryEnd).id == 1
        assert asked == [LOBBY]


def rests_of(node: Node, patch: pytest.MonkeyPatch) -> list[float | None]:
    """For how long its threads rest from here on; none does."""
    rests: list[float | None] = []

    def rest(timeout: float | None = None) -> bool:
        rests.append(timeout)
        return False

    patch.setattr(node.house.standing.leaving, "wait", rest)
    return rests


def test_of_a_line_without_an_end_little_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    with running(FakeCluster(Store())) as node, Native(node) as one:
        one.enter("one")
        with monkeypatch.context() as patch:
            rests = rests_of(node, patch)
            for n in range(1, 21):
                one.say(Say(n=n, to=LOBBY, text="x" * 15_000))
                one.expect(Accepted)
            assert connection_module.MOST / connection_module.DROPPED not in rests
            one.sock.sendall(b"x" * (4 * 1024 * 1024))
            wait_for(lambda: rests.count(connection_module.MOST / connection_module.DROPPED) >= 3)


def test_of_what_comes_after_the_end_little_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    with running(FakeCluster(Store())) as node, Native(node) as one:
        one.enter("one")
        with monkeypatch.context() as patch:
            rests = rests_of(node, patch)
            with suppress(OSError):
                one.sock.sendall(encode(Quit()) + b"x" * (16 * 1024 * 1024))
            wait_for(lambda: any(rest and rest > 1 for rest in rests))  # until it is closed nothing more is read
            assert rests.count(connection_module.MOST / connection_module.DROPPED) <= 4
            assert isinstance(one.frames_to_end()[-1], Bye)


def test_who_has_ended_a_line_that_was_too_long_goes_on() -> None:
    with running(FakeCluster(Store())) as node, Native(node) as one:
        one.enter("one")
        one.sock.sendall(b"x" * 200_000 + b"\n")
        assert one.expect(Error).code == Code.FRAME_TOO_LONG
        one.say(Say(n=1, to=LOBBY, text="on"))
        one.expect(Accepted)


@pytest.mark.parametrize("line", ["no,nickname", '{"op":"dance"}'])
def test_who_has_no_session_is_answered_slowly_what_is_not_understood(
    monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    monkeypatch.setattr("node.verbs.pacing.STRANGER", 3600.0)
    monkeypatch.setattr("node.verbs.pacing.LOOK", 3600.0)
    with running(FakeCluster(Store())) as node, Client(node) as stranger, Native(node) as one:
        stranger.put(f"{line}\n" * 1000)
        stranger.sock.settimeout(0.2)
        with pytest.raises(TimeoutError):
            stranger.line()
        one.enter("one")
