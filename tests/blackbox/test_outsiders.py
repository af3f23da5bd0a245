"""What who is not in a private room, or not any more, gets to know of it at real nodes, whatever he asks."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

from msgspec.structs import replace

from tests.support.deployment import Deployment
from tests.support.native import NativeClient
from wire.codes import Code
from wire.frames import (
    Accepted,
    Error,
    Frame,
    GuardRoom,
    HandOver,
    History,
    Invite,
    Join,
    Joined,
    Leave,
    Left,
    Mute,
    Remove,
    Rights,
    Rooms,
    Say,
    SetTopic,
    Welcome,
    Who,
    Whois,
)

REQUESTS: list[Callable[[str], Any]] = [
    lambda room: Who(room=room, id=7),
    lambda room: Rooms(id=7),
    lambda room: Whois(nick="ida", id=7),
    lambda room: SetTopic(room=room, id=7),
    lambda room: SetTopic(room=room, text="mine", id=7),
    lambda room: History(room=room, before=3, limit=5, id=7),
    lambda room: GuardRoom(room=room, id=7),
    lambda room: GuardRoom(room=room, private=False, id=7),
    lambda room: Invite(room=room, nick="ida", id=7),
    lambda room: Remove(room=room, nick="ida", id=7),
    lambda room: Mute(room=room, nick="nobody", id=7),
    lambda room: HandOver(room=room, nick="ida", id=7),
    lambda room: Leave(room=room, id=7),
]


IDS = count(100)


def talk(client: NativeClient, request: Any) -> str:
    """The answer, without what is the request's own."""
    asked = replace(request, id=next(IDS))
    client.send(asked)
    frame = client.expect(Frame, lambda frame: getattr(frame, "id", None) == asked.id)
    return repr(replace(frame, id=7))


def test_a_private_room_looks_like_none(calm: Deployment) -> None:
    one, two = calm.addresses[:2]
    with NativeClient(one, "ida") as ida, NativeClient(two, "jon") as jon:
        ida.enter()
        jon.enter()
        ida.send(Join(room="#denx1", id=1))
        ida.expect(Joined, lambda frame: frame.id == 1)
        ida.send(GuardRoom(room="#denx1", private=True, invite=True, id=2))
        ida.expect(Rights, lambda frame: frame.id == 2)
        for n in range(5):
            ida.say(f"secret {n}", "#denx1")
        ida.send(SetTopic(room="#denx1", text="secret topic", id=3))
        ida.expect_text("secret 4")
        epoch = ida.welcome.logs["#lobby"][0]
        for request in REQUESTS:
            there, nowhere = (talk(jon, request(room)) for room in ("#denx1", "#nixx1"))
            assert there.replace("#denx1", "#room") == nowhere.replace("#nixx1", "#room")
            assert "secret" not in there
        # What was refused, said again as if it had been accepted: what the log holds there is not told either.
        for place in ((epoch, 1), (epoch, 900), ("00000000", 1)):
            for room in ("#denx1", "#nixx1"):
                n = jon.say("x", room)
                jon.expect(Error, lambda frame, n=n: frame.n == n)  # type: ignore[misc]
                jon.send(Say(n=n, to=room, text="x", again=place))
                answer = jon.expect_one_of(Error, Accepted)
                assert isinstance(answer, Error), (room, place)
                assert answer.code == Code.NOT_MEMBER
    assert "secret" not in str(jon.frames)


def test_a_cursor_of_a_room_that_one_is_not_in_brings_nothing(calm: Deployment) -> None:
    one, two = calm.addresses[:2]
    with NativeClient(one, "kim") as kim, NativeClient(two, "lou") as lou:
        kim.enter()
        welcome = lou.enter()
        kim.send(Join(room="#denx2", id=1))
        kim.expect(Joined, lambda frame: frame.id == 1)
        kim.send(GuardRoom(room="#denx2", private=True, id=2))
        kim.expect(Rights, lambda frame: frame.id == 2)
        kim.say("secret before", "#denx2")
        kim.expect_text("secret before")
        lou.send(Join(room="#denx2", id=3))
        lou.expect(Joined, lambda frame: frame.id == 3)
        kim.send(Remove(room="#denx2", nick="lou", id=4))
        kim.expect(Rights, lambda frame: frame.id == 4)
        left = lou.expect(Left, lambda frame: frame.session == welcome.session)
        kim.say("hidden after", "#denx2")
        kim.send(SetTopic(room="#denx2", text="hidden topic", id=5))
        kim.send(GuardRoom(room="#denx2", topic=True, id=6))
        kim.expect(Rights, lambda frame: frame.id == 6)
        kim.expect_text("hidden after")
        lou.drain(0.5)
        for address in (one, two):
            with NativeClient(address) as back:
                cursors = {"#denx2": (left.epoch, 0), "#lobby": welcome.logs["#lobby"]}
                back.resume(welcome, cursors)
                back.expect(Welcome)
                back.drain(1.0)
                assert "hidden" not in str(back.frames)
                assert not [frame for frame in back.frames if isinstance(frame, Rights)]
    assert "hidden" not in str(lou.frames)
