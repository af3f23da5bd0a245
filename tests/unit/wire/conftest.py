"""One valid frame of each type."""

from __future__ import annotations

import pytest

from wire.codes import Code
from wire.frames import (
    Accepted,
    Ack,
    Away,
    Back,
    Bye,
    ComeBack,
    Confirm,
    Error,
    Frame,
    Gap,
    GoAway,
    Hello,
    History,
    HistoryEnd,
    Join,
    Joined,
    Leave,
    Left,
    Member,
    Members,
    Message,
    Ping,
    Pong,
    Quit,
    Receipt,
    Reconnect,
    Recovered,
    Register,
    Registered,
    Rename,
    RoomInfo,
    RoomList,
    Rooms,
    Say,
    SetTopic,
    Topic,
    Unregister,
    Unregistered,
    Welcome,
    Who,
    Whois,
    WhoisAnswer,
)
from wire.states import EndingError

ALL: list[Frame] = [
    Hello(nick="alice", client="tests"),
    Say(n=1, to="#lobby", text="Grüße, мир, 你好, שלום 👩‍👩‍👧"),
    Ack(cursors={"#lobby": ("e1", 3)}),
    Join(room="#ops", id=1),
    Leave(room="#ops", id=2),
    Who(room="#ops", id=3),
    Rooms(id=4),
    History(room="#ops", before=9, limit=2, id=5),
    SetTopic(room="#ops", text="tea", id=7),
    Rename(nick="alicia", id=8),
    GoAway(text="tea", id=9),
    ComeBack(id=10),
    Whois(nick="bob", id=11),
    Confirm(token="another of 22 letters"),
    Register(password="open sesame", id=12),
    Unregister(password="open sesame", id=13),
    Ping(id=6),
    Quit(),
    Welcome(session="s1", nick="alice", node="n1", logs={"#lobby": ("e1", 2)}, heartbeat=10.0, token="t"),
    Accepted(n=1, log="#lobby", epoch="e1", offset=3, time=1),
    Error(code=Code.BAD_TEXT, text="no", n=1),
    Message(log="#lobby", epoch="e1", offset=3, session="s1", n=1, nick="alice", text="hi", time=1),
    Joined(log="#lobby", epoch="e1", offset=4, session="s2", nick="bob", time=1),
    Left(log="#lobby", epoch="e1", offset=5, session="s2", nick="bob", time=1, reason="quit"),
    Topic(log="#lobby", epoch="e1", offset=6, nick="bob", time=1, text="tea"),
    Away(log="#lobby", session="s2", nick="bob"),
    Back(log="#lobby", session="s2", nick="bob"),
    Receipt(log="@", epoch="e9", offset=1, n=2, nick="bob", state="received", time=1),
    Gap(log="#lobby", former="e0", complete=812, first=813, last=815),
    Reconnect(code=Code.DRAINING, text="n1 is leaving", where="127.0.0.1:7702", after=20),
    Members(members=[Member(nick="bob", session="s2", node="n2")], room="#lobby", id=3),
    RoomList(rooms=[RoomInfo(room="#lobby", members=2)], id=4),
    WhoisAnswer(nick="bob", session="s2", node="n2", since=1, gone=True, text="tea", rooms=["#ops"], client="c", id=11),
    Registered(nick="alice", id=12),
    Unregistered(nick="alice", id=13),
    HistoryEnd(room="#ops", count=1, id=5),
    Pong(id=6),
    Recovered(),
    Bye(text="see you"),
]
SAMPLES: dict[type[Frame], Frame] = {type(frame): frame for frame in ALL}
SAMPLES[EndingError] = Error(code=Code.TAKEN_OVER, text="resumed elsewhere")


@pytest.fixture(scope="session")
def samples() -> dict[type[Frame], Frame]:
    return SAMPLES
