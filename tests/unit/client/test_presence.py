"""Who is away, and who is who, as the client tells it; and what one does."""

from __future__ import annotations

from typing import TypeVar

import pytest

from client.chat import ChatClient
from client.errors import Refused
from client.events import AcceptedEvent, MembersEvent, MessageEvent, PresenceHint, RequestRefused, WhoisEvent
from tests.unit.client.model import LOBBY, Driver, active, hears, line
from wire.codes import Code
from wire.frames import (
    Accepted,
    Away,
    Back,
    ClientFrame,
    ComeBack,
    Error,
    Frame,
    GoAway,
    Hello,
    Member,
    Members,
    Message,
    Who,
    Whois,
    WhoisAnswer,
)

F = TypeVar("F", bound=Frame)


def sent(driver: Driver, kind: type[F]) -> list[F]:
    driver.do(driver.machine.tick(driver.now))
    found: list[ClientFrame] = list(driver.sent)
    return [frame for frame in found if isinstance(frame, kind)]


def test_hints_tell_choice_and_connection_apart() -> None:
    driver = active()
    hears(
        driver,
        Away(LOBBY, "s9", "bob"),
        Away(LOBBY, "s9", "bob", gone=True, text="tea"),
        Back(LOBBY, "s9", "bob"),
    )
    assert driver.of(PresenceHint) == [
        PresenceHint(LOBBY, "bob", "s9", True, "reconnecting"),
        PresenceHint(LOBBY, "bob", "s9", True, "away", "tea"),
        PresenceHint(LOBBY, "bob", "s9", False, "here"),
    ]


def test_lists_tell_the_same() -> None:
    driver = active()
    driver.stay.requests.who(LOBBY, 7)
    (asked,) = sent(driver, Who)
    rows = [
        Member("al", "s1", "n1"),
        Member("bo", "s2", "n1", gone=True),
        Member("cy", "s3", "n1", "away"),
        Member("di", "s4", "n1", "away", gone=True),
    ]
    hears(driver, Members(rows, LOBBY, id=asked.id))
    (event,) = driver.of(MembersEvent)
    assert isinstance(event, MembersEvent)
    assert [member.state for member in event.members] == ["here", "away", "reconnecting", "reconnecting"]


def test_one_s_own_choice_is_answered_and_taken_along_to_a_new_session() -> None:
    driver = active()
    mine = driver.stay.session or ""
    driver.stay.requests.away("tea", 7)
    (asked,) = sent(driver, GoAway)
    line(driver).up.clear()  # the model's world knows nothing of it
    hears(driver, Away("", mine, "alice", gone=True, text="tea", id=asked.id))
    assert driver.of(PresenceHint) == [PresenceHint(LOBBY, "alice", mine, True, "away", "tea", 7)]
    driver.world.on[GoAway] = lambda line, frame: line.down.append(Away("", "", "", True, frame.text, frame.id))
    driver.world.sessions.clear()
    hears(driver, Error(Code.ENDED, "over"))
    driver.settle()
    assert [frame.text for frame in sent(driver, GoAway)] == ["tea", "tea"]
    driver.stay.requests.back(8)
    driver.world.on[ComeBack] = lambda line, frame: line.down.append(Back("", "", "", frame.id))
    driver.do(driver.machine.tick(driver.now))
    driver.settle()
    assert driver.stay.gone is None
    driver.world.sessions.clear()
    hears(driver, Error(Code.ENDED, "over"))
    driver.settle()
    assert len(sent(driver, Hello)) == 3
    assert len(sent(driver, GoAway)) == 2


def test_whois_is_answered_and_says_whom_direct_messages_are_meant_for() -> None:
    driver = active()
    driver.stay.requests.whois("Bob", 7)
    (asked,) = sent(driver, Whois)
    hears(
        driver,
        WhoisAnswer("Bob", "s9", "n2", 5, gone=True, text="tea", rooms=["#ops"], client="bot/1", id=asked.id),
    )
    assert driver.of(WhoisEvent) == [WhoisEvent("Bob", "s9", "away", "tea", 5, ("#ops",), "n2", "bot/1", 7)]
    assert driver.stay.holders.of("@bob") == "s9"
    driver.stay.requests.whois("nobody", 8)
    asked = sent(driver, Whois)[-1]
    hears(driver, Error(Code.NO_SUCH_NICK, "nobody", id=asked.id))
    assert driver.of(RequestRefused) == [RequestRefused("whois", None, Code.NO_SUCH_NICK, "nobody", 8)]


def test_actions_are_texts_that_older_clients_show_as_they_stand() -> None:
    driver = active()
    epoch, offset = driver.stay.inbound.cursors[LOBBY]
    hears(driver, Message(LOBBY, epoch, offset + 1, "s9", 1, "bob", "/me waves", 5))
    hears(driver, Message(LOBBY, epoch, offset + 2, "s9", 2, "bob", "/me", 5))
    told = [(event.text, event.action) for event in driver.of(MessageEvent) if isinstance(event, MessageEvent)]
    assert told == [("waves", True), ("/me", False)]
    driver.machine.conversation.say(1, "@bob", "/me waves")
    hears(driver, Accepted(1, "@bob", "e9", 1, 5))
    (event,) = driver.of(AcceptedEvent)
    assert isinstance(event, AcceptedEvent)
    assert (event.text, event.action) == ("waves", True)


@pytest.mark.parametrize("text", ["", "  ", "x" * 16381])
def test_what_can_t_be_done_is_refused_at_once(text: str) -> None:
    chat = ChatClient(["127.0.0.1:1"], "alice")
    with pytest.raises(Refused):
        chat.say(text, action=True)
    with pytest.raises(Refused):
        chat.away("a\nb")
    with pytest.raises(Refused):
        chat.whois("")
    with pytest.raises(Refused):
        chat.rename("a b")
    with pytest.raises(Refused):
        chat.topic("#lobby", "a\nb")
    chat.close()
