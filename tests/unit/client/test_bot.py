"""The library as a bot's author meets it: names, handlers, waiting, leaving."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Iterator
from typing import Any, get_args

import pytest

import client as library
from client import (
    LOBBY,
    AcceptedEvent,
    ChatClient,
    ChatError,
    Connected,
    Crashed,
    Event,
    HistoryEvent,
    JoinedEvent,
    MessageEvent,
    Refused,
    Settings,
    Stopped,
    errors,
)
from tests.support.waiting import wait_until
from tests.unit.client.scripted import Loopback
from tests.unit.client.test_chat import _answer_questions, client, until
from wire.codes import Code
from wire.frames import Error, Quit, Say


@pytest.fixture
def cluster() -> Iterator[Loopback]:
    with Loopback(2) as loopback:
        yield loopback


# -- names -------------------------------------------------------------------------------


def test_all_that_a_bot_needs_is_named_in_the_package() -> None:
    assert set(get_args(Event)) <= {getattr(library, name) for name in library.__all__}
    inside = {errors.LinkLost, errors.Untrusted}
    raised = {one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, ChatError)}
    assert raised - inside <= {getattr(library, name) for name in library.__all__}
    assert sorted(library.__all__) == sorted(set(library.__all__))


def _public() -> Iterator[tuple[str, Any]]:
    for name in library.__all__:
        one = getattr(library, name)
        if not inspect.isclass(one) or one.__module__.partition(".")[0] != "client":
            continue
        yield name, one
        for member, value in inspect.getmembers(one):
            if not member.startswith("_") and (inspect.isfunction(value) or isinstance(value, property)):
                yield f"{name}.{member}", value


def test_every_public_name_says_what_it_is() -> None:
    silent = [name for name, one in _public() if not one.__doc__ or one.__doc__.startswith(f"{name}(")]
    assert silent == []


# -- handlers ----------------------------------------------------------------------------


def test_handlers_are_called_by_type_in_order_on_the_thread_that_runs(cluster: Loopback) -> None:
    told: list[tuple[str, str, int | None]] = []

    def note(who: str, event: object) -> None:
        told.append((who, type(event).__name__, threading.get_ident()))

    with client(cluster) as chat:

        def heard(event: MessageEvent) -> None:
            note("first", event)
            chat.on(Stopped, lambda event: note("late", event))
            assert chat.say("answer").wait_accepted(10), "a handler may wait"
            chat.quit()

        assert chat.on(MessageEvent, heard) is heard
        chat.on(MessageEvent, lambda event: note("second", event))
        chat.on(Connected, lambda event: note("third", event))
        cluster.post("question")
        chat.run()
    here = threading.get_ident()
    expected = [("third", "Connected"), ("first", "MessageEvent"), ("second", "MessageEvent")]
    assert told[:3] == [(who, what, here) for who, what in expected]
    assert ("late", "Stopped", here) in told


def test_what_a_handler_raises_goes_out_of_run_and_the_chat_goes_on(cluster: Loopback) -> None:
    seen: list[str] = []

    def heard(event: MessageEvent) -> None:
        seen.append(event.text)
        if event.text == "bad":
            raise LookupError

    with client(cluster) as chat:
        chat.on(MessageEvent, heard)
        cluster.post("bad")
        cluster.post("good")
        with pytest.raises(LookupError):
            chat.run()
        assert chat.say("still there").wait_accepted(10)
        chat.quit()
        chat.run()
    assert seen[:2] == ["bad", "good"]


def test_run_raises_why_the_chat_ended(cluster: Loopback) -> None:
    stopped: list[Stopped] = []
    with client(cluster) as chat:
        chat.on(Stopped, stopped.append)
        cluster.send(Error(Code.TAKEN_OVER, "resumed elsewhere"))
        with pytest.raises(Refused) as refused:
            chat.run()
    assert stopped == [Stopped(refused.value)]


@pytest.mark.parametrize(("room", "expected"), [("#ops", "#ops"), (None, "@bob")])
def test_where_an_answer_goes(room: str | None, expected: str) -> None:
    event = MessageEvent(room, "s1", 1, "bob", "hi", 1, "e1", 1)
    assert (event.reply_to, event.private) == (expected, room is None)


# -- waiting -----------------------------------------------------------------------------


def test_answers_have_their_own_type(cluster: Loopback) -> None:
    """mypy checks it: `count`, `messages` … are not fields of every event."""
    _answer_questions(cluster)
    with client(cluster) as chat:
        assert chat.join("#ops").wait(10).count == 2
        assert len(chat.history().wait(10).messages) == 2
        assert len(chat.who().wait(10).members) == 2
        assert chat.rooms().wait(10).rooms[0].members == 2
        assert chat.leave("#ops").wait(10).own


@pytest.mark.parametrize("what", ["say", "ask", "flush", "take"])
def test_who_would_wait_for_himself_is_told(cluster: Loopback, what: str) -> None:
    """On the network thread it would stand still for ever, and nobody would know why."""

    def waits(event: Event) -> None:
        if isinstance(event, MessageEvent):
            ways: dict[str, Callable[[], object]] = {
                "say": lambda: chat.say("x").wait(),
                "ask": lambda: chat.who().wait(),
                "flush": lambda: (chat.say("x"), chat.flush()),
                "take": chat.next_event,
            }
            ways[what]()

    chat = client(cluster, on_event=waits)
    with chat:
        cluster.post("wait")
        wait_until(lambda: chat.error, what="it has crashed")
        with pytest.raises(Crashed) as crashed:
            chat.say("hello")
    assert isinstance(crashed.value.__cause__, RuntimeError)
    assert "on_event may not wait" in str(crashed.value.__cause__)


def test_on_event_may_say_ask_and_quit(cluster: Loopback) -> None:
    ended = threading.Event()

    def on_event(event: Event) -> None:
        if isinstance(event, MessageEvent) and not event.own:
            chat.say("answer")
            chat.who()
        elif isinstance(event, AcceptedEvent):
            assert chat.flush(0.0), "it may look whether it is done"
            chat.quit()
        elif isinstance(event, Stopped):
            ended.set()

    _answer_questions(cluster)
    chat = client(cluster, on_event=on_event)
    with chat:
        cluster.post("question")
        assert ended.wait(10)
    assert chat.error is None


def test_only_direct_messages_have_receipts(cluster: Loopback) -> None:
    with client(cluster) as chat, pytest.raises(ValueError, match="only direct messages"):
        chat.say("hello").wait_received(10)


# -- leaving -----------------------------------------------------------------------------


def test_what_was_said_last_is_said_before_it_leaves(cluster: Loopback) -> None:
    """With more than a window of it: the `quit` must not overtake the rest."""
    with client(cluster) as chat:
        sendings = [chat.say(f"line {number}") for number in range(300)]
    assert [one.n for one in sendings] == list(range(1, 301))
    assert isinstance(cluster.heard[-1], Quit)


def test_what_could_not_be_said_is_logged(cluster: Loopback, caplog: pytest.LogCaptureFixture) -> None:
    with client(cluster, settings=Settings(flush_timeout=0.1)) as chat:
        cluster.run(lambda: setattr(cluster.world, "degraded", True))
        chat.say("one")
        chat.say("two")
    assert "left with 2 messages of which it is not known whether they were said" in caplog.text


def test_an_error_leaves_in_order_and_at_once(cluster: Loopback) -> None:
    """Or else who starts it again finds its own ghost with its nickname."""
    cluster.world.on[Say] = lambda line, say: None

    def fails() -> None:
        with client(cluster, settings=Settings(flush_timeout=60.0)) as chat:
            chat.say("never answered")
            raise LookupError

    with pytest.raises(LookupError):
        fails()
    assert isinstance(cluster.heard[-1], Quit)
    assert cluster.run(lambda: cluster.world.sessions) == {}
    with client(cluster) as chat:
        assert chat.nick == "alice"
        until(chat, JoinedEvent)


def test_a_thread_of_ones_own_may_run_it(cluster: Loopback) -> None:
    seen: list[str] = []
    chat = client(cluster)
    chat.on(MessageEvent, lambda event: seen.append(event.text))
    with chat:
        thread = threading.Thread(target=chat.run)
        thread.start()
        chat.say("hello", LOBBY).wait_accepted(10)
        chat.quit()
        thread.join(10)
    assert seen == ["hello"]


def test_the_types_of_the_package_are_what_it_gives(cluster: Loopback) -> None:
    _answer_questions(cluster)
    with ChatClient(cluster.servers, "bot") as chat:
        assert isinstance(chat.history().wait(10), HistoryEvent)
