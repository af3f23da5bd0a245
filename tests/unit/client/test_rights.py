"""Rooms of one's own, as the client tells of them; and the keys that it needs to come in again."""

from __future__ import annotations

import threading

import pytest

from client.asking import Asking
from client.errors import Refused
from client.events import JoinedEvent, LeftEvent, RequestRefused, RightHint, RightsEvent
from client.handles import Reply
from client.ledger import Ledger
from client.terminal.talk import Talk
from client.terminal.wording import Line, lines
from tests.unit.client.fullscreen.fake_chat import FakeChat
from tests.unit.client.model import LOBBY, Driver, active, hears, line
from wire.codes import Code
from wire.frames import Error, GuardRoom, Invite, Join, Joined, Left, Remove, Rights


def sent(driver: Driver, kind: type[GuardRoom | Invite | Join | Remove]) -> int:
    driver.do(driver.machine.tick(driver.now))
    asked = [frame for frame in driver.sent if isinstance(frame, kind)][-1]
    line(driver).up.clear()  # the model's world knows nothing of it
    return asked.id or 0


def enter(driver: Driver, room: str, key: str | None) -> None:
    driver.stay.requests.join(room, 3, key)
    number = sent(driver, Join)
    mine = driver.stay.session or ""
    hears(driver, Joined(log=room, epoch="e1", offset=4, session=mine, nick="bob", time=1, count=1, id=number))
    assert driver.of(JoinedEvent)[-1] == JoinedEvent(room, "bob", mine, 1, own=True, count=1, ticket=3)


def test_an_answer_settles_its_reply_and_a_hint_none() -> None:
    driver, ledger = active(), Ledger()
    reply: Reply[RightsEvent] = Reply(7, threading.Condition())
    ledger.add(reply)
    driver.stay.requests.govern(Invite, LOBBY, "ann", "", 7)
    number = sent(driver, Invite)
    hears(driver, Rights(room=LOBBY, owner="bob", private=True))
    hears(driver, Rights(room=LOBBY, owner="bob", own=True, private=True, invited=["ann"], id=number))
    hint = RightsEvent(LOBBY, "bob", private=True)
    answer = RightsEvent(LOBBY, "bob", own=True, private=True, invited=("ann",), ticket=7)
    assert driver.of(RightsEvent) == [hint, answer]
    ledger.enter(hint)
    assert not reply.done
    ledger.enter(answer)
    assert reply.wait(0) == answer
    hears(driver, Rights(room=LOBBY, id=number))  # a second answer is none
    assert len(driver.of(RightsEvent)) == 2


def test_what_an_owner_does_for_us_is_a_hint_of_its_own() -> None:
    driver = active()
    hears(driver, Rights(room="#den", you="invited", by="ann", text="come"))
    assert driver.of(RightHint) == [RightHint("#den", "invited", "ann", "come")]
    assert driver.of(RightsEvent) == []
    assert lines(RightHint("#den", "dubbed", "ann"), LOBBY) == []  # of a later version


def test_a_key_that_let_us_in_is_named_again_by_a_new_session_and_forgotten_with_the_room() -> None:
    driver = active()
    enter(driver, "#den", "hush")
    assert driver.stay.keys == {"#den": "hush"}
    driver.stay.requests.guard("#den", "hist", None, None, None, 8)
    hears(driver, Rights(room="#den", own=True, key=True, id=sent(driver, GuardRoom)))
    assert driver.stay.keys == {"#den": "hist"}
    mine = driver.stay.session or ""
    hears(
        driver, Left(log="#den", epoch="e1", offset=5, session=mine, nick="bob", time=1, reason="removed", why="loud")
    )
    assert driver.stay.keys == {}
    assert "#den" not in driver.stay.rooms  # it does not try to come back
    assert driver.of(LeftEvent) == [LeftEvent("#den", "bob", mine, 1, "removed", own=True, why="loud")]


def test_a_refusal_names_the_op_and_an_older_node_too() -> None:
    driver = active()
    driver.stay.requests.govern(Remove, "#den", "ann", "", 9)
    hears(driver, Error(Code.UNKNOWN_OP, "remove is unknown", id=sent(driver, Remove)))
    assert driver.of(RequestRefused) == [RequestRefused("remove", "#den", Code.UNKNOWN_OP, "remove is unknown", 9)]


@pytest.mark.parametrize("key", ["two words", "k" * 65, "bell\x07"])
def test_what_can_be_no_key_is_refused_before_it_is_asked(key: str) -> None:
    for ask in (Asking.join, Asking.guard):
        with pytest.raises(Refused) as refused:
            ask(None, "#den", key=key)  # type: ignore[arg-type]
        assert refused.value.code == Code.BAD_TEXT
        assert key not in str(refused.value)


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("/join #den hush", ("join", "#den", "hush")),
        ("/guard #den key=hush -topic", ("guard", "#den", "hush", None, None, False)),
        ("/invite #den bob come", ("invite", "#den", "bob", "come")),
        ("/remove #den bob", ("remove", "#den", "bob", "")),
        ("/mute #den bob", ("mute", "#den", "bob", "")),
        ("/unmute #den bob", ("unmute", "#den", "bob")),
        ("/owner #den bob", ("hand_over", "#den", "bob")),
    ],
)
def test_the_line_client_asks_what_is_typed(typed: str, asked: tuple[object, ...]) -> None:
    chat, shown = FakeChat(), list[Line]()
    Talk(chat.client, LOBBY, shown.append).typed(typed)
    assert chat.asked == [asked]
    assert shown == []
