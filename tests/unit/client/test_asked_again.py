"""Questions outlive the connection that they were asked on."""

from __future__ import annotations

from client.events import JoinedEvent, RequestRefused
from tests.unit.client.model import Driver, hears, line
from wire.codes import Code
from wire.frames import Error, Join, Pong, Who


def test_what_was_asked_is_asked_again_on_a_new_connection(driver: Driver) -> None:
    driver.stay.requests.join("#ops", 7)
    driver.do(driver.machine.tick(driver.now))
    driver.cut(line(driver), 99)
    driver.do(driver.machine.lost(line(driver).link, "reset", driver.now))
    driver.settle()
    assert [frame.room for frame in driver.sent if isinstance(frame, Join)] == ["#ops", "#ops"]
    joined = [event for event in driver.of(JoinedEvent) if isinstance(event, JoinedEvent) and event.room == "#ops"]
    assert [event.ticket for event in joined] == [7]


def test_a_question_is_asked_again_when_the_node_could_not_now(driver: Driver) -> None:
    driver.stay.requests.who(None, 7)
    driver.do(driver.machine.tick(driver.now))
    for _ in range(20):
        hears(driver, Error(Code.DEGRADED, "Redis is away", id=1))
        driver.advance(2.0)
        hears(driver, Pong())
    assert len([frame for frame in driver.sent if isinstance(frame, Who)]) == 9
    assert driver.of(RequestRefused) == [RequestRefused("who", None, Code.DEGRADED, "Redis is away", 7)]
