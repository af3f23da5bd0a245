"""The failover machine and the clock: silence, sleep, pings, and how long a farewell may take."""

from __future__ import annotations

from client.events import (
    Connected,
    Disconnected,
    MessageEvent,
    Stopped,
)
from client.links import Phase
from tests.unit.client.model import Driver, World, hears, line, phase, said
from wire.frames import (
    INBOX,
    Ack,
    Bye,
    Hello,
    Ping,
    Pong,
    Quit,
)


def test_dead_after_twice_the_heartbeat_of_silence(driver: Driver) -> None:
    driver.advance(3.9)
    assert isinstance(driver.sent[-1], Ping)
    driver.advance(4.0)
    assert not driver.of(Disconnected)
    driver.advance(0.2)
    assert driver.of(Disconnected)


def test_who_has_slept_asks_before_he_takes_the_node_for_dead(driver: Driver) -> None:
    driver.sent.clear()
    driver.advance(60.0)
    assert [type(frame) for frame in driver.sent] == [Ping]
    assert not driver.of(Disconnected)
    driver.advance(3.9)
    driver.do(driver.machine.received(line(driver).link, Pong(), driver.now))
    driver.advance(2.0)
    assert not driver.of(Disconnected)


def test_who_has_slept_finds_a_dead_node_within_a_heartbeat(driver: Driver) -> None:
    driver.advance(60.0)
    driver.advance(4.1)
    assert driver.of(Disconnected)


def test_an_acknowledgement_is_no_question(driver: Driver) -> None:
    """Nothing answers it, so silence after it proves nothing."""
    hears(driver, said(1, epoch=f"inbox-{driver.stay.session}", log=INBOX))
    driver.advance(0.3)
    assert isinstance(driver.sent[-1], Ack)
    driver.advance(60.0)
    assert not driver.of(Disconnected)


def test_what_came_while_we_slept_counts_before_the_clock_does(driver: Driver) -> None:
    driver.advance(3.9)
    driver.machine.looked = driver.now
    driver.advance(60.0)
    assert not driver.of(Disconnected)
    driver.machine.looked = driver.now
    driver.do(driver.machine.tick(driver.now))
    assert driver.of(Disconnected)


def test_bytes_prove_life_and_nothing_is_proved_while_not_reading(driver: Driver) -> None:
    driver.advance(3.9)
    driver.machine.heard(line(driver).link, driver.now + 4.0)
    driver.advance(5.0)
    assert not driver.of(Disconnected)
    driver.machine.paused = True
    driver.advance(100.0)
    assert not driver.of(Disconnected)


def test_pings_only_when_nothing_else_is_sent(driver: Driver) -> None:
    driver.sent.clear()
    for _ in range(10):
        driver.now += 1.0
        driver.say("busy")
    assert not [frame for frame in driver.sent if isinstance(frame, Ping)]


def test_who_hears_something_pings_half_as_often() -> None:
    """In 64 s, that is sixteen heartbeats, in each quarter of a second of which something comes."""
    driver = Driver(World())
    driver.start()
    driver.settle()
    driver.sent.clear()
    for _ in range(256):
        driver.machine.heard(line(driver).link, driver.now + 0.25)
        driver.advance(0.25)
    assert len([frame for frame in driver.sent if isinstance(frame, Ping)]) == 9  # one each 6.4 s, seen at the quarter
    # A node waits for two and a half heartbeats.


def test_a_node_that_falls_silent_is_found_dead_as_soon_as_ever() -> None:
    driver = Driver(World())
    driver.start()
    driver.settle()
    driver.machine.heard(line(driver).link, driver.now + 1.0)
    driver.advance(1.0)
    driver.sent.clear()
    driver.advance(3.3)
    assert isinstance(driver.sent[-1], Ping)
    driver.advance(4.8)
    assert driver.of(Disconnected)


def test_quit_acknowledges_first_and_waits_for_the_bye(driver: Driver) -> None:
    epoch, _ = driver.machine.conversation.stay.inbound.cursors[INBOX]
    hears(driver, said(1, epoch=epoch, log=INBOX))
    driver.sent.clear()
    driver.do(driver.machine.quit(driver.now))
    assert [type(frame) for frame in driver.sent] == [Ack, Quit]
    assert phase(driver) is Phase.QUITTING
    hears(driver, Bye())
    assert driver.of(Stopped) == [Stopped(None)]


def test_a_letter_that_comes_after_quit_is_not_shown(driver: Driver) -> None:
    """It can't be acknowledged, so the owner of a registered nickname was shown it again when he came next."""
    epoch, _ = driver.machine.conversation.stay.inbound.cursors[INBOX]
    hears(driver, said(1, epoch=epoch, log=INBOX))
    driver.do(driver.machine.quit(driver.now))
    hears(driver, said(2, epoch=epoch, log=INBOX), said(2, n=9), Bye())
    shown = [event for event in driver.of(MessageEvent) if isinstance(event, MessageEvent)]
    assert [(event.room, event.offset) for event in shown] == [(None, 1), ("#lobby", 2)]


def test_quit_does_not_wait_for_ever(driver: Driver) -> None:
    driver.do(driver.machine.quit(driver.now))
    deadline = driver.machine.deadline()
    assert deadline == driver.now + 2.0
    driver.advance(2.0)
    assert driver.of(Stopped) == [Stopped(None)]
    assert driver.machine.deadline() is None


def test_quit_without_a_connection_is_immediate() -> None:
    driver = Driver(World())
    driver.start()
    driver.do(driver.machine.quit(driver.now))
    assert driver.of(Stopped) == [Stopped(None)]
    assert driver.lines == {}


def test_quit_after_a_hello_follows_it_and_waits_for_the_bye() -> None:
    driver = Driver(World())
    driver.start()
    driver.step()
    driver.do(driver.machine.quit(driver.now))
    assert [type(frame) for frame in driver.sent] == [Hello, Quit]
    assert phase(driver) is Phase.QUITTING
    assert driver.of(Stopped) == []
    driver.settle()
    assert driver.of(Stopped) == [Stopped(None)]
    assert driver.of(Connected) == []
    assert driver.lines == {}


def test_quit_after_a_hello_does_not_wait_for_ever() -> None:
    driver = Driver(World())
    driver.start()
    driver.step()
    driver.do(driver.machine.quit(driver.now))
    driver.advance(2.0)
    assert driver.of(Stopped) == [Stopped(None)]
    assert driver.machine.deadline() is None
