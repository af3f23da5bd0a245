from __future__ import annotations

import re
from typing import Any, get_args

import pytest
from hypothesis import given, strategies as st

from wire import plain
from wire.errors import BadName
from wire.frames import (
    Accepted,
    Away,
    Back,
    Bye,
    Error,
    Frame,
    Gap,
    Joined,
    Left,
    Member,
    Members,
    Message,
    Receipt,
    Reconnect,
    RoomInfo,
    RoomList,
    ServerFrame,
    Topic,
    Welcome,
    WhoisAnswer,
)
from wire.names import nickname


def message(text: str, *, log: str = "#lobby", nick: str = "alice", **more: Any) -> Message:
    return Message(log=log, epoch="e", offset=1, session="s", n=1, nick=nick, text=text, time=1, **more)


def joined(log: str, **more: Any) -> Joined:
    return Joined(log=log, epoch="e", offset=1, session="s", nick="bob", time=1, **more)


def left(log: str, reason: str) -> Left:
    return Left(log=log, epoch="e", offset=1, session="s", nick="bob", time=1, reason=reason)


def receipt(state: str) -> Receipt:
    return Receipt(log="@", epoch="e", offset=1, n=1, nick="bob", state=state, time=1)


WELCOME = Welcome(session="s", nick="alice", node="n1", logs={}, heartbeat=1.0)

LINES: list[tuple[ServerFrame, str]] = [
    (message("hello, 世界"), "alice: hello, 世界\n"),
    (message("hi", log="#ops"), "#ops alice: hi\n"),
    (message("psst", log="@"), "@alice -> you: psst\n"),
    (message("hi", history=True), "(history) alice: hi\n"),
    (message("hi", late=True), "(late) alice: hi\n"),
    (message("a\nb\n\nc"), "alice: a\n  | b\n  | \n  | c\n"),
    (message("a\x1b[2Jb\tc\r"), "alice: a␛[2Jb c␍\n"),
    (WELCOME, "* welcome, alice; /help lists the commands, \\q leaves\n"),
    (joined("#lobby"), "* bob joined\n"),
    (joined("#ops"), "* bob joined #ops\n"),
    (joined("#ops", count=2, members=["al", "bob"]), "* you are in #ops, 2 here: al, bob\n"),
    (joined("#ops", count=9, members=["al"]), "* you are in #ops, 9 here: al and 8 more\n"),
    (left("#lobby", "quit"), "* bob left\n"),
    (left("#ops", "left"), "* bob left #ops\n"),
    (left("#lobby", "expired"), "* bob left (lost the connection)\n"),
    (left("#lobby", "ended"), "* bob left (was removed)\n"),
    (
        Topic(log="#ops", epoch="e", offset=1, nick="bob", time=1, text="tea"),
        "* bob changed the topic of #ops: tea\n",
    ),
    (receipt("received"), "* bob received your message\n"),
    (receipt("sent"), "* your message was sent to bob\n"),
    (receipt("undelivered"), "! bob left before your message was received\n"),
    (receipt("later"), ""),
    (
        Gap(log="#ops", former="e", complete=812, first=813, last=815),
        "! #ops: complete to #812; 813-815 may be missing\n",
    ),
    (
        Gap(log="#ops", former="e", complete=812, first=813, last=813),
        "! #ops: complete to #812; 813 may be missing\n",
    ),
    (
        Gap(log="@", former="e", complete=2, first=3),
        "! your direct messages: complete to #2; what followed, from 3 on, may be missing\n",
    ),
    (Error(code=1010, text="al is taken", suggestion="al_"), "! al is taken; al_ is free\n"),
    (Error(code=1010, text="al is taken, al_ is not", suggestion="al_"), "! al is taken, al_ is not\n"),
    (Error(code=1006, text="too\nlong"), "! too␊long\n"),
    (
        Reconnect(code=101, text="n1 is leaving", where="n2:7702"),
        "! n1 is leaving; please connect again to n2:7702\n",
    ),
    (Reconnect(code=101, text="n1 is leaving"), "! n1 is leaving; please connect again\n"),
    (
        Members(
            members=[
                Member(nick="al", session="s", node="n1"),
                Member(nick="bo", session="t", node="n1", state="away", gone=True),
                Member(nick="cy", session="u", node="n1", gone=True),
            ]
        ),
        "* on-line: al, bo (reconnecting), cy (away)\n",
    ),
    (Members(members=[], room="#ops"), "* in #ops: nobody\n"),
    (
        RoomList(rooms=[RoomInfo(room="#lobby", members=2), RoomInfo(room="#ops", members=1)]),
        "* rooms: #lobby (2), #ops (1)\n",
    ),
    (RoomList(rooms=[]), "* rooms: none\n"),
    (Bye(), "* bye\n"),
    (Bye(text="see you"), "* bye, see you\n"),
    (Accepted(n=1, log="#lobby", epoch="e", offset=1, time=1), ""),
    (Away(log="#lobby", session="s", nick="bob"), ""),
    (Back(log="#lobby", session="s", nick="bob"), ""),
    (Away(log="", session="s", nick="me", gone=True, text="tea\a", id=1), "* you are away: tea␇\n"),
    (Back(log="", session="s", nick="me"), "* you are back\n"),
    (
        WhoisAnswer("bob", "s", "n1", 1760000000000, gone=True, text="tea", rooms=["#lobby", "#ops"], client="c/1"),
        "* bob is away (tea), at n1 since 2025-10-09 08:53 UTC, in #lobby, #ops, with c/1\n",
    ),
    (
        WhoisAnswer("bob", "s", "n1", 1760000000000, state="away"),
        "* bob is reconnecting, at n1 since 2025-10-09 08:53 UTC, in no room\n",
    ),
    (message("/me waves"), "** alice waves\n"),
    (message("/me waves\n* bob left", log="#ops"), "#ops ** alice waves\n  | * bob left\n"),
    (message("/me waves", log="@"), "@alice -> you: ** waves\n"),
    (message("/me"), "alice: /me\n"),
    (message("/me  "), "alice: /me  \n"),
    (message("/menace"), "alice: /menace\n"),
    (Joined("#ops", "e", 1, "s", "Al", 1, former="al"), "* al is now called Al in #ops\n"),
    (Joined("#lobby", "e", 1, "s", "Al", 1, former="al"), "* al is now called Al\n"),
    (Joined("", "", 0, "s", "Al", 1, id=1, former="Al"), "* you are called Al\n"),
    (Topic("#ops", "e", 1, "bob", 1, ""), "* bob cleared the topic of #ops\n"),
    (Topic("#ops", "", 0, "bob", 1, "tea"), "* the topic of #ops: tea (by bob)\n"),
    (Topic("#ops", "", 0, "", 0), "* #ops has no topic\n"),
]


