"""An operator's announcement is an event of its own, told once, and nobody who could be written to."""

from __future__ import annotations

from client.events import AnnounceEvent, GapEvent, MessageEvent
from tests.unit.client.model import LOBBY, Driver, active, hears
from wire.frames import INBOX, Ack, Message


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
