"""ChatClient over real sockets against a scripted loopback cluster."""

from __future__ import annotations

import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, TypeVar

import pytest

from client import Backlogged, ChatClient, Closed, Crashed, Refused, Settings, Unreachable
from client.actions import Action
from client.events import (
    Connected,
    Disconnected,
    Event,
    HistoryEvent,
    JoinedEvent,
    LeftEvent,
    MembersEvent,
    MessageEvent,
    Moved,
    Notice,
    RoomsEvent,
    Stopped,
)
from client.failover import Failover
from tests.support.waiting import wait_until
from tests.unit.client.model import LOBBY, Line
from tests.unit.client.scripted import Loopback
from wire.codes import Code
from wire.frames import (
    INBOX,
    Accepted,
    Error,
    Hello,
    History,
    HistoryEnd,
    Join,
    Joined,
    Leave,
    Left,
    Member,
    Members,
    Message,
    Ping,
    Quit,
    Receipt,
    Reconnect,
    Recovered,
    RoomInfo,
    RoomList,
    Rooms,
    Say,
    Who,
)

QUICK = Settings(
    connect_timeout=2.0, welcome_timeout=0.5, backoff_base=0.01, backoff_cap=0.1, searching_after=0.2, ack_after=0.02
)
TEXTS = ["hello", "grüß euch", "你好，世界", "שלום", "مرحبا", "👩‍👩‍👧‍👦 🎉", "a\nb", "\ttab", "x" * 16000, '"\\{}']
E = TypeVar("E")


@pytest.fixture
def cluster() -> Iterator[Loopback]:
    with Loopback(3) as loopback:
        yield loopback


def client(cluster: Loopback, nick: str = "alice", **more: Any) -> ChatClient:
    more.setdefault("settings", QUICK)
    return ChatClient(cluster.servers, nick, rng=random.Random(7), **more)


def until(chat: ChatClient, kind: type[E], fits: Callable[[E], bool] = lambda _: True) -> tuple[E, list[Event]]:
    """The first event of that kind, and all before it."""
    before: list[Event] = []
    while True:
        event = chat.next_event(10)
        assert event is not None, f"no {kind.__name__} came, only {before}"
        if isinstance(event, kind) and fits(event):
            return event, before
        before.append(event)


def test_a_stay_from_welcome_to_bye(cluster: Loopback) -> None:
    with client(cluster) as chat:
        assert (chat.nick, chat.session) == ("alice", "s1-0")
        assert chat.node in {"n1", "n2", "n3"}
        accepted = chat.say("hello").wait_accepted(10)
        assert (accepted.n, accepted.log, accepted.offset) == (1, LOBBY, 2)
        event, before = until(chat, MessageEvent)
        assert (event.text, event.own, event.room) == ("hello", True, LOBBY)
        assert isinstance(before[0], Connected)
        joined = [one for one in before if isinstance(one, JoinedEvent)]
        assert [(one.own, one.count, one.members) for one in joined] == [(True, 1, ("alice",))]
    assert any(isinstance(frame, Quit) for frame in cluster.heard)
    assert chat.error is None
    assert [type(event) for event in chat][-1] is Stopped


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_texts_arrive_as_they_were_written(cluster: Loopback, text: str) -> None:
    with client(cluster) as chat:
        chat.say(text)
        assert until(chat, MessageEvent)[0].text == text


def test_nothing_is_lost_or_doubled_when_every_node_dies_but_one(cluster: Loopback) -> None:
    with client(cluster) as chat:
        sendings = [chat.say(f"first {number}") for number in range(300)]
        cluster.kill(int(chat.node[1:]) - 1)
        sendings += [chat.say(f"second {number}") for number in range(300)]
        sendings[-1].wait_accepted(10)
        moved, _ = until(chat, Moved)
        assert moved.complete
        cluster.kill(int(moved.node[1:]) - 1)
        sendings += [chat.say(f"third {number}") for number in range(300)]
        assert chat.flush(10)
        said = [one.text for one in cluster.run(lambda: list(cluster.world.log)) if isinstance(one, Message)]
        assert said == [one.text for one in sendings]
        assert [one.n for one in sendings] == list(range(1, 901))
        chat.quit()
        told = [event.text for event in chat if isinstance(event, MessageEvent)]
    assert told == said[-len(told) :]


def test_what_was_said_meanwhile_is_told_after_a_move(cluster: Loopback) -> None:
    with client(cluster, "alice") as chat:
        until(chat, JoinedEvent)
        others = {0, 1, 2} - {int(chat.node[1:]) - 1}
        for node in others:
            cluster.freeze(node)
        cluster.kill(int(chat.node[1:]) - 1)
        for number in range(20):
            cluster.post(f"meanwhile {number}")
        for node in others:
            cluster.thaw(node)
        moved, before = until(chat, Moved)
        assert moved.complete
        assert [one.text for one in before if isinstance(one, MessageEvent)] == [f"meanwhile {n}" for n in range(20)]


