"""What bots get wrong: each is told at once, nothing waits for ever."""

from __future__ import annotations

import multiprocessing
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from typing import Any, cast

import pytest

from client import ChatClient, Closed, Connected, Crashed, Event, Stopped, forked
from tests.support.waiting import wait_until
from tests.unit.client.scripted import Loopback
from tests.unit.client.test_chat import client
from wire.frames import Quit


@pytest.fixture
def cluster() -> Iterator[Loopback]:
    with Loopback(1) as loopback:
        yield loopback


def test_one_text_is_no_list_of_them() -> None:
    with pytest.raises(TypeError, match=r"write \['chat1:7700'\]"):
        ChatClient("chat1:7700", "alice")
    with pytest.raises(TypeError, match=r"write \['#ops'\]"):
        ChatClient(["chat1:7700"], "alice", rooms="#ops")


def test_what_is_no_text_is_named(cluster: Loopback) -> None:
    with client(cluster) as chat:
        for call in (chat.say, chat.join, chat.whois):
            with pytest.raises(TypeError, match="a str is wanted, not bytes"):
                cast(Callable[[Any], object], call)(b"x")
        assert chat.pending == 0


@pytest.mark.parametrize("take", [lambda chat: list(chat), lambda chat: chat.run()])
def test_who_forgot_to_start_is_told(cluster: Loopback, take: Callable[[ChatClient], object]) -> None:
    chat = client(cluster)
    with pytest.raises(Closed, match="use `with`"):
        take(chat)
    chat.close()


def test_an_exit_in_on_event_is_no_orderly_end(cluster: Loopback, caplog: pytest.LogCaptureFixture) -> None:
    def leaves(event: Event) -> None:
        if isinstance(event, Connected):
            sys.exit(3)

    chat = client(cluster, on_event=leaves)
    with chat:
        wait_until(lambda: chat.error, what="it has ended")
        with pytest.raises(Crashed):
            chat.say("hello")
    assert "the network thread died" in caplog.text


def _in_the_child(chat: ChatClient, tell: Connection) -> None:
    for call in (lambda: chat.say("twice?").wait(), chat.who, chat.run):
        try:
            call()
            tell.send("no error")
        except Closed as error:
            tell.send(str(error))
    chat.quit()
    tell.send("quit")


def test_after_a_fork_the_child_is_told_and_the_parent_goes_on(cluster: Loopback) -> None:
    with client(cluster) as chat:
        heard, tell = multiprocessing.Pipe(duplex=False)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # that it has threads is the point
            child = multiprocessing.get_context("fork").Process(target=_in_the_child, args=(chat, tell), daemon=True)
            child.start()
        try:
            told = [heard.recv() for _ in range(4) if heard.poll(20)]
        finally:
            child.kill()
            child.join(20)
        assert [text.partition(" the fork")[0] for text in told] == [
            *["this client belongs to the process before"] * 3,
            "quit",
        ]
        assert chat.say("here").wait(10).n == 1


def _sleep(started: Connection) -> None:
    started.send(True)
    threading.Event().wait(60)


def test_the_child_of_a_fork_does_not_keep_the_connection(cluster: Loopback) -> None:
    """Else it would stand as long as the child does, and who crashed would not be seen to have gone."""
    chat = client(cluster)
    chat.start()
    started, tell = multiprocessing.Pipe(duplex=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = multiprocessing.get_context("fork").Process(target=_sleep, args=(tell,), daemon=True)
        child.start()
    try:
        assert started.poll(20)
        assert chat.say("here").wait(10).n == 1
        chat.close()
        wait_until(lambda: not cluster.connected(0), what="the node sees the end of the connection")
        assert child.is_alive()
    finally:
        chat.close()
        child.kill()
        child.join(20)


class Dummy:
    """Something that is watched as a client is."""


def test_a_client_can_be_made_while_another_thread_forks() -> None:
    made: list[Dummy] = []

    def make() -> None:
        for _ in range(20_000):
            made.append(Dummy())
            forked.watch(made[-1], threading.Condition(), lambda one: None)
            if len(made) > 200:
                made.clear()

    maker = threading.Thread(target=make)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        maker.start()
        while maker.is_alive():
            forked._before()
            forked._after(child=False)
    finally:
        sys.setswitchinterval(interval)
        maker.join(60)


@pytest.mark.parametrize("leave", [ChatClient.quit, ChatClient.close])
def test_a_signal_handler_may_leave_wherever_it_interrupts(
    cluster: Loopback, leave: Callable[[ChatClient], None]
) -> None:
    before = signal.signal(signal.SIGUSR1, lambda *_: leave(chat))
    try:
        with client(cluster) as chat:
            sending = chat.say("here")
            sending.wait(10)
            with chat._changed:  # as inside of any call
                signal.raise_signal(signal.SIGUSR1)
            assert isinstance(list(chat)[-1], Stopped)
        with pytest.raises(Closed):
            chat.say("too late")
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_on_event_is_told_the_end_also_after_a_crash(
    cluster: Loopback, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    events: list[Event] = []
    chat = client(cluster, on_event=events.append)
    with chat:
        monkeypatch.setattr(chat._machine, "tick", lambda now: 1 / 0)
        with pytest.raises(Crashed):
            chat.who().wait(10)
        wait_until(lambda: isinstance(events[-1], Stopped), what="it is told")
    assert [one for one in events if isinstance(one, Stopped)] == [Stopped(chat.error)]
    assert isinstance(chat.error, Crashed)
    assert "the network thread died" in caplog.text


def test_who_is_closed_while_it_starts_is_told_that(cluster: Loopback) -> None:
    cluster.freeze(0)
    chat = client(cluster)
    closing = threading.Timer(0.1, chat.close)
    closing.start()
    with pytest.raises(Closed):
        chat.start(30)
    closing.join(10)


def test_a_ctrl_c_while_it_comes_in_leaves_no_session(cluster: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    chat = client(cluster)
    start = chat.start

    def interrupted() -> None:
        start()
        raise KeyboardInterrupt

    monkeypatch.setattr(chat, "start", interrupted)
    with pytest.raises(KeyboardInterrupt), chat:
        pass
    assert any(isinstance(frame, Quit) for frame in cluster.heard)