@pytest.mark.parametrize(("frame", "lines"), LINES)
def test_render(frame: ServerFrame, lines: str) -> None:
    assert plain.render(frame).decode() == lines


def test_the_room_prefix_can_be_left_out() -> None:
    assert plain.render(message("hi", log="#ops"), room_prefix=False) == b"alice: hi\n"


def test_the_senders_copy_of_a_private_message() -> None:
    assert plain.private_copy("bob", "psst\n\x07") == "you -> @bob: psst\n  | ␇\n".encode()
    assert plain.private_copy("@bob", "/me waves") == b"you -> @bob: ** waves\n"
    assert plain.private_copy("@bob", "psst") == b"you -> @bob: psst\n"


@pytest.mark.parametrize("kind", get_args(ServerFrame))
def test_all_frames_render_to_whole_lines(kind: type[Frame], samples: dict[type[Frame], Any]) -> None:
    shown = plain.render(samples[kind])
    assert shown == b"" or shown.endswith(b"\n")


SPOKEN = re.compile(r"(#\S+ )?alice: ")
EVIL = st.text(st.sampled_from("\r\n\x0b\x0c\x1b\x85\u2028\u2029\u202e\x08 bob:*!@->|a"), max_size=30)


@given(text=EVIL, log=st.sampled_from(["#lobby", "#ops"]))
def test_nobody_forges_a_line(text: str, log: str) -> None:
    first, *others = plain.render(message(text, log=log)).decode().splitlines()
    assert SPOKEN.match(first)
    assert all(line.startswith("  | ") for line in others)


NOT_A_PERSONS = re.compile(r"(\* |! |you -> @|@\S+ -> you: |\(history\) |  \| )")


@given(nick=st.text(st.sampled_from("*!@#|>- youal()"), min_size=1, max_size=8) | st.just("you"))
def test_no_nickname_makes_a_message_look_like_anything_else(nick: str) -> None:
    try:
        shown = nickname(nick).shown
    except BadName:
        return
    line = plain.render(message("hi", nick=shown)).decode()
    assert line == f"{shown}: hi\n"
    assert not NOT_A_PERSONS.match(line)
    assert not SPOKEN.match(f"#{line}")


def test_an_unknown_code_is_rendered_too() -> None:
    assert plain.render(Error(code=4711, text="new")) == b"! new\n"


def test_the_fixed_texts_are_lines() -> None:
    for fixed in (plain.GREETING, plain.ASK, plain.HELP):
        assert fixed.endswith(b"\n")
        fixed.decode("ascii")
    assert plain.GREETING.count(b"\n") == plain.ASK.count(b"\n") == 1
    assert all(line.startswith(b"* ") for line in plain.HELP.splitlines())
    assert not plain.GREETING.startswith(b"{")


def announcement(log: str = "@", text: str = "at noon", **more: Any) -> Message:
    return Message(log, "e", 1, "*5f", 1, "*operator*", text, 1, **more)


@pytest.mark.parametrize(
    ("frame", "lines"),
    [
        (announcement(), "*** operator: at noon\n"),
        (announcement(text="one\ntwo\x1b[2J"), "*** operator: one\n  | two␛[2J\n"),
        (announcement("#ops"), "*** operator in #ops: at noon\n"),
        (announcement("#lobby", history=True), "(history) *** operator in #lobby: at noon\n"),
        (announcement(late=True), "(late) *** operator: at noon\n"),
    ],
)
def test_an_announcement_looks_like_nobody_else(frame: Message, lines: str) -> None:
    assert plain.render(frame).decode() == lines


@pytest.mark.parametrize("nick", ["*operator*", "*** operator", "operator:", "＊operator＊"])
def test_nobody_can_take_a_nickname_that_looks_like_an_operators(nick: str) -> None:
    with pytest.raises(BadName):
        nickname(nick)
