"""An operator's announcement is an event of its own, told once, and nobody who could be written to."""

from __future__ import annotations

from client.events import AnnounceEvent, GapEvent, HistoryEvent, MessageEvent
from tests.unit.client.model import LOBBY, Driver, active, hears
from wire.frames import INBOX, Ack, History, HistoryEnd, Message


def announcement(log: str, epoch: str, offset: int, *, history: bool = False, late: bool = False) -> Message:
    return Message(log, epoch, offset, "*5f", 1, "*operator*", "at noon", 1000, history, late)


def events(driver: Driver) -> list[tuple[str | None, str]]:
    return [(event.room, event.text) for event in driver.of(AnnounceEvent) if isinstance(event, AnnounceEvent)]


def test_one_in_the_inbox_is_told_once_and_acknowledged() -> None:
    driver = active()
    epoch, offset = driver.stay.inbound.cursors[INBOX]
    hears(driver, announcement(INBOX, epoch, offset + 1), announcement(INBOX, epoch, offset + 1))
    assert events(driver) == [(None, "at noon")]
    # Redis has lost it, and it comes again in another life of the inbox.
    hears(driver, announcement(INBOX, "other", 1, late=True))
    assert events(driver) == [(None, "at noon")]
    assert not driver.of(MessageEvent)
    assert not driver.of(GapEvent)
    assert driver.stay.holders.of("@*operator*") is None
    driver.settle()
    assert any(isinstance(frame, Ack) and frame.cursors[INBOX] == ("other", 1) for frame in driver.sent)


def test_one_in_a_room_moves_its_cursor_and_may_be_history() -> None:
    driver = active()
    epoch, offset = driver.stay.inbound.cursors[LOBBY]
    hears(driver, announcement(LOBBY, epoch, offset, history=True), announcement(LOBBY, epoch, offset + 1))
    assert events(driver) == [(LOBBY, "at noon")], "shown as history before, it is not shown again"
    assert driver.stay.inbound.cursors[LOBBY] == (epoch, offset + 1)


def test_one_in_an_answer_to_history_stands_in_its_place_and_is_nobodys_message() -> None:
    driver = active()
    epoch, _ = driver.stay.inbound.cursors[LOBBY]
    driver.stay.requests.history(LOBBY, 0, 50, 7)
    driver.advance(0.0)
    asked = next(frame for frame in driver.sent if isinstance(frame, History))
    said = [Message(LOBBY, epoch, place, "s9", place, "bob", f"text {place}", 1000, True) for place in (1, 3)]
    hears(driver, said[0], announcement(LOBBY, epoch, 2, history=True), said[1], HistoryEnd(LOBBY, 3, asked.id))
    (answer,) = driver.of(HistoryEvent)
    assert isinstance(answer, HistoryEvent)
    assert [one.nick for one in answer.messages] == ["bob", "bob"]
    assert [one.text for one in answer.announcements] == ["at noon"]
    assert [one.text for one in answer.told] == ["text 1", "at noon", "text 3"]
    assert not driver.of(AnnounceEvent), "it was asked for"


def test_one_before_an_answer_belongs_to_the_joining_and_is_told_once() -> None:
    driver = active()
    epoch, _ = driver.stay.inbound.cursors[LOBBY]
    for ticket in (7, 8):
        driver.stay.requests.history(LOBBY, 0, 50, ticket)
        driver.advance(0.0)
        asked = [frame for frame in driver.sent if isinstance(frame, History)][-1]
        hears(driver, announcement(LOBBY, epoch, 1, history=True), HistoryEnd(LOBBY, 0, asked.id))
    assert events(driver) == [(LOBBY, "at noon")]
    assert [one.told for one in driver.of(HistoryEvent) if isinstance(one, HistoryEvent)] == [(), ()]
