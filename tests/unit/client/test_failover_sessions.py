"""What the failover machine does when a session is lost, taken or refused."""

from __future__ import annotations

import re

import pytest

from client.errors import Refused
from client.events import (
    AcceptedEvent,
    Connected,
    GapEvent,
    LeftEvent,
    MaybeLost,
    Stopped,
)
from client.links import Phase
from tests.unit.client.model import LOBBY, Driver, Line, World, hears, line, phase
from wire.codes import Code
from wire.frames import (
    Accepted,
    Error,
    Hello,
    Join,
    Joined,
    Left,
    Message,
)


def test_resume_refused_begins_a_new_session_and_tells_what_is_in_doubt(driver: Driver) -> None:
    tickets = [driver.say(f"{number}") for number in range(70)]
    hears(driver, Accepted(1, LOBBY, "e1", 2, 1))
    driver.world.post("while away")
    driver.world.sessions.clear()
    driver.cut(line(driver), 99)
    driver.do(driver.machine.lost(line(driver).link, "reset", driver.now))
    driver.settle()
    (lost,) = driver.of(MaybeLost)
    assert isinstance(lost, MaybeLost)
    assert [one.ticket for one in lost.sayings] == tickets[1:65]
    assert driver.told() == [f"{number}" for number in range(65, 70)], "what never went out is said now"
    assert len(driver.of(Connected)) == 2
    gaps = driver.of(GapEvent)
    assert GapEvent(LOBBY, 1, 2, 2, "e1") in gaps
    assert driver.stay.unsent.pending == 0


def test_what_came_back_through_the_log_is_not_in_doubt(driver: Driver) -> None:
    ticket = driver.say("seen")
    session = driver.stay.session or ""
    hears(driver, Message(LOBBY, "e1", 2, session, 1, "alice", "seen", 1000))
    driver.world.sessions.clear()
    driver.do(driver.machine.lost(line(driver).link, "reset", driver.now))
    driver.settle()
    assert not driver.of(MaybeLost)
    assert [event.ticket for event in driver.of(AcceptedEvent) if isinstance(event, AcceptedEvent)] == [ticket]


def test_ended_begins_a_new_session(driver: Driver) -> None:
    driver.world.sessions.clear()
    hears(driver, Error(Code.ENDED, "removed"))
    driver.settle()
    assert len(driver.of(Connected)) == 2


def test_rooms_are_joined_again_in_a_new_session(driver: Driver) -> None:
    hears(driver, Joined("#ops", "r1", 1, driver.stay.session or "", "alice", 1, count=1))
    driver.world.sessions.clear()
    driver.do(driver.machine.lost(line(driver).link, "reset", driver.now))
    driver.settle()
    assert [frame.room for frame in driver.sent if isinstance(frame, Join)] == ["#ops"]
    assert "#ops" in driver.stay.inbound.cursors
    hears(driver, Left("#ops", "r1", 2, driver.stay.session or "", "alice", 1, "left"))
    driver.sent.clear()
    driver.world.sessions.clear()
    driver.do(driver.machine.lost(line(driver).link, "reset", driver.now))
    driver.settle()
    assert not [frame for frame in driver.sent if isinstance(frame, Join)]


def test_a_room_that_we_are_not_in_any_more(driver: Driver) -> None:
    hears(driver, Joined("#ops", "r1", 1, driver.stay.session or "", "alice", 1, count=1))
    driver.do(driver.machine.lost(line(driver).link, "reset", driver.now))
    driver.settle()
    assert [event.room for event in driver.of(LeftEvent) if isinstance(event, LeftEvent)] == ["#ops"]


@pytest.mark.parametrize("code", [Code.TAKEN_OVER, Code.KICKED, Code.BANNED])
def test_a_rival_ends_it(driver: Driver, code: Code) -> None:
    hears(driver, Error(code, "elsewhere"))
    (stopped,) = driver.of(Stopped)
    assert isinstance(stopped, Stopped)
    assert isinstance(stopped.error, Refused)
    assert phase(driver) is Phase.STOPPED
    assert driver.lines == {}


@pytest.mark.parametrize("code", [Code.KICKED, Code.BANNED])
def test_a_resume_that_an_operator_refuses_is_the_end(driver: Driver, code: Code) -> None:
    driver.world.on[Hello] = lambda line, _: line.down.append(Error(code, "go away"))
    driver.do(driver.machine.lost(line(driver).link, "reset", driver.now))
    driver.settle()
    (stopped,) = driver.of(Stopped)
    assert isinstance(stopped, Stopped)
    assert isinstance(stopped.error, Refused)
    assert (stopped.error.code, stopped.error.text) == (code, "go away")
    assert len(driver.of(Connected)) == 1


