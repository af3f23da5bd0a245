"""A room's topic, as the client tells it: once for each change, whichever of answer and entry comes first."""

from __future__ import annotations

import threading

import pytest

from client.events import GapEvent, JoinedEvent, RequestRefused, TopicEvent
from client.handles import Reply
from client.ledger import Ledger
from tests.unit.client.model import LOBBY, Driver, active, hears, line
from wire.codes import Code
from wire.frames import Error, Joined, SetTopic, Topic


def ask(driver: Driver, text: str | None, ticket: int = 7) -> int:
    driver.stay.requests.topic(LOBBY, text, ticket)
    driver.do(driver.machine.tick(driver.now))
    (asked,) = [frame for frame in driver.sent if isinstance(frame, SetTopic)]
    line(driver).up.clear()  # the model's world knows nothing of it
    assert (asked.room, asked.text) == (LOBBY, text)
    return asked.id or 0


def frame(driver: Driver, text: str, session: str = "s9", **more: object) -> Topic:
    epoch, offset = driver.stay.inbound.cursors[LOBBY]
    fields = {"log": LOBBY, "epoch": epoch, "offset": offset + 1, "nick": "bob", "time": 5, "text": text, **more}
    return Topic(session=session, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize("answer_first", [True, False])
def test_one_s_own_change_is_told_once_with_its_ticket(answer_first: bool) -> None:
    driver = active()
    number = ask(driver, "tea")
    mine = driver.stay.session or ""
    entry, answer = frame(driver, "tea", mine), frame(driver, "tea", mine, id=number)
    hears(driver, *((answer, entry) if answer_first else (entry, answer)))
    assert driver.of(TopicEvent) == [TopicEvent(LOBBY, "bob", "tea", 5, True, 7)]
    hears(driver, frame(driver, "coffee"))
    assert driver.of(TopicEvent)[1:] == [TopicEvent(LOBBY, "bob", "coffee", 5)]
    assert driver.of(GapEvent) == []


def test_an_answer_that_only_says_what_it_is_moves_no_cursor() -> None:
    driver = active()
    before = driver.stay.inbound.cursors
    number = ask(driver, None)
    hears(driver, Topic(log=LOBBY, epoch="", offset=0, nick="bob", time=5, text="tea", id=number))
    assert driver.stay.inbound.cursors == before
    assert driver.of(TopicEvent) == [TopicEvent(LOBBY, "bob", "tea", 5, ticket=7)]


def test_an_older_node_refuses_it() -> None:
    driver = active()
    number = ask(driver, "tea")
    hears(driver, Error(Code.RESERVED_OP, "topic is not offered yet", id=number))
    assert driver.of(RequestRefused) == [
        RequestRefused("topic", LOBBY, Code.RESERVED_OP, "topic is not offered yet", 7)
    ]


def test_who_enters_a_room_is_told_its_topic() -> None:
    driver = active()
    mine = driver.stay.session or ""
    hears(driver, Joined("#ops", "e9", 3, mine, "alice", 5, 1, ["alice"], topic="tea"))
    joined = driver.of(JoinedEvent)[-1]
    assert isinstance(joined, JoinedEvent)
    assert (joined.room, joined.topic) == ("#ops", "tea")


def test_a_topic_that_came_back_after_a_loss_is_not_told_again() -> None:
    driver = active()
    epoch, offset = driver.stay.inbound.cursors[LOBBY]
    hears(driver, frame(driver, "tea"))
    hears(driver, Topic(LOBBY, "later", 9, "bob", 5, "tea", "s9", was=((epoch, offset + 1),)))
    assert len(driver.of(TopicEvent)) == 1
    assert driver.stay.inbound.cursors[LOBBY] == ("later", 9)


def test_the_event_settles_the_reply() -> None:

    ledger, reply = Ledger(), Reply[TopicEvent](7, threading.Condition())
    ledger.add(reply)
    event = TopicEvent(LOBBY, "bob", "tea", 5, ticket=7)
    ledger.enter(event)
    assert reply.wait(0) == event
