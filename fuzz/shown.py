"""What may be shown of four texts that strangers chose: every place of a frame, and of an event of the client."""

from __future__ import annotations

from typing import Any

from client import events as ev
from wire.frames import (
    Away,
    Bye,
    Error,
    Joined,
    Left,
    Member,
    Members,
    Message,
    RoomInfo,
    RoomList,
    ServerFrame,
    Topic,
    Welcome,
    WhoisAnswer,
)


def frames(nick: str, text: str, room: str, why: str) -> list[tuple[ServerFrame, tuple[str, ...]]]:
    """Each with what the line for a person may begin with. Pure."""
    said: dict[str, Any] = {"epoch": "e", "offset": 1, "session": "s", "nick": nick, "time": 1}
    message = Message(log="#lobby", n=1, text=text, **said)
    whois = WhoisAnswer(nick=nick, session="s", node=room, since=1, gone=True, text=text, rooms=[room], client=why)
    return [
        (message, ("", "** ")),
        (Message(log="@", n=1, text=text, **said), ("@",)),
        (Joined(log=room, **said), ("* ",)),
        (Joined(log=room, count=2, members=[nick, why], topic=text, **said), ("* ",)),
        (Joined(log=room, former=why, **said), ("* ",)),
        (Left(log=room, reason="kicked", why=why, **said), ("* ",)),
        (Topic(log=room, text=text, **said), ("* ",)),
        (Error(code=1010, text=text, suggestion=nick), ("! ",)),
        (Welcome(session="s", nick=nick, node=room, logs={}, heartbeat=1.0), ("* ",)),
        (Members(members=[Member(nick=nick, session="s", node=room)], room=room), ("* ",)),
        (RoomList(rooms=[RoomInfo(room=room, members=1)]), ("* ",)),
        (Away(log="", session="s", nick=nick, gone=True, text=text), ("* ",)),
        (Bye(text=text), ("* ",)),
        (whois, ("* ",)),
    ]


def events(nick: str, text: str, room: str, why: str) -> list[ev.Event]:
    """Of the client, with these texts wherever a stranger or a node may have put them. Pure."""
    said: dict[str, Any] = {"room": room, "nick": nick, "session": "s", "time": 1}
    message = ev.MessageEvent(n=1, text=text, epoch="e", offset=1, **said)
    present = Member(nick=nick, session="s", node=why, state=why)
    return [
        ev.Connected(node=why, nick=nick, session="s", address=why),
        ev.Searching(1.0, why),
        ev.Moved(node=why, former=room, complete=True),
        message,
        ev.HistoryEvent(room, (message,)),
        ev.AnnounceEvent(text=text, time=1, room=room, id="*1", epoch="e", offset=1),
        ev.JoinedEvent(own=True, count=2, members=(nick, why), topic=text, **said),
        ev.JoinedEvent(**said),
        ev.LeftEvent(reason="kicked", why=why, **said),
        ev.RenamedEvent(former=why, **said),
        ev.TopicEvent(room, nick, text, 1),
        ev.PresenceHint(room, nick, "s", True, why, text, 1),
        ev.ReceiptEvent(1, nick, "received", 1),
        ev.GapEvent(room, 1, 2, 3),
        ev.RefusedEvent(1, room, text, 1000, why),
        ev.MaybeLost((ev.Doubtful(1, room, text),)),
        ev.MembersEvent(room, (present,)),
        ev.WhoisEvent(nick, "s", why, text, 1, (room,), why, why),
        ev.RoomsEvent((RoomInfo(room=room, members=1),)),
        ev.RequestRefused("join", room, 1000, why, suggestion=nick),
        ev.Notice(1000, text),
    ]