def test_an_unanswered_session_that_is_over_is_begun_anew() -> None:
    driver = Driver(World())
    driver.world.on[Hello] = lambda line, _: line.down.append(Error(Code.RESUME_REFUSED, "it has ended"))
    driver.start()
    while len([frame for frame in driver.sent if isinstance(frame, Hello)]) < 2:
        assert driver.step()
    driver.world.on.clear()
    driver.settle()
    assert phase(driver) is Phase.ACTIVE
    first, second, *_ = [frame for frame in driver.sent if isinstance(frame, Hello)]
    assert first.token != second.token
    assert len(second.token or "") >= 22


def hellos(driver: Driver) -> list[Hello]:
    return [frame for frame in driver.sent if isinstance(frame, Hello)]


def test_who_begins_anew_says_what_he_has_lost_until_he_is_in(driver: Driver) -> None:
    """Its node may bring it back meanwhile, also while the first new hello is refused or goes unanswered."""
    before = len(hellos(driver))
    session, token = driver.stay.session, driver.stay.token
    driver.world.sessions.clear()

    def refuse(at: Line, _: Hello) -> None:
        if len(hellos(driver)) - before >= 2:
            driver.world.on.clear()
        at.down.append(Error(Code.RESUME_REFUSED, "it is not there"))

    driver.world.on[Hello] = refuse
    driver.do(driver.machine.lost(line(driver).link, "reset", driver.now))
    driver.settle()
    resuming, *anew = hellos(driver)[before:]
    assert (resuming.session, resuming.lost) == (session, None)
    assert len(anew) == 2
    assert {hello.lost for hello in anew} == {(session, token, "")}
    assert phase(driver) is Phase.ACTIVE
    driver.do(driver.machine.lost(line(driver).link, "reset", driver.now))
    driver.settle()
    assert hellos(driver)[-1].lost is None
    assert driver.stay.lost is None


def test_a_taken_nickname_is_final() -> None:
    world = World()
    first, second = Driver(world), Driver(world)
    first.start()
    first.settle()
    second.start()
    second.settle()
    (stopped,) = second.of(Stopped)
    assert isinstance(stopped, Stopped)
    assert isinstance(stopped.error, Refused)
    assert stopped.error.suggestion == "alice2"


def lose(driver: Driver) -> None:
    """The session is gone, and its connection with it."""
    driver.world.sessions.clear()
    driver.do(driver.machine.lost(line(driver).link, "reset", driver.now))


def hellos_refused(driver: Driver, code: Code, until: float = float("inf")) -> None:
    """Whoever begins anew before that time."""

    def refuse(at: Line, hello: Hello) -> None:
        if hello.session is not None:
            at.down.append(Error(Code.RESUME_REFUSED, "gone"))
        elif driver.now < until:
            at.down.append(Error(code, "so it is"))
        else:
            driver.world._hello(at, hello)

    driver.world.on[Hello] = refuse


@pytest.mark.parametrize("code", [Code.NICK_TAKEN, Code.LOOKS_ALIKE, Code.NOT_ADMITTED])
def test_who_had_a_session_tries_on_where_a_loss_has_left_something_in_his_way(driver: Driver, code: Code) -> None:
    hellos_refused(driver, code, until=driver.now + 60)
    lose(driver)
    driver.settle()
    assert phase(driver) is Phase.ACTIVE
    assert len(driver.of(Connected)) == 2
    assert 8 < len(hellos(driver)) < 80, "with back-off"


@pytest.mark.parametrize("code", [Code.NICK_TAKEN, Code.LOOKS_ALIKE, Code.NOT_ADMITTED])
def test_he_does_not_try_for_ever_and_is_told_what_it_was(driver: Driver, code: Code) -> None:
    began = driver.now
    hellos_refused(driver, code)
    lose(driver)
    driver.settle()
    (stopped,) = driver.of(Stopped)
    assert isinstance(stopped, Stopped)
    assert isinstance(stopped.error, Refused)
    assert stopped.error.code == code
    assert re.fullmatch(r"the session was lost and could not be begun anew for 9\d s: so it is", stopped.error.text)
    assert 90 <= driver.now - began < 110


def test_each_loss_has_its_own_time(driver: Driver) -> None:
    for _ in range(2):
        hellos_refused(driver, Code.NICK_TAKEN, until=driver.now + 60)
        lose(driver)
        driver.settle()
    assert phase(driver) is Phase.ACTIVE


def test_what_does_not_pass_ends_it_at_once(driver: Driver) -> None:
    hellos_refused(driver, Code.BAD_NICK)
    lose(driver)
    driver.settle()
    (stopped,) = driver.of(Stopped)
    assert isinstance(stopped, Stopped)
    assert str(stopped.error) == "the session was lost: so it is"
