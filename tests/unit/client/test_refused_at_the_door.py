"""A client whom a node does not let in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from client.errors import Refused
from client.events import Stopped
from client.links import Phase
from tests.unit.client.model import Driver, Line, World, active, line
from wire.codes import Code
from wire.frames import Error, Hello


def refusing(code: Code) -> Callable[[Line, Any], None]:
    def refuse(at: Line, _: Hello) -> None:
        at.cut = True
        at.down.append(Error(code, "not here"))

    return refuse


def hellos(driver: Driver) -> int:
    return sum(isinstance(frame, Hello) for frame in driver.sent)


def run_until_refused(driver: Driver) -> None:
    before = hellos(driver)
    while hellos(driver) == before:
        if not driver.step():
            driver.advance(max(0.0, (driver.machine.deadline() or 0.0) - driver.now))
    while driver.step():
        pass


@pytest.mark.parametrize("code", [Code.ADDRESS_LIMIT, Code.MEMORY_LIMIT, Code.BAD_PROXY])
def test_who_has_a_session_tries_on(code: Code) -> None:
    driver = active()
    driver.world.on[Hello] = refusing(code)
    driver.do(driver.machine.lost(line(driver).link, "reset", driver.now))
    for _ in range(3):
        run_until_refused(driver)
        assert driver.machine.phase is Phase.DIALLING
    driver.world.on.clear()
    driver.settle()
    assert driver.machine.phase is Phase.ACTIVE


@pytest.mark.parametrize("code", [Code.ADDRESS_LIMIT, Code.MEMORY_LIMIT])
def test_who_begins_tries_on_too(code: Code) -> None:
    driver = Driver(World())
    driver.world.on[Hello] = refusing(code)
    driver.start()
    run_until_refused(driver)
    run_until_refused(driver)
    driver.world.on.clear()
    driver.settle()
    assert driver.machine.phase is Phase.ACTIVE


def test_who_begins_where_the_balancer_is_not_believed_is_told() -> None:
    driver = Driver(World())
    driver.world.on[Hello] = refusing(Code.BAD_PROXY)
    driver.start()
    run_until_refused(driver)
    assert driver.machine.phase is Phase.STOPPED
    ((error,),) = [[event.error] for event in driver.events if isinstance(event, Stopped)]
    assert isinstance(error, Refused)
    assert error.code == Code.BAD_PROXY