def test_a_taken_nickname_is_refused_with_a_free_one(cluster: Loopback) -> None:
    with client(cluster):
        second = client(cluster)
        with pytest.raises(Refused) as caught:
            second.start(10)
    assert (caught.value.code, caught.value.suggestion) == (Code.NICK_TAKEN, "alice2")


def test_a_port_where_nobody_listens() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{bound.getsockname()[1]}"
        chat = ChatClient([address], "alice", settings=QUICK)
        with pytest.raises(Unreachable) as caught:
            chat.start(0.2)
    assert caught.value.attempts == {address: "connection refused"}
    with pytest.raises(Closed):
        chat.say("too late")


def test_a_node_that_never_answers_is_left_for_another_one(cluster: Loopback) -> None:
    cluster.freeze(0)
    with client(cluster, in_order=True) as chat:
        assert chat.node in {"n2", "n3"}


def test_a_late_resume_at_a_node_that_slept_does_not_end_the_session(cluster: Loopback) -> None:
    with client(cluster, in_order=True) as chat:
        assert chat.node == "n1"
        cluster.freeze(1)
        cluster.freeze(2)
        # Both others are tried, in vain, before n1 welcomes us back.
        cluster.send(Error(Code.TOO_SLOW, "too slow"))
        until(chat, Moved)
        cluster.thaw(1)
        cluster.thaw(2)
        for number in range(3):
            assert chat.say(f"still here {number}").wait_accepted(10)
        assert chat.error is None


def test_reconnect_moves_before_it_breaks(cluster: Loopback) -> None:
    with client(cluster, in_order=True) as chat:
        until(chat, JoinedEvent)
        cluster.send(Reconnect(Code.DRAINING, "leaving", where=cluster.servers[2]))
        moved, before = until(chat, Moved)
        assert (moved.node, moved.former, moved.complete) == ("n3", "n1", True)
        assert before == []
        assert chat.say("here now").wait_accepted(10)


def test_reconnect_with_nowhere_to_go_changes_nothing(cluster: Loopback) -> None:
    with client(cluster, in_order=True) as chat:
        until(chat, JoinedEvent)
        cluster.kill(1)
        cluster.kill(2)
        leaving = Error(Code.DRAINING, "leaving")
        cluster.run(lambda: cluster.world.on.update({Hello: lambda line, _: line.down.append(leaving)}))
        cluster.send(Reconnect(Code.DRAINING, "leaving", where=cluster.servers[2]))
        assert chat.say("still at n1").wait_accepted(10)
        event, before = until(chat, MessageEvent)
        assert event.text == "still at n1"
        assert before == []


def rounds(chat: ChatClient, count: int) -> None:
    """Lets the network thread's loop go round so many times."""
    for _ in range(count):
        done = threading.Event()

        def command(machine: Failover, _: float, done: threading.Event = done) -> list[Action]:
            done.set()
            return []

        chat._network.submit(command)
        assert done.wait(10)


def test_a_user_who_does_not_keep_up_stops_the_reading(cluster: Loopback) -> None:
    with client(cluster, settings=Settings(unread=50)) as chat:
        until(chat, JoinedEvent)
        cluster.run(lambda: [cluster.world.post("x" * 2000) for _ in range(5000)])
        wait_until(lambda: chat._queue.full)
        rounds(chat, 100)
        assert len(chat._queue) < 50 + 2 * 65536 // 2000
        offsets = [until(chat, MessageEvent)[0].offset for _ in range(5000)]
    assert offsets == list(range(2, 5002))


def test_an_unread_queue_does_not_make_the_node_look_dead(cluster: Loopback) -> None:
    cluster.world.heartbeat = 0.1
    with client(cluster, settings=Settings(unread=1)) as chat:
        cluster.post("unread")
        # Our pings, one each half heartbeat, tell that twice the heartbeat is over.
        wait_until(lambda: sum(isinstance(frame, Ping) for frame in cluster.heard) > 6)
        cluster.post("after a while")
        _, before = until(chat, MessageEvent, lambda one: one.text == "after a while")
    assert not [one for one in before if isinstance(one, Disconnected | Moved)]


