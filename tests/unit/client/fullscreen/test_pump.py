"""Events come in batches, and no faster than the screen deals with them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from client import events as ev
from client.fullscreen.pump import MOST, Pump
from tests.support.waiting import wait_until
from tests.unit.client.fullscreen.fake_chat import FakeChat
from tests.unit.client.fullscreen.world import message


class Screen:
    """Keeps the batches; deals with one when told."""

    def __init__(self, chat: FakeChat) -> None:
        self.batches: list[Sequence[ev.Event]] = []
        self.pump = Pump(chat.client, self.batches.append)


@pytest.fixture
def chat() -> FakeChat:
    return FakeChat()


@pytest.fixture
def screen(chat: FakeChat) -> Iterator[Screen]:
    found = Screen(chat)
    yield found
    found.pump.stop()
    if found.pump.ident is not None:
        found.pump.join(10)


def test_what_is_there_comes_in_one_piece_and_in_order(chat: FakeChat, screen: Screen) -> None:
    chat.tell(*(message(n) for n in range(1, 301)))
    screen.pump.start()
    wait_until(lambda: screen.batches, what="a batch")
    assert [one.offset for one in screen.batches[0] if isinstance(one, ev.MessageEvent)] == list(range(1, 301))


def test_no_other_batch_until_this_one_was_dealt_with(chat: FakeChat, screen: Screen) -> None:
    chat.tell(*(message(n) for n in range(1, 2 * MOST + 2)))
    screen.pump.start()
    wait_until(lambda: screen.batches, what="a batch")
    screen.pump.join(0.3)
    assert [len(one) for one in screen.batches] == [MOST]
    assert not chat.told, "the rest waits in the client, whose queue is bounded"
    screen.pump.done()
    wait_until(lambda: len(screen.batches) == 2, what="the second one")
    screen.pump.done()
    wait_until(lambda: len(screen.batches) == 3, what="the third one")
    assert [len(one) for one in screen.batches] == [MOST, MOST, 1]


def test_the_last_event_ends_it(chat: FakeChat, screen: Screen) -> None:
    chat.tell(message(1), ev.Stopped(None))
    screen.pump.start()
    screen.pump.join(10)
    assert not screen.pump.is_alive()
    assert isinstance(screen.batches[0][-1], ev.Stopped)


def test_it_stops_also_while_nobody_deals_with_a_batch(chat: FakeChat, screen: Screen) -> None:
    chat.tell(message(1))
    screen.pump.start()
    wait_until(lambda: screen.batches, what="a batch")
    screen.pump.stop()
    screen.pump.join(10)
    assert not screen.pump.is_alive()
