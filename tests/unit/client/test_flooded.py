"""Who does not take his events, and waits for outcomes, which come behind them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator

import pytest

from client import Backlogged, ChatClient, JoinedEvent, Settings
from client.ledger import RECEIPTS_KEPT, Ledger
from tests.support.waiting import wait_until
from tests.unit.client.scripted import Loopback
from tests.unit.client.test_chat import client, until


@pytest.fixture
def cluster() -> Iterator[Loopback]:
    with Loopback(1) as loopback:
        yield loopback


def fill(cluster: Loopback, chat: ChatClient, posts: int = 400) -> None:
    """So much is said that nothing is read any more; most of it waits in the sockets."""
    until(chat, JoinedEvent)
    cluster.run(lambda: [cluster.world.post("x" * 10_000) for _ in range(posts)])
    wait_until(lambda: chat._machine.paused, what="nothing is read")


def test_an_outcome_comes_though_nobody_takes_events(cluster: Loopback, caplog: pytest.LogCaptureFixture) -> None:
    with client(cluster, settings=Settings(unread=100)) as chat:
        fill(cluster, chat)
        assert chat.say("one").wait(20).n == 1
        assert chat.flush(20)
        assert [one for one in caplog.records if one.levelno == logging.WARNING and "take its events" in one.message]


def test_what_waits_for_an_outcome_does_not_fill_the_memory(cluster: Loopback) -> None:
    with client(cluster, settings=Settings(unread=10)) as chat:
        fill(cluster, chat)
        sending = chat.say("one")
        with pytest.raises(Backlogged, match="wait to be taken"):
            sending.wait(20)
        assert 100 <= len(chat._queue) < 150
        with pytest.raises(Backlogged):
            sending.wait(20)
        taker = threading.Thread(target=list, args=(chat,))
        taker.start()
        wait_until(lambda: sending.done, what="once they are taken it comes")
        assert chat.say("two").wait(20).n == 2
        chat.quit()
        taker.join(10)


def test_the_end_of_a_with_is_the_end_for_who_took_nothing(cluster: Loopback, caplog: pytest.LogCaptureFixture) -> None:
    with client(cluster, settings=Settings(unread=10)) as chat:
        fill(cluster, chat)
        chat.say("one")
    assert "left with 1 messages" in caplog.text


def test_a_bye_is_heard_though_nobody_takes_events(cluster: Loopback) -> None:
    chat = client(cluster, settings=Settings(unread=10, quit_timeout=60.0))
    chat.start()
    try:
        fill(cluster, chat)
        leaving = threading.Thread(target=chat.quit, args=(60.0,))
        leaving.start()
        leaving.join(15)
        assert not leaving.is_alive()
    finally:
        chat.close()


def test_of_too_many_receipts_the_oldest_is_waited_for_no_longer(cluster: Loopback) -> None:
    with client(cluster, on_event=lambda event: None) as chat:
        ledger: Ledger = chat._ledger
        first = chat.say("0", "@bob")
        for number in range(1, RECEIPTS_KEPT + 1):
            chat.say(str(number), "@bob")
        assert chat.flush(20)
        with pytest.raises(Backlogged, match="younger"):
            first.wait_received(20)
        assert len(ledger._direct) == RECEIPTS_KEPT
        assert first.accepted