def test_who_was_not_scheduled_reads_what_came_before_it_judges(cluster: Loopback) -> None:
    """Time runs out while the pong lies in the kernel, and the thread had no turn between."""
    cluster.world.heartbeat = 0.2
    with client(cluster) as chat:
        until(chat, JoinedEvent)
        machine, selector = chat._network._machine, chat._network._selector
        overslept: list[float] = []

        def late(timeout: float | None) -> list[Any]:
            link = machine._active
            if overslept or link is None or link.dead_at is None or link.asked != link.spoke:
                return selector.select(timeout)
            over = link.dead_at
            wait_until(lambda: selector.select(0.01) and time.monotonic() > over)
            overslept.append(over)
            return []

        chat._network._selector = SimpleNamespace(
            select=late, register=selector.register, unregister=selector.unregister, close=selector.close
        )  # type: ignore[assignment]
        wait_until(lambda: overslept)
        cluster.post("still here")
        _, before = until(chat, MessageEvent)
    assert not [one for one in before if isinstance(one, Disconnected | Moved)]


def test_next_event_gives_up_in_time(cluster: Loopback) -> None:
    with client(cluster) as chat:
        until(chat, JoinedEvent)
        assert chat.next_event(0.01) is None


def test_iteration_ends_with_the_error(cluster: Loopback) -> None:
    with client(cluster) as chat:
        cluster.send(Error(Code.TAKEN_OVER, "resumed elsewhere"))
        with pytest.raises(Refused) as caught:
            list(chat)
    assert caught.value.code == Code.TAKEN_OVER
    assert chat.error is caught.value


def test_a_callback_that_raises_ends_the_client_loudly(cluster: Loopback, caplog: pytest.LogCaptureFixture) -> None:
    def boom(event: Event) -> None:
        assert not isinstance(event, MessageEvent), "boom"

    with client(cluster, on_event=boom) as chat:
        cluster.run(lambda: setattr(cluster.world, "degraded", True))
        sending = chat.say("never")
        cluster.post("bang")
        with pytest.raises(Crashed):
            sending.wait_accepted(10)
        with pytest.raises(Crashed):
            chat.say("after the end")
    assert isinstance(chat.error, Crashed)
    assert "the network thread died" in caplog.text


def test_what_waits_is_bounded(cluster: Loopback) -> None:
    with client(cluster, settings=Settings(backlog=5, backoff_base=0.01)) as chat:
        cluster.run(lambda: setattr(cluster.world, "degraded", True))
        sendings = [chat.say(f"kept {number}", timeout=0.0) for number in range(5)]
        with pytest.raises(Backlogged):
            chat.say("too much", timeout=0.01)
        assert not chat.flush(0.01)
        cluster.run(lambda: setattr(cluster.world, "degraded", False))
        assert chat.flush(10)
        assert [one.n for one in sendings] == [1, 2, 3, 4, 5]


def test_closing_ends_every_wait(cluster: Loopback) -> None:
    cluster.world.degraded = False
    with client(cluster) as chat:
        cluster.run(lambda: setattr(cluster.world, "degraded", True))
        sending = chat.say("never")
        caught: list[BaseException] = []

        def wait() -> None:
            try:
                sending.wait_accepted(10)
            except Closed as error:
                caught.append(error)

        waiter = threading.Thread(target=wait)
        waiter.start()
        chat.close()
        waiter.join(10)
        assert len(caught) == 1
        chat.close()
        chat.quit()


def test_names_are_looked_up(cluster: Loopback) -> None:
    port = cluster.addresses[0].port
    with ChatClient([f"localhost:{port}"], "alice", settings=QUICK) as chat:
        assert chat.node == "n1"


def test_bad_arguments_are_refused_at_once(cluster: Loopback) -> None:
    with pytest.raises(Refused, match="white space"):
        client(cluster, "two words")
    with pytest.raises(Refused, match="begins with #"):
        client(cluster, rooms=["ops"])
    with pytest.raises(ValueError, match="not an address"):
        ChatClient(["nonsense"], "alice")
    with pytest.raises(ValueError, match="at least one"):
        ChatClient([], "alice")
    with client(cluster) as chat:
        for text, to, code in (
            ("", LOBBY, Code.BAD_TEXT),
            ("x" * 20000, LOBBY, Code.TEXT_TOO_LONG),
            ("\x1b[2J", LOBBY, Code.BAD_TEXT),
            ("hi", "bob", Code.BAD_ROOM),
            ("hi", "@", Code.BAD_NICK),
        ):
            with pytest.raises(Refused) as caught:
                chat.say(text, to)
            assert caught.value.code == code
        assert chat.pending == 0


def test_a_client_that_never_started_can_be_closed(cluster: Loopback) -> None:
    chat = client(cluster)
    chat.close()
    chat.close()
    with pytest.raises(Closed):
        chat.start()


