"""The connection ends between the welcome and what the node shows of the rooms."""

from __future__ import annotations

import pytest

from client.events import JoinedEvent, MessageEvent
from tests.unit.client.model import LOBBY, Driver, World, hears, line, resumes_with
from wire.frames import Hello, Join, Joined, Message


def welcomed() -> Driver:
    """It has read its welcome, and nothing of the lobby."""
    driver = Driver(World())
    driver.start()
    while not driver.stay.session:
        assert driver.step()
    return driver


def own(driver: Driver) -> list[JoinedEvent]:
    return [event for event in driver.events if isinstance(event, JoinedEvent) and event.own]


def resumed_from(driver: Driver) -> dict[str, tuple[str, int]]:
    return [frame for frame in driver.sent if isinstance(frame, Hello)][-1].cursors


def test_who_did_not_read_that_he_is_in_the_lobby_reads_it_after_the_resume() -> None:
    driver = welcomed()
    assert not own(driver)
    driver.cut(line(driver), 99)
    driver.world.post("meanwhile")
    driver.settle()
    assert LOBBY not in resumed_from(driver)
    assert [event.room for event in own(driver)] == [LOBBY]
    assert driver.told() == ["meanwhile"]


def test_who_read_it_resumes_from_his_cursor_and_is_told_once(driver: Driver) -> None:
    driver.cut(line(driver), 0)
    driver.settle()
    assert LOBBY in resumed_from(driver)
    assert len(own(driver)) == 1


def test_an_entry_opens_the_room_beside_a_node_that_does_not_show_it() -> None:
    driver = welcomed()
    line(driver).down.clear()
    hears(driver, driver.world.post("first"))
    driver.cut(line(driver), 0)
    driver.settle()
    assert LOBBY in resumed_from(driver)


@pytest.mark.parametrize("answered", [True, False])
def test_a_room_that_is_shown_unasked_answers_the_request_to_join_it(driver: Driver, answered: bool) -> None:
    """The answer was lost with the connection, and the request goes out again before the room is shown."""
    session = driver.stay.session or ""
    driver.world.on[Join] = lambda *_: None
    driver.stay.requests.join("#ops", ticket=77)
    driver.do(driver.machine.tick(driver.now))
    resumes_with(driver, {**driver.stay.inbound.cursors, "#ops": ("r1", 3)})
    asked = [frame.id for frame in driver.sent if isinstance(frame, Join)]
    before = Message("#ops", "r1", 2, "bob-session", 1, "bob", "before", 1000, history=True)
    hears(driver, Joined("#ops", "r1", 3, session, "alice", 1, count=2, members=["alice", "bob"]), before)
    if answered:
        hears(driver, Joined("#ops", "", 0, session, "alice", 1, count=2, members=["alice", "bob"], id=asked[-1]))
    (event,) = [event for event in own(driver) if event.room == "#ops"]
    assert (event.ticket, event.members) == (77, ("alice", "bob"))
    assert [event.text for event in driver.events if isinstance(event, MessageEvent)] == ["before"]
    assert not len(driver.stay.requests)
