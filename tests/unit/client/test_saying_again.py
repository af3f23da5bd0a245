"""What was accepted and lost by the cluster: its sender says it again, or tells the user."""

from __future__ import annotations

import pytest

from client.events import AcceptedEvent, Connected, Lost, MessageEvent
from client.settings import Settings
from tests.unit.client.model import LOBBY, Driver, World, active, hears, line
from wire.codes import Code
from wire.frames import INBOX, Accepted, Bye, Error, Gap, Joined, Message, Receipt, Recovered, Say, Welcome


def again(driver: Driver) -> list[Say]:
    return [frame for frame in driver.sent if isinstance(frame, Say) and frame.again is not None]


def direct(driver: Driver, text: str = "psst") -> None:
    """A direct message, accepted as n = 1."""
    driver.machine.conversation.say(5, "@bob", text)
    driver.do(driver.machine.tick(driver.now))
    driver.world.lines[0].up.clear()
    hears(driver, Accepted(1, "@bob", "e1", 7, 1))


def test_a_lost_tail_is_said_again_and_nobody_sees_it_twice() -> None:
    driver = active()
    for number in range(1, 6):
        driver.say(f"said {number}")
    driver.settle()
    driver.world.lose(2)
    driver.say("said 6")
    driver.settle()
    log = [(one.text, one.n, one.late) for one in driver.world.log if isinstance(one, Message)]
    assert sorted(log) == [(f"said {n}", n, n in (4, 5)) for n in range(1, 7)]
    assert driver.told() == [f"said {n}" for n in range(1, 7)]
    assert len(driver.of(AcceptedEvent)) == 6


def test_who_reads_what_came_back_late_is_told_so(driver: Driver) -> None:
    hears(driver, Message(LOBBY, "e1", 2, "bob-session", 4, "bob", "lost and found", 1000, late=True))
    (event,) = driver.of(MessageEvent)
    assert isinstance(event, MessageEvent)
    assert event.late


@pytest.mark.parametrize(
    "sign",
    [
        Recovered(),
        Receipt(INBOX, "e2", 1, 9, "carol", "received", 9),
        Gap(LOBBY, "e1", 1, 2, 3, "e2", 2),
        Joined(LOBBY, "e2", 2, "bob-session", "bob", 1000),
        Message(LOBBY, "e2", 2, "bob-session", 4, "bob", "hi", 1000),
    ],
)
def test_a_direct_message_without_receipt_is_said_again_at_any_sign(driver: Driver, sign: Gap) -> None:
    direct(driver)
    hears(driver, sign)
    driver.advance(1.1)
    assert again(driver) == [Say(1, "@bob", "psst", None, ("e1", 7))]
    hears(driver, Accepted(1, "@bob", "e2", 8, 1), Joined(LOBBY, "e2", 3, "x", "x", 1000))
    driver.advance(1.1)
    assert len(again(driver)) == 1
    assert len(driver.of(AcceptedEvent)) == 1


@pytest.mark.parametrize(
    "no_sign",
    [
        Message(LOBBY, "e0", 2, "bob-session", 4, "bob", "hi", 1000, history=True),
        Joined("#ops", "e0", 0, "s1-0", "alice", 1000, 1, ["alice"]),
        Message(LOBBY, "e1", 2, "bob-session", 4, "bob", "hi", 1000),
    ],
)
def test_what_is_no_sign(driver: Driver, no_sign: Message) -> None:
    direct(driver)
    hears(driver, no_sign)
    driver.advance(1.1)
    assert again(driver) == []


def test_who_has_received_it_is_not_told_again(driver: Driver) -> None:
    direct(driver)
    hears(driver, Receipt(INBOX, "inbox-s1-0", 1, 1, "bob", "received", 9), Recovered())
    driver.advance(1.1)
    assert again(driver) == []


