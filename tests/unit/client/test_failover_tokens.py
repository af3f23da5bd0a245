"""What the failover machine does with tokens that are replaced, and with passwords."""

from __future__ import annotations

import pytest

from client.errors import Refused
from client.events import (
    Connected,
    Notice,
    Stopped,
)
from client.links import Phase
from tests.unit.client.model import Driver, World, hears, line, phase
from wire.codes import Code
from wire.frames import (
    Confirm,
    Error,
    Hello,
)


def test_each_resume_brings_a_new_token_which_is_confirmed(driver: Driver) -> None:
    first = driver.stay.token
    driver.do(driver.machine.lost(line(driver).link, "reset", driver.now))
    driver.settle()
    hello = [frame for frame in driver.sent if isinstance(frame, Hello)][-1]
    assert (hello.token, hello.rotate) == (first, True)
    assert driver.stay.token != first
    assert [frame for frame in driver.sent if isinstance(frame, Confirm)] == [Confirm(driver.stay.token)]
    (session,) = driver.world.sessions.values()
    assert (session.token, session.open, session.spent) == (driver.stay.token, set(), {first})


def test_a_welcome_that_is_lost_costs_nothing(driver: Driver) -> None:
    first = driver.stay.token
    driver.do(driver.machine.lost(line(driver).link, "reset", driver.now))
    while not any(one.down for one in driver.lines.values()):
        if not driver.step():
            driver.advance(0.1)
    driver.cut(line(driver), 99)
    assert driver.stay.token == first
    driver.settle()
    assert phase(driver) is Phase.ACTIVE
    assert len(driver.of(Connected)) == 1
    assert driver.of(Notice) == []


def test_data_that_were_set_back_may_know_the_former_token_alone(driver: Driver) -> None:
    first = driver.stay.token
    driver.do(driver.machine.lost(line(driver).link, "reset", driver.now))
    driver.settle()
    (session,) = driver.world.sessions.values()
    session.token, session.spent = first, set()
    driver.do(driver.machine.lost(line(driver).link, "reset", driver.now))
    driver.settle()
    assert len(driver.of(Connected)) == 1
    assert driver.stay.session == session.number


def test_a_spent_token_of_ones_own_is_told_and_a_new_session_begun(driver: Driver) -> None:
    """Somebody has the session: he came with a copy of the token before us."""
    (session,) = driver.world.sessions.values()
    session.spent, session.token, session.nick = {session.token}, "the thief's", "thief"
    driver.do(driver.machine.lost(line(driver).link, "reset", driver.now))
    driver.settle()
    assert [event.code for event in driver.of(Notice) if isinstance(event, Notice)] == [Code.TOKEN_SPENT]
    assert len(driver.of(Connected)) == 2


def test_that_somebody_came_with_an_old_token_is_told_and_nothing_else(driver: Driver) -> None:
    hears(driver, Error(Code.TOKEN_SPENT, "there is a copy"))
    assert driver.of(Notice) == [Notice(Code.TOKEN_SPENT, "there is a copy")]
    assert phase(driver) is Phase.ACTIVE


def test_a_password_goes_with_the_name_that_it_belongs_to() -> None:
    driver = Driver(World())
    driver.stay.password = "open sesame"
    driver.start()
    driver.settle()
    driver.stay.nick = "renamed"
    driver.world.sessions.clear()
    driver.do(driver.machine.lost(line(driver).link, "reset", driver.now))
    driver.settle()
    begun = [frame for frame in driver.sent if isinstance(frame, Hello) and frame.session is None]
    assert [(frame.nick, frame.password) for frame in begun] == [("alice", "open sesame")] * 2
    resumed = [frame for frame in driver.sent if isinstance(frame, Hello) and frame.session is not None]
    assert {frame.password for frame in resumed} == {None}


@pytest.mark.parametrize("code", [Code.NOT_ADMITTED, Code.LOOKS_ALIKE])
def test_who_is_not_admitted_is_told_at_once(code: Code) -> None:
    driver = Driver(World())
    driver.world.on[Hello] = lambda line, _: line.down.append(Error(code, "no", suggestion="alice2"))
    driver.start()
    driver.settle()
    (stopped,) = driver.of(Stopped)
    assert isinstance(stopped, Stopped)
    assert isinstance(stopped.error, Refused)
    assert (stopped.error.code, stopped.error.suggestion) == (code, "alice2")


def test_too_many_wrong_passwords_are_waited_out() -> None:
    driver = Driver(World())
    driver.world.on[Hello] = lambda line, _: line.down.append(Error(Code.RATE_LIMITED, "later", after=3000))
    driver.start()
    while not driver.machine.failures:
        assert driver.step()
    driver.world.on.clear()
    assert (driver.machine.deadline() or 0) - driver.now >= 3
    driver.settle()
    assert phase(driver) is Phase.ACTIVE
