"""The failover machine, case by case, with a clock that the test turns."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from client.errors import Unreachable
from client.events import (
    AcceptedEvent,
    Connected,
    Disconnected,
    GapEvent,
    JoinedEvent,
    LeftEvent,
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
    Ack,
    Bye,
    Error,
    Gap,
    Hello,
    Joined,
    Left,
    Member,
    Members,
    Message,
    Ping,
    Pong,
    Quit,
    Receipt,
    Say,
    Welcome,
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


def test_repeats_are_shown_once_also_under_a_new_epoch(driver: Driver) -> None:
    hears(driver, said(2), said(2), said(2, epoch="e2"), said(3, "next", epoch="e2"))
    assert driver.told() == ["hi", "next"]


def test_what_comes_back_is_shown_to_who_has_not_had_it(driver: Driver) -> None:
    driver.stay.inbound.track(LOBBY)
    first = driver.stay.inbound.cursors[LOBBY][1] + 1
    hears(driver, said(first, "had", n=50))
    hears(driver, Gap(LOBBY, "e1", first, first + 1, first + 1, "e2", first + 1))
    many = [
        said(first + 2 + i, f"{i}", "e2", n=100 + 64 * i) for i in range(5000)
    ]  # more than identities are remembered
    hears(driver, *many)
    top = first + 5001
    back = [said(top + 1, "had", "e2", n=50), said(top + 2, "missed", "e2", n=51)]
    hears(driver, *(replace(frame, was=(("e1", first + i),), late=True) for i, frame in enumerate(back)))
    assert driver.told().count("had") == 1
    assert driver.told().count("missed") == 1


def test_a_coming_and_a_going_that_come_back_are_told_once(driver: Driver) -> None:
    first = driver.stay.inbound.cursors[LOBBY][1] + 1
    joined = Joined(LOBBY, "e1", first, "carol-session", "carol", 1000)
    hears(driver, joined)
    left = Left(LOBBY, "e2", first + 2, "carol-session", "carol", 1001, "left", was=(("e1", first + 1),))
    hears(driver, replace(joined, epoch="e2", offset=first + 1, was=(("e1", first),)), left)
    hears(driver, replace(left, epoch="e3", offset=first + 3, was=(("e2", first + 2), ("e1", first + 1))))
    assert [event.nick for event in driver.of(JoinedEvent) if isinstance(event, JoinedEvent)].count("carol") == 1
    assert len(driver.of(LeftEvent)) == 1


def test_our_own_leaving_of_an_earlier_life_is_over_and_done_with(driver: Driver) -> None:
    session = driver.stay.session or ""
    first = driver.stay.inbound.cursors[LOBBY][1] + 1
    hears(driver, said(first))
    before = len(driver.of(JoinedEvent))
    hears(driver, Left(LOBBY, "e2", first + 1, session, "alice", 1001, "left", was=(("e1", first - 1),)))
    hears(driver, Joined(LOBBY, "e2", first + 2, session, "alice", 1002, was=(("e1", first),)))
    hears(driver, said(first + 3, "still here", "e2", n=77))
    assert not driver.of(LeftEvent)
    assert len(driver.of(JoinedEvent)) == before
    assert driver.stay.inbound.cursors[LOBBY] == ("e2", first + 3)
    assert driver.told()[-1] == "still here"
    # One that we had not met is news: a `leave` without an answer was carried out.
    hears(driver, Left(LOBBY, "e3", first + 4, session, "alice", 1003, "left", was=(("e2", first + 9),)))
    assert len(driver.of(LeftEvent)) == 1


def test_history_never_moves_the_cursor_and_is_shown_once(driver: Driver) -> None:
    old = Message(LOBBY, "e1", 40, "carol", 1, "carol", "old", 1, history=True)
    hears(driver, old, old, said(2))
    assert driver.told() == ["old", "hi"]
    assert driver.stay.inbound.cursors[LOBBY] == ("e1", 2)


def test_a_hole_is_fetched_by_resuming(driver: Driver) -> None:
    for text in ("a", "b", "c"):
        driver.world.post(text)
    line(driver).down.popleft()
    driver.settle()
    assert driver.told() == ["a", "b", "c"]
    assert not driver.of(GapEvent)


def test_a_hole_that_nobody_can_fill_is_told(driver: Driver) -> None:
    hears(driver, said(5))
    driver.advance(0.2)
    driver.step()
    number = line(driver).link
    welcome = Welcome(driver.stay.session or "", "alice", "n2", {LOBBY: ("e1", 5)}, 4.0, resumed=True)
    for frame in (welcome, said(5)):
        driver.do(driver.machine.received(number, frame, driver.now))
    (gap,) = driver.of(GapEvent)
    assert isinstance(gap, GapEvent)
    assert gap.text == "complete to #1; 2-4 may be missing"
    assert driver.told() == ["hi"]
    (moved,) = driver.of(Moved)
    assert moved == Moved("n2", moved.former if isinstance(moved, Moved) else "", complete=False)


@pytest.mark.parametrize(
    ("gap", "told"),
    [
        (Gap(LOBBY, "e1", 1, 2, 4), "complete to #1; 2-4 may be missing"),
        (Gap(LOBBY, "e1", 1, 2), "complete to #1; what came from 2 on may be missing"),
        (Gap(LOBBY, "e1", 0, 1, 1), None),
        (Gap(LOBBY, "e1", 0, 1, 4, "e2", 5), "complete to #1; 2-4 may be missing"),
        (Gap(LOBBY, "e1", 0, 1, 1, "e2", 2), None),
        (Gap(LOBBY, "before-us", 0, 1, 9, "e1", 2), None),
        (Gap(LOBBY, "between", 0, 1, 9, "e2", 1), "complete to #0; 1-9 may be missing"),
        (Gap(LOBBY, "before-us", 0, 1, 9, "e2", 1, (("e1", 1),)), None),
        (Gap(LOBBY, "between", 0, 1, 9, "e2", 1, (("e1", 4),)), "complete to #0; 1-9 may be missing"),
    ],
)
def test_a_gap_is_told_to_whom_it_concerns(driver: Driver, gap: Gap, told: str | None) -> None:
    hears(driver, gap)
    assert [gap.text for gap in driver.of(GapEvent) if isinstance(gap, GapEvent)] == ([told] if told else [])
    if gap.offset:
        assert driver.stay.inbound.cursors[LOBBY] == (gap.epoch, gap.offset)


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


def test_quit_acknowledges_first_and_waits_for_the_bye(driver: Driver) -> None:
    epoch, _ = driver.machine.conversation.stay.inbound.cursors[INBOX]
    hears(driver, said(1, epoch=epoch, log=INBOX))
    driver.sent.clear()
    driver.do(driver.machine.quit(driver.now))
    assert [type(frame) for frame in driver.sent] == [Ack, Quit]
    assert phase(driver) is Phase.QUITTING
    hears(driver, Bye())
    assert driver.of(Stopped) == [Stopped(None)]


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


def told_gaps(driver: Driver) -> list[str]:
    return [gap.text for gap in driver.of(GapEvent) if isinstance(gap, GapEvent)]


@pytest.mark.parametrize(
    ("first", "last", "told"),
    [
        (5, 6, None),
        (5, 7, "complete to #6; 7 may be missing"),
        (4, 6, "complete to #3; 4 may be missing"),
        (4, 7, "complete to #3; 4-7 may be missing"),
    ],
)
def test_a_gap_of_what_has_come_back_late_is_no_news(driver: Driver, first: int, last: int, told: str | None) -> None:
    """The data were lost once more, and nobody remembers it any more: but here it was shown."""
    for place, old in ((2, 5), (3, 6)):
        hears(driver, Message(LOBBY, "e2", place, "bob", old, "bob", "late", 1000, late=True, was=(("e1", old),)))
    hears(driver, Gap(LOBBY, "e1", first - 1, first, last, "e3", 1))
    assert told_gaps(driver) == ([told] if told else [])


def test_a_gap_of_what_was_shown_as_history_is_no_news(driver: Driver) -> None:
    hears(
        driver,
        Message(LOBBY, "e2", 4, "bob", 5, "bob", "before", 1000, history=True, was=(("e1", 5),)),
        Gap(LOBBY, "e1", 4, 5, 5, "e3", 1),
    )
    assert told_gaps(driver) == []


def test_many_lives_later_it_is_known_how_far_we_came(driver: Driver) -> None:
    """Redis may lose its data every few seconds, for a minute."""
    hears(driver, Message(LOBBY, "e1", 2, "bob", 1, "bob", "one", 1000))
    for life in range(2, 42):
        hears(driver, Message(LOBBY, f"e{life}", 1, "bob", life, "bob", "more", 1000))
    hears(driver, Gap(LOBBY, "e1", 0, 1, 2, "e41", 2))
    assert told_gaps(driver) == []


def test_a_gap_without_an_end_is_told_once(driver: Driver) -> None:
    """It stands in no log, so each node to which we come with the same cursor tells it."""
    for _ in range(2):
        hears(driver, Gap(LOBBY, "e1", 1, 2))
    assert told_gaps(driver) == ["complete to #1; what came from 2 on may be missing"]