def test_what_can_not_be_said_again_is_told(driver: Driver) -> None:
    direct(driver)
    hears(driver, Recovered())
    driver.advance(1.1)
    hears(driver, Error(Code.DEGRADED, "the data is being recovered", n=1))
    driver.advance(3.0)
    assert len(again(driver)) == 2
    hears(driver, Error(Code.NO_SUCH_NICK, "nobody is called bob", n=1))
    hears(driver, Error(Code.NO_SUCH_NICK, "nobody is called bob", n=1))
    (lost,) = driver.of(Lost)
    assert isinstance(lost, Lost)
    assert [(one.ticket, one.to, one.text) for one in lost.sayings] == [(5, "@bob", "psst")]
    assert (lost.code, lost.reason) == (Code.NO_SUCH_NICK, "nobody is called bob")
    assert driver.stay.direct == {}


def test_sayings_again_count_in_the_window() -> None:
    driver = Driver(World(), settings=Settings(window=4, again_within=0.0))
    driver.start()
    driver.settle()
    for number in range(6):
        driver.say(f"{number}")
    driver.settle()
    driver.sent.clear()
    hears(driver, Recovered())
    driver.say("new")
    assert [(frame.n, frame.again is not None) for frame in driver.sent if isinstance(frame, Say)] == [
        (n, True) for n in (1, 2, 3, 4)
    ]
    driver.settle()
    assert driver.stay.unsent.pending == 0
    assert driver.stay.unsent.room == 4


def test_who_quits_says_nothing_again(driver: Driver) -> None:
    direct(driver)
    driver.do(driver.machine.quit(driver.now))
    hears(driver, Recovered())
    driver.advance(1.1)
    assert again(driver) == []
    hears(driver, Bye())


def test_nothing_is_said_again_under_a_new_session_but_told(driver: Driver) -> None:
    direct(driver)
    hears(driver, Recovered())
    driver.world.sessions.clear()
    hears(driver, Error(Code.ENDED, "removed"))
    driver.settle()
    assert len(driver.of(Connected)) == 2
    assert again(driver) == []
    assert len(driver.of(Lost)) == 1


@pytest.mark.parametrize("rewound", [False, True])
def test_a_new_session_in_a_new_life_tells_what_the_old_one_had_said(driver: Driver, rewound: bool) -> None:
    ticket = driver.say("said")
    driver.settle()
    driver.world.sessions.clear()
    if rewound:
        driver.world.new_epoch()
    driver.cut(line(driver), 0)
    driver.settle()
    assert len(driver.of(Connected)) == 2
    told = [one.ticket for event in driver.of(Lost) if isinstance(event, Lost) for one in event.sayings]
    assert told == ([ticket] if rewound else [])


def test_a_welcome_in_another_epoch_is_a_sign_and_the_place_is_the_first_one(driver: Driver) -> None:
    driver.say("said")
    driver.settle()
    for _ in range(2):
        driver.world.new_epoch()
        driver.cut(line(driver), 0)
        driver.settle()
        assert again(driver)[-1].again == ("e1", 2)
    assert len(again(driver)) == 2


def test_what_was_said_again_without_answer_is_said_on_the_next_connection(driver: Driver) -> None:
    driver.say("said")
    driver.settle()
    hears(driver, Recovered())
    driver.advance(1.1)
    driver.cut(line(driver), 0)
    driver.settle()
    assert [frame.n for frame in again(driver)] == [1, 1]


@pytest.mark.parametrize("by_welcome", [False, True])
def test_what_the_node_did_not_consume_is_said_in_its_order(driver: Driver, by_welcome: bool) -> None:
    direct(driver)
    hears(driver, Recovered())
    driver.sent.clear()
    if by_welcome:
        session = driver.stay.session or ""
        welcome = Welcome(session, "alice", "n2", {LOBBY: ("e1", 1)}, 4.0, n=0, resumed=True)
        driver.machine.conversation.welcomed(welcome, "", driver.now)
        driver.advance(0.0)
    else:
        hears(driver, Error(Code.OUT_OF_ORDER, "out of order", n=1, last=0))
    driver.advance(1.1)
    assert [frame for frame in driver.sent if isinstance(frame, Say)] == [Say(1, "@bob", "psst")]
    hears(driver, Accepted(1, "@bob", "e1", 9, 1), Recovered())
    driver.advance(1.1)
    assert [frame.again for frame in again(driver)] == [("e1", 9)]
