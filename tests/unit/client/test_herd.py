"""What a client does when its node dies under thousands."""

from __future__ import annotations

import random

from client.dial import Backoff
from client.links import Phase
from tests.unit.client.model import Driver, Line, World, active, line
from wire.codes import Code
from wire.frames import Error, Hello

AFTER = 1500


def _busy(at: Line, _: Hello) -> None:
    at.cut = True
    at.down.append(Error(Code.BUSY, "too many come at once", after=AFTER))


def _until_refused(driver: Driver) -> None:
    hellos = sum(isinstance(frame, Hello) for frame in driver.sent)
    while sum(isinstance(frame, Hello) for frame in driver.sent) == hellos:
        if not driver.step():
            driver.advance(max(0.0, (driver.machine.deadline() or 0.0) - driver.now))
    while driver.step():
        pass


def test_a_busy_node_is_left_alone_for_as_long_as_it_said() -> None:
    driver = active()
    driver.world.on[Hello] = _busy
    driver.do(driver.machine.lost(line(driver).link, "reset", driver.now))
    _until_refused(driver)
    lines = len(driver.world.lines)
    driver.advance(AFTER / 1000 - 0.001)
    assert len(driver.world.lines) == lines, "it dialled too early"
    driver.world.on.clear()
    driver.settle()
    assert driver.machine.phase is Phase.ACTIVE


def test_somebody_who_starts_into_a_herd_waits_too() -> None:
    driver = Driver(World())
    driver.world.on[Hello] = _busy
    driver.start()
    _until_refused(driver)
    lines = len(driver.world.lines)
    driver.advance(AFTER / 1000 - 0.001)
    assert len(driver.world.lines) == lines
    driver.world.on.clear()
    driver.settle()
    assert driver.machine.phase is Phase.ACTIVE


def test_the_clients_of_a_dead_node_do_not_dial_in_one_moment() -> None:
    rng = random.Random(1)
    dials = []
    for _ in range(100):
        driver = active()
        driver.machine._backoff = Backoff(0.1, 5.0, rng)
        driver.do(driver.machine.lost(line(driver).link, "reset", driver.now))
        deadline = driver.machine.deadline()
        assert deadline is not None
        dials.append(deadline - driver.now)
    assert 0.0 <= min(dials) < 0.02
    assert 0.08 < max(dials) <= 0.1
