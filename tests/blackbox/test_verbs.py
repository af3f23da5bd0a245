"""Topic, nickname, being away, whois and actions, between two nodes; and the node that dies in the middle of it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import pytest

from client import ChatClient, Refused
from client.events import (
    Event,
    GapEvent,
    MembersEvent,
    MessageEvent,
    PresenceHint,
    RenamedEvent,
    TopicEvent,
    WhoisEvent,
)
from tests.support.deployment import Deployment
from tests.support.native import NativeClient
from tests.support.plainclient import PlainClient
from tests.support.waiting import wait_until
from wire.frames import Accepted, Away, Back, Joined, Left, Quit

Deploy = Callable[..., Deployment]


def test_people_with_nc_do_all_of_it(calm: Deployment) -> None:
    with PlainClient(calm.addresses[0], "ann") as ann, PlainClient(calm.addresses[1], "ben") as ben:
        ann.expect("* ben joined")
        ann.type("/topic #lobby tea at four")
        assert ben.expect("tea at four") == "* ann changed the topic of #lobby: tea at four"
        ann.type("/nick Annabel")
        assert ben.expect("Annabel") == ann.expect("Annabel") == "* ann is now called Annabel"
        ann.type("/me puts the kettle on")
        assert ben.expect("kettle") == "** Annabel puts the kettle on"
        ann.type("/away back at five")
        ann.expect("* you are away: back at five")
        ben.type("/whois annabel")
        told = ben.expect("* Annabel is")
        assert told.startswith("* Annabel is away (back at five), at n1 since ")
        assert told.endswith(", in #lobby, with plain")
        ben.type("/who")
        assert "Annabel (away)" in ben.expect("* on-line: ")
        ben.type("@ann are you there?")
        ben.expect("! nobody of that name is here")
        ben.type("@annabel /me waves")
        assert ann.expect("-> you") == "@ben -> you: ** waves"
        assert ben.expect("you ->") == "you -> @annabel: ** waves"
        ann.type("/nick BEN")
        assert ann.expect("taken") == "! that nickname is taken; BEN_ is free"
        ann.type("/back")
        ann.expect("* you are back")
        with PlainClient(calm.addresses[0], "cyd") as cyd:
            assert cyd.expect("the topic of") == "* the topic of #lobby: tea at four"
        ben.type("/topic -")
        ann.expect("* ben cleared the topic of #lobby")


@contextlib.contextmanager
def chatting(deployment: Deployment, nick: str) -> Iterator[ChatClient]:
    """At the first node, as long as it lives."""
    with ChatClient(deployment.addresses, nick, in_order=True) as chat:
        yield chat


@pytest.mark.parametrize("answered", [True, False])
def test_a_node_that_dies_right_after_a_renaming(deploy: Deploy, answered: bool) -> None:
    deployment = deploy(lease=1.5, grace=10.0)
    with NativeClient(deployment.addresses[1], "bob") as bob, chatting(deployment, "alice") as chat:
        bob.enter()
        assert chat.node == "n1"
        chat.join("#ops").wait(10)
        chat.topic("#ops", "the pager").wait(10)
        chat.away("on call").wait(10)
        reply = chat.rename("Alicia")
        if answered:
            reply.wait(10)
        deployment.nodes[0].kill()
        renamed = reply.wait(20)
        assert isinstance(renamed, RenamedEvent)
        assert (renamed.nick, chat.nick, renamed.own) == ("Alicia", "Alicia", True)
        assert chat.say("still me").wait_accepted(20)
        message = bob.expect_text("still me")
        assert (message.nick, message.session) == ("Alicia", chat.session)
        bob.say("psst", "@alicia")
        assert bob.expect(Accepted).log == "@alicia"
        who = chat.whois("ALICIA").wait(10)
        assert isinstance(who, WhoisEvent)
        assert (who.state, who.text, who.node) == ("away", "on call", "n2")
        assert set(who.rooms) == {"#lobby", "#ops"}
        topic = chat.topic("#ops").wait(10)
        assert isinstance(topic, TopicEvent)
        assert topic.text == "the pager"
        members = chat.who("#lobby").wait(10)
        assert isinstance(members, MembersEvent)
        assert sorted((one.nick, one.state) for one in members.members) == [("Alicia", "away"), ("bob", "here")]
        events: list[Event] = []
        while not events or events[-1] is not members:
            event = chat.next_event(20)
            assert event is not None, events
            events.append(event)
        back = chat.back().wait(10)
        assert isinstance(back, PresenceHint)
        assert (back.state, back.away, back.room in who.rooms) == ("here", False, True)
        assert bob.expect(Back).session == chat.session
        assert chat.say("waves", action=True).wait_accepted(10).action
        bob.expect_text("/me waves")
        while not (isinstance(event := chat.next_event(20), MessageEvent) and event.action):
            assert event is not None
        assert (event.text, event.own) == ("waves", True)
        with pytest.raises(Refused) as refused:
            chat.rename("BOB").wait(10)
        assert refused.value.suggestion == "BOB_"
        wait_until(lambda: set(deployment.presence()) == {"Alicia", "bob"}, what="one name each")
        # Everybody was told once, and nobody was told that she had left or come.
        told = [frame for frame in bob.frames if isinstance(frame, Joined | Left) and frame.session == chat.session]
        assert [(type(frame), getattr(frame, "former", "")) for frame in told] == [(Joined, "alice")]
        assert [event for event in events if isinstance(event, GapEvent)] == []
        assert [event.room for event in events if isinstance(event, RenamedEvent)].count("#lobby") == 1
        bob.send(Quit())


def test_the_others_are_told_of_a_connection_that_broke(deploy: Deploy) -> None:
    deployment = deploy(lease=1.0, grace=3.0)
    deployment.wait_for_reaping()
    with NativeClient(deployment.addresses[1], "bob") as bob:
        bob.enter()
        alice = NativeClient(deployment.addresses[0], "alice")
        session = alice.enter().session
        alice.crash()
        assert bob.expect(Away, lambda frame: frame.session == session).gone is False
        carol = NativeClient(deployment.addresses[0], "carol")
        carol.enter()
        deployment.nodes[0].kill()
        carol.close()
        bob.expect(Away, lambda frame: frame.nick == "carol")
        assert not [frame for frame in bob.frames if isinstance(frame, Left) and frame.nick == "carol"]
