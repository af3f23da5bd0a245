"""Rooms of one's own, between two nodes: as people with nc, bots and operators see them; and a Redis that forgets."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from client import ChatClient, Refused
from client.events import LeftEvent, MessageEvent, RightHint, RightsEvent
from tests.support.deployment import Deployment
from tests.support.operator import run
from tests.support.plainclient import PlainClient
from tests.support.waiting import wait_until
from wire.codes import Code

Deploy = Callable[..., Deployment]


def test_people_with_nc_have_a_room_of_their_own(calm: Deployment) -> None:
    with PlainClient(calm.addresses[0], "ann") as ann, PlainClient(calm.addresses[1], "ben") as ben:
        ann.type("/join #den")
        ann.expect("* you are in #den")
        ann.type("/guard by-invitation private")
        assert ann.expect("* #den:") == "* #den: yours; by invitation, private"
        ann.type("under us")
        ann.expect("#den ann: under us")
        ben.type("/rooms")
        assert "#den" not in ben.expect("* rooms:")
        ben.type("/whois ann")
        assert "#den" not in ben.expect("* ann is")
        ben.type("/join #den")
        assert ben.expect("! ") == "! that room is by invitation; ask its owner for one"
        ann.type("/invite ben come in")
        assert ben.expect("invites you") == "* ann invites you to #den (/join #den): come in"
        ben.type("/join #den")
        assert ben.expect("(history)") == "(history) #den ann: under us"
        ann.type("/mute ben")
        ben.expect("* ann has muted you in #den")
        ben.type("hm")
        assert ben.expect("! ") == "! the owner of the room has muted you there; nothing was said"
        ann.type("/remove ben not today")
        assert ben.expect("ben left") == "* ben left #den (removed: not today)"
        ann.type("he is gone")
        ann.expect("#den ann: he is gone")
        ben.type("/join #den")
        assert ben.expect("! ") == "! the owner of that room has removed you; only an invitation leads back"
        ben.type("/join #lobby")
        ben.type("I am here")
        ben.expect("ben: I am here")
        assert not [line for line in ben.lines if "he is gone" in line]


def test_a_bot_keeps_a_room_and_the_operator_overrides_it(calm: Deployment) -> None:
    with ChatClient(calm.addresses[:1], "owner") as owner, ChatClient(calm.addresses[1:], "guest") as guest:
        heard: list[object] = []
        guest.join("#bots").wait(10)  # somebody else's already: the first one owns it
        assert owner.guard("#lobby").wait(10).owner == ""
        owner.join("#keep").wait(10)
        done = owner.guard("#keep", key="hush", private=True).wait(10)
        assert (done.own, done.key, done.private, done.invite) == (True, True, True, False)
        with pytest.raises(Refused) as refused:
            guest.join("#keep", "hash").wait(10)
        assert refused.value.code == Code.WRONG_KEY
        guest.join("#keep", "hush").wait(10)
        assert "#keep" in [one.room for one in guest.rooms().wait(10).rooms]
        code, said = run(calm, "room", "keep")
        assert (code, said) == (0, "#keep: owned by owner, key private\n")
        code, said = run(calm, "room", "keep", "--open", "--owner", "guest")
        assert (code, said) == (0, "#keep: owned by guest, open\n")
        assert guest.guard("#keep", topic=True).wait(10).own
        with pytest.raises(Refused) as refused:
            owner.topic("#keep", "mine?").wait(10)
        assert refused.value.code == Code.NOT_OWNER
        guest.remove("#keep", "owner", "thanks").wait(10)
        wait_until(lambda: _drain(owner, heard) and _left(heard), what="the former owner reads it")
        assert _left(heard)[0].why == "thanks"
        _drain(guest, heard)
        assert RightHint("#keep", "owner", "") in heard
        assert any(isinstance(event, RightsEvent) and event.ticket is None for event in heard)
        assert run(calm, "room", "keep", "--owner", "owner")[0] == 1
        assert run(calm, "room", "lobby", "--open")[0] == 1
        assert run(calm, "room", "nothing")[0] == 1


def _drain(chat: ChatClient, heard: list[object]) -> bool:
    while (event := chat.next_event(0)) is not None:
        heard.append(event)
    return True


def _left(heard: list[object]) -> list[LeftEvent]:
    return [event for event in heard if isinstance(event, LeftEvent) and event.own and event.reason == "removed"]


def test_a_guarded_room_is_guarded_after_redis_has_forgotten_everything(deploy: Deploy) -> None:
    cluster = deploy(nodes=2)
    with ChatClient(cluster.addresses[:1], "owner") as owner, ChatClient(cluster.addresses[1:], "guest") as guest:
        owner.join("#keep").wait(10)
        owner.guard("#keep", key="hush", invite=True).wait(10)
        guest.say("before").wait_accepted(10)
        with cluster.client() as redis:
            redis.flushall()
        guest.say("after", timeout=20).wait_accepted(20)
        with pytest.raises(Refused) as refused:
            guest.join("#keep", "hush").wait(20)
        assert refused.value.code == Code.NOT_INVITED
        assert owner.guard("#keep").wait(20).own
        owner.invite("#keep", "guest").wait(20)
        guest.join("#keep").wait(20)
        owner.say("welcome", "#keep").wait_accepted(20)
        seen: list[object] = []
        wait_until(lambda: _drain(guest, seen) and _said(seen, "welcome"), what="read")


def _said(heard: list[object], text: str) -> bool:
    return any(isinstance(event, MessageEvent) and event.text == text for event in heard)
