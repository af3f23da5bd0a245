"""The failover machine, case by case, with a clock that the test turns."""

from __future__ import annotations

import pytest

from client.errors import Unreachable
from client.events import (
    AcceptedEvent,
    Connected,
    Disconnected,
    JoinedEvent,
    MessageEvent,
    Moved,
    Notice,
    ReceiptEvent,
    RefusedEvent,
    Retrying,
    Searching,
    Stopped,
)
from client.links import Phase
from tests.unit.client.model import ADDRESSES, LOBBY, Driver, World, hears, line, phase, said
from wire.codes import Code
from wire.frames import (
    INBOX,
    Accepted,
    Error,
    Hello,
    Member,
    Members,
    Pong,
    Receipt,
    Say,
)


def test_hello_goes_out_before_anything_comes_in() -> None:
    driver = Driver(World())
    driver.start()
    driver.step()
    assert [type(frame) for frame in driver.sent] == [Hello]


def test_the_first_round_does_not_wait_then_it_does() -> None:
    world = World()
    world.down = set(ADDRESSES)
    driver = Driver(world)
    driver.start()
    for _ in ADDRESSES:
        assert driver.machine.deadline() is not None
        driver.step()
        driver.advance(0.0)
    driver.step()
    deadline = driver.machine.deadline()
    assert deadline is not None
    assert deadline > driver.now
    assert set(driver.machine.unreachable().attempts.values()) == {"connection refused"}


def test_who_can_not_be_trusted_anywhere_ends_it_before_the_first_welcome() -> None:
    world = World()
    world.down = set(ADDRESSES)
    driver = Driver(world)
    driver.start()
    for number in range(1, len(ADDRESSES) + 1):
        assert phase(driver) is Phase.DIALLING
        driver.do(driver.machine.lost(number, "for somebody else", driver.now, hopeless=True))
        driver.do(driver.machine.tick(driver.now))
    (stopped,) = driver.of(Stopped)
    assert isinstance(stopped, Stopped)
    assert isinstance(stopped.error, Unreachable)
    assert set(stopped.error.attempts.values()) == {"for somebody else"}


def test_one_that_may_be_reached_is_reason_enough_to_go_on() -> None:
    world = World()
    world.down = set(ADDRESSES)
    driver = Driver(world)
    driver.start()
    for number in range(1, 3 * len(ADDRESSES)):
        candidate = driver.machine._candidate
        assert candidate is not None
        hopeless = candidate.address != ADDRESSES[0]
        driver.do(driver.machine.lost(number, "no", driver.now, hopeless=hopeless))
        driver.advance(10.0)
        driver.do(driver.machine.tick(driver.now))
    assert phase(driver) is Phase.DIALLING


def test_who_has_been_in_waits_for_a_server_that_can_be_trusted_again(driver: Driver) -> None:
    driver.world.down = set(ADDRESSES)
    driver.do(driver.machine.lost(line(driver).link, "reset", driver.now))
    for number in range(1, 20):
        driver.do(driver.machine.lost(number, "expired", driver.now, hopeless=True))
        driver.advance(10.0)
        driver.do(driver.machine.tick(driver.now))
    assert not driver.of(Stopped)


def test_an_outage_is_told_once_after_a_while(driver: Driver) -> None:
    driver.world.down = set(ADDRESSES)
    for _ in range(300):
        driver.step()
        driver.advance(0.05)
    assert len(driver.of(Searching)) == 1
    assert len(driver.of(Disconnected)) == 1


def test_a_resume_names_what_was_received_and_answered(driver: Driver) -> None:
    hears(driver, said(2), said(3))
    for _ in range(3):
        driver.say("x")
    hears(driver, Accepted(1, LOBBY, "e1", 4, 1))
    driver.do(driver.machine.lost(line(driver).link, "reset", driver.now))
    driver.advance(0.2)
    driver.do(driver.machine.connected(line(driver).link, driver.now))
    hello = driver.sent[-1]
    assert isinstance(hello, Hello)
    assert hello.session == driver.stay.session
    assert hello.token == driver.stay.token
    assert hello.cursors[LOBBY] == ("e1", 3)
    assert hello.n == 1


def test_degraded_is_waited_out_and_told(driver: Driver) -> None:
    driver.world.degraded = True
    driver.say("kept")
    for _ in range(10):
        driver.step()
    (retrying,) = driver.of(Retrying)
    assert isinstance(retrying, Retrying)
    assert retrying.code == Code.DEGRADED
    driver.world.degraded = False
    driver.settle()
    assert driver.told() == ["kept"]


def test_a_final_refusal_ends_one_saying_only(driver: Driver) -> None:
    driver.say("one")
    driver.say("two")
    hears(driver, Error(Code.NOT_MEMBER, "no", n=1), Accepted(2, LOBBY, "e1", 2, 1))
    assert [event.ticket for event in driver.of(RefusedEvent) if isinstance(event, RefusedEvent)] == [1]
    assert [event.ticket for event in driver.of(AcceptedEvent) if isinstance(event, AcceptedEvent)] == [2]


