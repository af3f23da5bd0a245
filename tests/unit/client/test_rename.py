"""Another nickname, as the client tells it, and what it asks for later."""

from __future__ import annotations

import threading

import msgspec
import pytest

from client.errors import Refused
from client.events import GapEvent, JoinedEvent, RenamedEvent, RequestRefused
from client.handles import Reply
from client.ledger import Ledger
from tests.unit.client.model import LOBBY, Driver, Line, active, hears, line
from wire.codes import Code
from wire.frames import Error, Hello, Joined, Message, Rename


def ask(driver: Driver, nick: str = "Alicia", ticket: int = 7) -> int:
    driver.stay.requests.rename(nick, ticket)
    driver.do(driver.machine.tick(driver.now))
    asked = [frame for frame in driver.sent if isinstance(frame, Rename)][-1]
    line(driver).up.clear()  # the model's world knows nothing of it
    return asked.id or 0


def entry(driver: Driver, session: str, former: str, nick: str, number: int | None = None) -> Joined:
    epoch, offset = driver.stay.inbound.cursors[LOBBY]
    return Joined(LOBBY, epoch, offset + 1, session, nick, 5, id=number, former=former)


@pytest.mark.parametrize("answer_first", [True, False])
def test_one_s_own_is_told_once_with_its_ticket_and_holds_from_then_on(answer_first: bool) -> None:
    driver = active()
    number = ask(driver)
    mine = driver.stay.session or ""
    told, answer = entry(driver, mine, "alice", "Alicia"), entry(driver, mine, "alice", "Alicia", number)
    hears(driver, *((answer, told) if answer_first else (told, answer)))
    assert driver.of(RenamedEvent) == [RenamedEvent(LOBBY, "alice", "Alicia", mine, 5, True, 7)]
    assert driver.stay.nick == "Alicia"
    assert driver.of(GapEvent) == []


def test_an_earlier_one_that_is_caught_up_does_not_change_what_we_are_called() -> None:
    driver = active()
    driver.stay.nick = "Third"  # so says a welcome
    mine = driver.stay.session or ""
    hears(driver, entry(driver, mine, "alice", "Second"))
    hears(driver, entry(driver, mine, "Second", "Third"))
    assert driver.stay.nick == "Third"
    assert [event.nick for event in driver.of(RenamedEvent) if isinstance(event, RenamedEvent)] == ["Second", "Third"]


def brought_back(driver: Driver, former: str, nick: str) -> Joined:
    """An entry of ours that stood in a life that nobody has shown us."""
    told = entry(driver, driver.stay.session or "", former, nick)
    return msgspec.structs.replace(told, was=(("elsewhere", 3),))


@pytest.mark.parametrize("former", ["before", "alice"], ids=["from another name", "from this one"])
def test_an_earlier_one_that_is_brought_back_does_not_answer(former: str) -> None:
    """He was called so before, was called otherwise since, and asks for it again when Redis has lost its data: who was
    taken for the holder of a nickname that another one had."""
    driver = active()
    number = ask(driver)
    hears(driver, brought_back(driver, former, "Alicia"))
    assert driver.stay.nick == "alice"
    hears(driver, Error(Code.NICK_TAKEN, "taken", id=number, suggestion="Alicia_"))
    assert [event.ticket for event in driver.of(RequestRefused) if isinstance(event, RequestRefused)] == [7]
    assert driver.stay.nick == "alice"


def test_one_that_was_behind_does_not_answer_either() -> None:
    driver = active()
    number = ask(driver)
    hears(driver, entry(driver, driver.stay.session or "", "before", "Alicia"))
    assert driver.stay.nick == "alice"
    hears(driver, entry(driver, driver.stay.session or "", "alice", "Alicia", number))
    assert driver.stay.nick == "Alicia"


def test_the_entry_answers_where_a_welcome_has_said_so() -> None:
    driver = active()
    ask(driver)
    driver.stay.nick = "Alicia"
    hears(driver, entry(driver, driver.stay.session or "", "alice", "Alicia"))
    assert [event.ticket for event in driver.of(RenamedEvent) if isinstance(event, RenamedEvent)] == [7]


def test_of_others_nobody_joined_and_direct_messages_find_them() -> None:
    driver = active()
    joined = len(driver.of(JoinedEvent))
    hears(driver, entry(driver, "s9", "bob", "Bobby"))
    assert driver.of(RenamedEvent) == [RenamedEvent(LOBBY, "bob", "Bobby", "s9", 5)]
    assert len(driver.of(JoinedEvent)) == joined
    assert driver.stay.holders.of("@bobby") == "s9"
    epoch, offset = driver.stay.inbound.cursors[LOBBY]
    hears(driver, Message(LOBBY, epoch, offset + 1, "s9", 1, "Bobby", "hi", 6))
    assert driver.of(GapEvent) == []
    assert driver.told() == ["hi"]


def test_it_is_asked_again_where_the_answer_was_lost() -> None:
    """It was carried out: the welcome says so, and nothing is told in the room."""
    driver = active()
    ask(driver)
    mine = driver.stay.session or ""
    driver.world.sessions[mine].nick = "Alicia"

    def so_already(line: Line, frame: Rename) -> None:
        line.down.append(Joined("", "", 0, mine, frame.nick, 5, id=frame.id, former=frame.nick))

    driver.world.on[Rename] = so_already
    driver.cut(line(driver), 9)
    driver.settle()
    assert driver.stay.nick == "Alicia"
    assert driver.of(RenamedEvent) == [RenamedEvent(LOBBY, "Alicia", "Alicia", mine, 5, True, 7)]


def test_a_new_session_asks_for_the_new_name() -> None:
    driver = active()
    number = ask(driver)
    hears(driver, entry(driver, driver.stay.session or "", "alice", "Alicia", number))
    hears(driver, Error(Code.ENDED, "over"))
    driver.settle()
    hellos = [frame for frame in driver.sent if isinstance(frame, Hello)]
    assert [hello.nick for hello in hellos] == ["alice", "Alicia"]
    assert hellos[-1].session is None


def test_a_name_that_is_taken_is_refused_with_a_free_one() -> None:
    driver = active()
    number = ask(driver, "bob")
    hears(driver, Error(Code.NICK_TAKEN, "taken", id=number, suggestion="bob_"))
    (event,) = driver.of(RequestRefused)
    assert event == RequestRefused("nick", None, Code.NICK_TAKEN, "taken", 7, "bob_")
    assert driver.stay.nick == "alice"
    ledger, reply = Ledger(), Reply[RenamedEvent](7, threading.Condition())
    ledger.add(reply)
    ledger.enter(event)
    with pytest.raises(Refused) as refused:
        reply.wait(0)
    assert refused.value.suggestion == "bob_"
