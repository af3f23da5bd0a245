"""What bots get wrong: each is told at once, nothing waits for ever."""

from __future__ import annotations

import multiprocessing
import sys
import warnings
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from typing import Any, cast

import pytest

from client import ChatClient, Closed, Connected, Crashed, Event
from tests.support.waiting import wait_until
from tests.unit.client.scripted import Loopback
from tests.unit.client.test_chat import client


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