def test_the_addressee_is_the_one_last_seen(driver: Driver) -> None:
    hears(driver, said(2))
    driver.machine.conversation.say(77, "@BOB", "psst")
    driver.do(driver.machine.tick(driver.now))
    say = driver.sent[-1]
    assert isinstance(say, Say)
    assert say.holder == "bob-session"
    hears(driver, Error(Code.ADDRESSEE_CHANGED, "changed", n=1))
    driver.machine.conversation.say(78, "@bob", "psst")
    driver.do(driver.machine.tick(driver.now))
    say = driver.sent[-1]
    assert isinstance(say, Say)
    assert say.holder is None


def test_a_list_without_sessions_forgets_no_addressee(driver: Driver) -> None:
    hears(driver, said(2), Members([Member("bob", "", "n1")]))
    driver.machine.conversation.say(77, "@bob", "psst")
    driver.do(driver.machine.tick(driver.now))
    say = driver.sent[-1]
    assert isinstance(say, Say)
    assert say.holder == "bob-session"


def test_receipts_find_their_message(driver: Driver) -> None:
    driver.machine.conversation.say(5, "@bob", "psst")
    driver.do(driver.machine.tick(driver.now))
    hears(driver, Accepted(1, "@bob", "i", 1, 1), Receipt(INBOX, "inbox", 1, 1, "bob", "received", 9))
    assert driver.of(ReceiptEvent) == [ReceiptEvent(1, "bob", "received", 9, 5)]


def test_a_receipt_that_comes_before_the_answer_is_told_behind_it(driver: Driver) -> None:
    """The node died with the answer; the addressee had the message all the same, and the inbox is read first."""
    driver.machine.conversation.say(5, "@bob", "psst")
    driver.do(driver.machine.tick(driver.now))
    receipt = Receipt(INBOX, "inbox", 1, 1, "bob", "received", 9)
    hears(driver, receipt)
    assert driver.of(ReceiptEvent) == []
    hears(driver, Accepted(1, "@bob", "i", 1, 1), receipt)
    outcome = [type(event) for event in driver.events if isinstance(event, AcceptedEvent | ReceiptEvent)]
    assert outcome == [AcceptedEvent, ReceiptEvent]
    assert driver.of(ReceiptEvent) == [ReceiptEvent(1, "bob", "received", 9, 5)]


@pytest.mark.parametrize("code", [Code.TOO_SLOW, Code.SILENT, Code.LEASE_LOST, Code.DRAINING, Code.DEAF])
def test_some_errors_mean_another_node(driver: Driver, code: Code) -> None:
    before = line(driver).address
    hears(driver, Error(code, "go"))
    driver.settle()
    assert phase(driver) is Phase.ACTIVE
    assert line(driver).address != before


def test_degraded_without_a_request_is_only_told(driver: Driver) -> None:
    hears(driver, Error(Code.DEGRADED, "Redis is away"))
    assert driver.of(Notice) == [Notice(Code.DEGRADED, "Redis is away")]
    assert phase(driver) is Phase.ACTIVE


def test_moved_is_told_when_all_is_there(driver: Driver) -> None:
    driver.do(driver.machine.lost(line(driver).link, "reset", driver.now))
    driver.world.post("missed")
    driver.settle()
    kinds = [type(event) for event in driver.events if isinstance(event, (MessageEvent, Moved))]
    assert kinds == [MessageEvent, Moved]
    (moved,) = driver.of(Moved)
    assert isinstance(moved, Moved)
    assert moved.complete


def test_a_node_that_wants_what_nobody_remembers(driver: Driver) -> None:
    for _ in range(300):
        driver.say("x")
        driver.settle(200) if driver.tickets % 50 == 0 else None
    driver.settle()
    session = driver.world.sessions[driver.stay.session or ""]
    session.last = 5
    session.outcomes.clear()
    driver.say("y")
    for _ in range(40):
        driver.step()
        driver.advance(0.1)
    driver.settle()
    assert len(driver.of(Connected)) == 2


def test_own_joining_is_told_with_its_members_only(driver: Driver) -> None:
    (joined,) = driver.of(JoinedEvent)
    assert isinstance(joined, JoinedEvent)
    assert (joined.own, joined.count) == (True, 1)


def test_what_is_late_or_foreign_is_ignored(driver: Driver) -> None:
    before = list(driver.events)
    driver.do(driver.machine.received(99, said(2), driver.now))
    driver.do(driver.machine.lost(99, "reset", driver.now))
    driver.do(driver.machine.connected(99, driver.now))
    hears(driver, Pong())
    assert driver.events == before
