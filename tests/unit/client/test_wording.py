"""Events to lines, with and without colour."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest
from rich.color import Color

from client import events as ev
from client.errors import Refused
from client.terminal.paint import PALETTE, coloured, nick_colour, plain
from client.terminal.wording import STILL_TRYING_AT, Kind, explain, lines
from wire.codes import Code
from wire.frames import Member, RoomInfo

WHEN = 1_700_000_000_000  # 22:13 UTC
S = "s1"


def _contrast(one: int, background: str) -> float:
    """As WCAG 2 has it: 1 to 21."""

    def luminance(colour: Color) -> float:
        parts = [part / 255 for part in colour.get_truecolor()]
        red, green, blue = [one / 12.92 if one <= 0.03928 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    dark, light = sorted(luminance(colour) + 0.05 for colour in (Color.from_ansi(one), Color.parse(background)))
    return light / dark


def test_nicknames_can_be_read_on_dark_and_on_light_ground() -> None:
    assert len(set(PALETTE)) == 16
    for one in PALETTE:
        assert min(_contrast(one, "#121212"), _contrast(one, "#ffffff")) >= 3.4, one


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def message(
    text: str, room: str | None = "#lobby", nick: str = "bob", *, history: bool = False, late: bool = False
) -> ev.MessageEvent:
    return ev.MessageEvent(room, S, 1, nick, text, WHEN, "e", 1, history=history, late=late)


CASES: list[tuple[ev.Event, list[str]]] = [
    (message("hello"), ["22:13 bob: hello"]),
    (message("hello", "#ops"), ["22:13 #ops bob: hello"]),
    (ev.AnnounceEvent("down\nat noon", WHEN, None, "*1", "e", 1), ["22:13 *** operator: down\n  | at noon"]),
    (ev.AnnounceEvent("x", WHEN, "#ops", "*1", "e", 1, late=True), ["22:13 *** (late) operator in #ops: x"]),
    (ev.AnnounceEvent("x", WHEN, "#lobby", "*1", "e", 1, True), ["22:13 *** (history) operator in #lobby: x"]),
    (ev.LeftEvent("#lobby", "bob", S, WHEN, "kicked", why="loud"), ["22:13 * bob left (kicked: loud)"]),
    (ev.LeftEvent("#lobby", "bob", S, WHEN, "banned"), ["22:13 * bob left (banned)"]),
    (message("hello", history=True), ["22:13 (history) bob: hello"]),
    (message("psst", None), ["22:13 @bob -> you: psst"]),
    (message("hello", late=True), ["22:13 (late) bob: hello"]),
    (message("psst", None, late=True), ["22:13 (late) @bob -> you: psst"]),
    (message("one\n22:13 eve: forged"), ["22:13 bob: one\n  | 22:13 eve: forged"]),
    (message("\x1b[2Jgone\x9b\u202e"), ["22:13 bob: ␛[2Jgone\ufffd\ufffd"]),
    (message("你好 🎉", nick="Ελένη"), ["22:13 Ελένη: 你好 🎉"]),
    (ev.AcceptedEvent(1, 1, "@bob", "psst", "@bob", "e", 1, WHEN), ["22:13 you -> @bob: psst"]),
    (ev.AcceptedEvent(1, 1, "#lobby", "hi", "#lobby", "e", 1, WHEN), []),
    (ev.JoinedEvent("#lobby", "bob", S, WHEN), ["22:13 * bob joined"]),
    (ev.JoinedEvent("#ops", "bob", S, WHEN), ["22:13 * bob joined #ops"]),
    (
        ev.JoinedEvent("#lobby", "al", S, WHEN, own=True, count=3, members=("al", "bob")),
        ["22:13 * you are in #lobby, 3 here: al, bob and 1 more"],
    ),
    (ev.LeftEvent("#lobby", "bob", S, WHEN, "quit"), ["22:13 * bob left"]),
    (ev.LeftEvent("#lobby", "bob", S, WHEN, "expired"), ["22:13 * bob left (lost the connection)"]),
    (ev.LeftEvent("#ops", "al", S, WHEN, own=True), ["22:13 * you left #ops"]),
    (ev.TopicEvent("#lobby", "bob", "cats", WHEN), ["22:13 * bob changed the topic of #lobby: cats"]),
    (ev.RenamedEvent("#lobby", "bob", "Bobby", "s", WHEN), ["22:13 * bob is now called Bobby"]),
    (ev.RenamedEvent("#ops", "bob", "Bobby", "s", WHEN), ["22:13 * bob is now called Bobby in #ops"]),
    (ev.RenamedEvent("#ops", "me", "Me", "s", WHEN, True, 4), ["22:13 * you are called Me now"]),
    (ev.RenamedEvent("", "Me", "Me", "s", WHEN, True, 4), ["22:13 * you are called Me"]),
    (ev.RenamedEvent("#lobby", "me", "Me", "s", WHEN, True), []),
    (ev.RequestRefused("nick", None, 1010, "taken", 4, "bob_"), ["! nick: taken; bob_ is free"]),
    (ev.TopicEvent("#lobby", "me", "", WHEN, True, 4), ["22:13 * me cleared the topic of #lobby"]),
    (ev.TopicEvent("#lobby", "bob", "cats", WHEN, ticket=4), ["* the topic of #lobby: cats (by bob)"]),
    (ev.TopicEvent("#lobby", "", "", 0, ticket=4), ["* #lobby has no topic"]),
    (
        ev.JoinedEvent("#ops", "me", "s", WHEN, True, 1, ("me",), topic="cats"),
        ["22:13 * you are in #ops, 1 here: me", "22:13 * the topic of #ops: cats"],
    ),
    (ev.Connected("n1", "al", S, "a:1"), ["· connected to n1 as al"]),
    (
        ev.Connected("n2", "al", S, "a:1", former="s0"),
        ["· the old session is gone; connected to n2 as al, in a new one"],
    ),
    (ev.Disconnected("n1", "reset"), []),
    (
        ev.Searching(3.2, "refused"),
        ["· no node reachable for 3 s (refused); still trying, what you type is kept"],
    ),
    (ev.Moved("n3", "n1", complete=True), ["· moved to n3, nothing missed"]),
    (ev.Moved("n3", "n1", complete=False), ["· moved to n3"]),
    (ev.Moved("n1", "n1", complete=True), ["· connected to n1 again, nothing missed"]),
    (ev.GapEvent("#lobby", 812, 813, 815), ["! #lobby: complete to #812; 813-815 may be missing"]),
    (ev.GapEvent("#lobby", 812, 813, 813), ["! #lobby: complete to #812; 813 may be missing"]),
    (
        ev.GapEvent(None, 2, 3, 0),
        ["! your direct messages: complete to #2; what came from 3 on may be missing"],
    ),
    (ev.ReceiptEvent(1, "bob", "received", WHEN), ["· bob received your message"]),
    (ev.ReceiptEvent(1, "bob", "sent", WHEN), ["· bob was sent your message"]),
    (ev.ReceiptEvent(1, "bob", "undelivered", WHEN), ["! bob left before your message was received"]),
    (
        ev.RefusedEvent(1, "@bob", "psst", Code.NO_SUCH_NICK, "nobody is called bob"),
        ["! not said to @bob: nobody is called bob (“psst”)"],
    ),
    (
        ev.RefusedEvent(1, "@bob", "psst", Code.ADDRESSEE_CHANGED, "changed"),
        ["! not said to @bob: changed; somebody else has that name now, look before you write again (“psst”)"],
    ),
    (ev.Retrying(1, "@bob", Code.INBOX_FULL, "full", 1), []),
    (ev.Retrying(1, "@bob", Code.INBOX_FULL, "full", STILL_TRYING_AT), ["· not said to @bob yet: full; still trying"]),
    (
        ev.MaybeLost((ev.Doubtful(1, "#lobby", "a\nb"), ev.Doubtful(2, "@bob", "x" * 99))),
        ["! may not have been sent to #lobby: “a b”", f"! may not have been sent to @bob: “{'x' * 59}…”"],
    ),
    (
        ev.Lost((ev.Doubtful(1, "@bob", "psst"),), Code.NO_SUCH_NICK, "nobody is called bob"),
        ["! accepted, but may be lost: to @bob: nobody is called bob (“psst”)"],
    ),
    (
        ev.MembersEvent("#lobby", (Member("al", S, "n1"), Member("bob", S, "n2", "away"))),
        ["* in #lobby: al, bob (away)"],
    ),
    (ev.MembersEvent(None, ()), ["* on-line: nobody"]),
    (ev.RoomsEvent((RoomInfo("#lobby", 2), RoomInfo("#ops", 1))), ["* rooms: #lobby (2), #ops (1)"]),
    (
        ev.HistoryEvent("#lobby", (message("old", history=True),)),
        ["* the last 1 messages of #lobby:", "22:13 (history) bob: old", "* end of the history"],
    ),
    (
        ev.HistoryEvent(
            "#lobby",
            (message("old", history=True),),
            announcements=(ev.AnnounceEvent("at noon", WHEN, "#lobby", "*1", "e", 99, history=True),),
        ),
        [
            "* the last 2 messages of #lobby:",
            "22:13 (history) bob: old",
            "22:13 *** (history) operator in #lobby: at noon",
            "* end of the history",
        ],
    ),
    (ev.RequestRefused("join", "#ops", Code.TOO_MANY_ROOMS, "too many"), ["! join #ops: too many"]),
    (ev.Notice(Code.DEGRADED, "Redis is away\x1b"), ["· Redis is away␛"]),
    (ev.PresenceHint("#lobby", "bob", S, True, "reconnecting"), []),
    (ev.PresenceHint("#lobby", "me", S, True, "away", "tea", 4), ["* you are away: tea; /back ends it"]),
    (ev.PresenceHint("", "me", S, False, "here", ticket=4), ["* you are back"]),
    (ev.Stopped(None), []),
    (ev.Stopped(Refused(Code.NICK_TAKEN, "taken", "bob_")), ["! taken; bob_ is free"]),
]


@pytest.mark.parametrize(("event", "expected"), CASES, ids=[type(event).__name__ for event, _ in CASES])
def test_every_event_has_its_words(event: ev.Event, expected: list[str]) -> None:
    shown = [plain(line) for line in lines(event, "#lobby")]
    # Where an event has no time of its own it is printed with the present one.
    assert [re.sub(r"^\d\d:\d\d (?=[*·!])", "", one) for one in shown] == [
        re.sub(r"^\d\d:\d\d (?=[*·!])", "", one) for one in expected
    ]
    assert all(re.match(r"\d\d:\d\d ", one) for one in shown)


@pytest.mark.parametrize(("event", "expected"), CASES, ids=[type(event).__name__ for event, _ in CASES])
def test_colour_changes_nothing_but_colour(event: ev.Event, expected: list[str]) -> None:
    for line in lines(event, "#lobby"):
        assert re.sub(r"\x1b\[[0-9;]*m", "", coloured(line)) == plain(line)


def test_nothing_of_what_others_write_reaches_the_terminal_as_a_control() -> None:
    evil = "a\x1b[31mb\x07\x9b\r\u2028\u202ec"
    for event in (message(evil), message(evil, nick=evil), message(evil, evil), ev.JoinedEvent(evil, evil, S, WHEN)):
        for line in lines(event, "#lobby"):
            for text in (line.text, *line.more):
                assert text.isprintable(), text


def test_a_nickname_has_always_the_same_colour() -> None:
    assert nick_colour("Bob") == nick_colour("bob")
    assert len({nick_colour(name) for name in ("alice", "bob", "carol", "dave", "erin", "frank")}) > 2


def test_private_and_history_look_different() -> None:
    kinds = [lines(one, "#lobby")[0].kind for one in (message("x"), message("x", None), message("x", history=True))]
    assert kinds == [Kind.TALK, Kind.PRIVATE, Kind.HISTORY]
    assert len({coloured(lines(one, "#lobby")[0])[:20] for one in (message("x"), message("x", None))}) == 2


def test_an_error_proposes_the_free_name_once() -> None:
    assert explain(Refused(Code.NICK_TAKEN, "taken; bob_ is free", "bob_")) == "taken; bob_ is free"
