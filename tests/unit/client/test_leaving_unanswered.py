"""A `leave` whose answer was lost with its connection, case by case."""

from __future__ import annotations

import pytest

from client.events import GapEvent, LeftEvent, RequestRefused
from tests.unit.client.model import Driver, hears, line, resumes_with
from wire.codes import Code
from wire.frames import Error, Join, Joined, Leave, Left, Message, ServerFrame


def said(offset: int, text: str, epoch: str, log: str) -> Message:
    return Message(log, epoch, offset, "bob-session", offset, "bob", text, 1000)


@pytest.mark.parametrize("error_first", [True, False])
def test_a_leave_whose_answer_was_lost_brings_the_end_of_the_room(driver: Driver, error_first: bool) -> None:
    session = driver.stay.session or ""
    hears(driver, Joined("#ops", "r1", 1, session, "alice", 1, count=1))
    driver.stay.requests.leave("#ops", ticket=77)
    driver.do(driver.machine.tick(driver.now))
    driver.world.on[Leave] = lambda *_: None
    resumes_with(driver, {**driver.stay.inbound.cursors, "#ops": ("r1", 3)})
    (asked,) = {frame.id for frame in driver.sent if isinstance(frame, Leave)}
    refused = Error(Code.NOT_MEMBER, "not in that room", id=asked)
    tail: list[ServerFrame] = [said(2, "last words", "r1", "#ops"), Left("#ops", "r1", 3, session, "alice", 9, "left")]
    hears(driver, *([refused, *tail] if error_first else [*tail, refused]))
    (left,) = driver.of(LeftEvent)
    assert isinstance(left, LeftEvent)
    assert (left.room, left.own, left.ticket) == ("#ops", True, 77)
    assert driver.told()[-1] == "last words"
    assert not driver.of(RequestRefused)
    assert "#ops" not in driver.stay.inbound.rooms


def test_a_leave_asked_again_of_a_room_that_is_gone_was_carried_out(driver: Driver) -> None:
    hears(driver, Joined("#ops", "r1", 1, driver.stay.session or "", "alice", 1, count=1))
    driver.stay.requests.leave("#ops", ticket=77)
    driver.do(driver.machine.tick(driver.now))
    driver.world.on[Leave] = lambda *_: None
    resumes_with(driver, {log: at for log, at in driver.stay.inbound.cursors.items() if log != "#ops"})
    (asked,) = {frame.id for frame in driver.sent if isinstance(frame, Leave)}
    hears(driver, Error(Code.NOT_MEMBER, "not in that room", id=asked))
    assert [event.ticket for event in driver.of(LeftEvent) if isinstance(event, LeftEvent)] == [None, 77]
    assert not driver.of(RequestRefused)
    (gap,) = driver.of(GapEvent)
    assert isinstance(gap, GapEvent)
    assert (gap.room, gap.first, gap.last) == ("#ops", 2, 0), "nobody knows what else was said there"


def test_a_room_that_was_being_left_is_not_entered_again_by_a_new_session(driver: Driver) -> None:
    """Its grace was over before the answer came: the others saw us leave then."""
    hears(driver, Joined("#ops", "r1", 1, driver.stay.session or "", "alice", 1, count=1))
    hears(driver, Joined("#dev", "d1", 1, driver.stay.session or "", "alice", 1, count=1))
    driver.stay.rooms |= dict.fromkeys(["#ops", "#dev"])
    driver.stay.requests.leave("#ops", ticket=77)
    driver.world.on[Leave] = lambda *_: None
    driver.do(driver.machine.tick(driver.now))
    driver.world.sessions.clear()
    driver.cut(line(driver), 99)
    driver.do(driver.machine.lost(line(driver).link, "reset", driver.now))
    driver.settle()
    assert [frame.room for frame in driver.sent if isinstance(frame, Join)] == ["#dev"]
    (asked,) = {frame.id for frame in driver.sent if isinstance(frame, Leave)}
    hears(driver, Error(Code.NOT_MEMBER, "not in that room", id=asked))
    assert [event.ticket for event in driver.of(LeftEvent) if isinstance(event, LeftEvent)] == [77]
    assert "#ops" not in driver.stay.rooms
