"""A hello of ours that was given up may be carried out yet: by a node that slept, or was about to leave."""

from __future__ import annotations

import pytest

from client.links import Phase
from tests.unit.client.model import Driver, Line, World, hears, line, phase
from wire.codes import Code
from wire.frames import Error, Hello


def test_our_own_late_resume_is_no_rival(driver: Driver) -> None:
    driver.do(driver.machine.lost(line(driver).link, "reset", driver.now))
    driver.advance(0.2)
    driver.step()  # connected, hello is out, no answer
    driver.advance(6.0)  # given up
    driver.settle()
    assert phase(driver) is Phase.ACTIVE
    hears(driver, Error(Code.TAKEN_OVER, "by the late one"))
    driver.settle()
    assert phase(driver) is Phase.ACTIVE
    hears(driver, Error(Code.TAKEN_OVER, "by somebody else"))
    assert phase(driver) is Phase.STOPPED


LATE = [
    (Code.DRAINING, 0.0, False),
    (Code.DEGRADED, 0.0, False),
    (Code.DRAINING, 60.0, True),
    (Code.HELLO_TIMEOUT, 0.0, True),
]


@pytest.mark.parametrize(("code", "after", "ended"), LATE)
def test_a_hello_that_a_node_regrets_may_be_carried_out_yet(
    driver: Driver, code: Code, after: float, ended: bool
) -> None:
    """It was under way already when the node was about to leave, say. A final word is an answer, and so is time."""

    def regret(line: Line, _: Hello) -> None:
        line.down.append(Error(code, "elsewhere, please"))
        del driver.world.on[Hello]

    driver.world.on[Hello] = regret
    driver.do(driver.machine.lost(line(driver).link, "reset", driver.now))
    driver.advance(0.2)
    driver.settle()
    assert Hello not in driver.world.on
    for _ in range(int(after)):
        driver.advance(1.0)
        driver.settle()
    assert phase(driver) is Phase.ACTIVE
    hears(driver, Error(Code.TAKEN_OVER, "by that hello"))
    driver.settle()
    assert phase(driver) is (Phase.STOPPED if ended else Phase.ACTIVE)


def test_a_first_hello_that_was_carried_out_unanswered_is_found_again() -> None:
    driver = Driver(World())
    driver.start()
    driver.step()
    driver.advance(6.0)
    driver.world.handle(driver.world.lines[0])
    assert len(driver.world.sessions) == 1, "the node woke up"
    driver.settle()
    assert phase(driver) is Phase.ACTIVE
    assert len(driver.world.sessions) == 1
    # … and the other way round: what the late node does then is no rival's doing.
    hears(driver, Error(Code.TAKEN_OVER, "by the late one"))
    driver.settle()
    assert phase(driver) is Phase.ACTIVE