def test_direct_messages_and_their_receipts(cluster: Loopback) -> None:
    def direct(line: Line, say: Say) -> None:
        if say.to.startswith("@bob"):
            line.down.append(Accepted(say.n, "@bob", "i1", 7, 2000))
            line.down.append(Receipt(INBOX, "inbox-s1-0", 1, say.n, "bob", "received", 3000))
        else:
            line.down.append(Error(Code.NO_SUCH_NICK, "nobody is called so", n=say.n))

    cluster.world.on[Say] = direct
    with client(cluster) as chat:
        sending = chat.say("psst", "@bob")
        assert sending.wait_accepted(10).private
        assert sending.wait_received(10) == "received"
        with pytest.raises(Refused) as caught:
            chat.say("psst", "@nobody").wait_accepted(10)
        assert (caught.value.code, caught.value.name) == (Code.NO_SUCH_NICK, "NO_SUCH_NICK")


def test_who_waits_for_the_receipt_of_what_the_cluster_lost_is_told(cluster: Loopback) -> None:
    def direct(line: Line, say: Say) -> None:
        if say.again is None:
            line.down.append(Accepted(say.n, "@bob", "i1", 7, 2000))
            line.down.append(Recovered())
        else:
            line.down.append(Error(Code.NO_SUCH_NICK, "nobody is called bob", n=say.n))

    cluster.world.on[Say] = direct
    with client(cluster) as chat:
        sending = chat.say("psst", "@bob")
        with pytest.raises(Refused):
            sending.wait_received(10)
        assert sending.accepted is not None


def _answer_questions(cluster: Loopback) -> None:
    def join(line: Line, frame: Join) -> None:
        line.down.append(Joined(frame.room, "r1", 3, "s1-0", "alice", 1, 2, ["alice", "bob"], frame.id))

    def leave(line: Line, frame: Leave) -> None:
        line.down.append(Left(frame.room, "r1", 4, "s1-0", "alice", 1, "left", frame.id))

    def who(line: Line, frame: Who) -> None:
        line.down.append(Members([Member("alice", "s1-0", "n1")], frame.room, True, frame.id))
        line.down.append(Members([Member("bob", "s9", "n2", "away")], frame.room, False, frame.id))

    def rooms(line: Line, frame: Rooms) -> None:
        line.down.append(RoomList([RoomInfo(LOBBY, 2)], False, frame.id))

    def history(line: Line, frame: History) -> None:
        for offset in (1, 2):
            line.down.append(Message(frame.room, "e1", offset, "s9", offset, "bob", "old", 1, history=True))
        line.down.append(HistoryEnd(frame.room, 2, frame.id))

    cluster.world.on |= {Join: join, Leave: leave, Who: who, Rooms: rooms, History: history}


def test_questions_have_answers(cluster: Loopback) -> None:
    _answer_questions(cluster)
    with client(cluster) as chat:
        joined = chat.join("#Ops").wait(10)
        assert isinstance(joined, JoinedEvent)
        assert (joined.room, joined.members, joined.own) == ("#ops", ("alice", "bob"), True)
        members = chat.who("#ops").wait(10)
        assert isinstance(members, MembersEvent)
        assert [one.nick for one in members.members] == ["alice", "bob"]
        rooms = chat.rooms().wait(10)
        assert isinstance(rooms, RoomsEvent)
        assert [one.room for one in rooms.rooms] == [LOBBY]
        history = chat.history().wait(10)
        assert isinstance(history, HistoryEvent)
        assert [one.offset for one in history.messages] == [1, 2]
        left = chat.leave("#ops").wait(10)
        assert isinstance(left, LeftEvent)
        assert left.own


def test_a_question_that_is_refused(cluster: Loopback) -> None:
    cluster.world.on[Join] = lambda line, frame: line.down.append(Error(Code.TOO_MANY_ROOMS, "no", id=frame.id))
    with client(cluster) as chat, pytest.raises(Refused):
        chat.join("#ops").wait(10)


def test_a_line_that_is_no_frame_is_told_and_survived(cluster: Loopback) -> None:
    with client(cluster) as chat:
        until(chat, JoinedEvent)
        cluster.send_raw(b'{"op":"message","log":3}\n')
        assert until(chat, Notice)[0].code == Code.BAD_FRAME
        assert chat.say("still here").wait_accepted(10)


def test_rooms_wanted_from_the_start_are_joined(cluster: Loopback) -> None:
    _answer_questions(cluster)
    with client(cluster, rooms=["#ops"]) as chat:
        event, _ = until(chat, JoinedEvent, lambda one: one.room == "#ops")
        assert event.own
    hello = next(frame for frame in cluster.heard if isinstance(frame, Hello))
    assert hello.client == "hydrachat-library"
