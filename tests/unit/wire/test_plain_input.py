from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from fuzz import steps
from wire.codes import Code
from wire.errors import WireError
from wire.frames import (
    ComeBack,
    GoAway,
    GuardRoom,
    HandOver,
    Invite,
    Join,
    Leave,
    Mute,
    Quit,
    Register,
    Remove,
    Rename,
    Rooms,
    Say,
    SetTopic,
    Unmute,
    Unregister,
    Who,
    Whois,
)
from wire.plain import Help, PlainCommand, parse


def say(to: str, text: str) -> Say:
    return Say(n=0, to=to, text=text)


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("hello all", say("#here", "hello all")),
        ("  indented", say("#here", "  indented")),
        ("日本語で", say("#here", "日本語で")),
        ("\\q", Quit()),
        ("/quit", Quit()),
        ("/QUIT", Quit()),
        ("\\o/", say("#here", "\\o/")),
        ("\\quit", say("#here", "\\quit")),
        ("/join #ops", Join(room="#ops")),
        ("/join ops", Join(room="#ops")),
        ("/join   #ops  ", Join(room="#ops")),
        ("/leave", Leave(room="#here")),
        ("/leave #ops", Leave(room="#ops")),
        ("/who", Who()),
        ("/who #ops", Who(room="#ops")),
        ("/rooms", Rooms()),
        ("/nick alicia", Rename(nick="alicia")),
        ("/away", GoAway()),
        ("/away  for tea", GoAway(text="for tea")),
        ("/back", ComeBack()),
        ("/whois bob", Whois(nick="bob")),
        ("/whois @bob", Whois(nick="bob")),
        ("/register open sesame", Register(password="open sesame")),
        ("/register open sesame => shut barley", Register(password="shut barley", former="open sesame")),
        ("/unregister open sesame", Unregister(password="open sesame")),
        ("/me waves", say("#here", "/me waves")),
        ("/ME waves", say("#here", "/me waves")),
        ("@bob /me waves", say("@bob", "/me waves")),
        ("/topic", SetTopic(room="#here")),
        ("/topic tea & cake", SetTopic(room="#here", text="tea & cake")),
        ("/topic #ops", SetTopic(room="#ops")),
        ("/topic #ops  who is up?", SetTopic(room="#ops", text="who is up?")),
        ("/topic -", SetTopic(room="#here", text="")),
        ("/topic #ops -", SetTopic(room="#ops", text="")),
        ("/join #ops hush", Join(room="#ops", key="hush")),
        ("/invite bob", Invite(room="#here", nick="bob")),
        ("/invite #ops @bob come in", Invite(room="#ops", nick="bob", text="come in")),
        ("/remove #ops bob too loud", Remove(room="#ops", nick="bob", text="too loud")),
        ("/mute bob", Mute(room="#here", nick="bob")),
        ("/unmute #ops bob", Unmute(room="#ops", nick="bob")),
        ("/owner #ops bob", HandOver(room="#ops", nick="bob")),
        ("/guard", GuardRoom(room="#here")),
        ("/guard #ops", GuardRoom(room="#ops")),
        ("/guard key=a=b Private", GuardRoom(room="#here", key="a=b", private=True)),
        ("/guard #ops by-invitation -topic -key", GuardRoom(room="#ops", key="", invite=True, topic=False)),
        ("/guard open", GuardRoom(room="#here", key="", invite=False, private=False, topic=False)),
        ("/help", Help()),
        ("//etc/passwd", say("#here", "/etc/passwd")),
        ("///", say("#here", "//")),
        ("@bob psst", say("@bob", "psst")),
        ("@bob: psst", say("@bob", "psst")),
        ("@bob, psst", say("@bob", "psst")),
        ("@Ольга  привет", say("@Ольга", "привет")),
        ("/msg bob psst", say("@bob", "psst")),
        ("/msg @bob psst", say("@bob", "psst")),
        ("#ops look", say("#ops", "look")),
        ("@ 5 o'clock", say("#here", "@ 5 o'clock")),
        ("# title", say("#here", "# title")),
        ("@", say("#here", "@")),
        ("#", say("#here", "#")),
        (" @bob is away", say("#here", " @bob is away")),
        ('{"op":"ping"}', say("#here", '{"op":"ping"}')),
    ],
)
def test_parse(line: str, command: PlainCommand) -> None:
    assert parse(line, "#here") == command


@pytest.mark.parametrize(
    ("line", "code", "help_"),
    [
        ("@bob", Code.BAD_TEXT, "@bob"),
        ("@bob  ", Code.BAD_TEXT, "@bob"),
        ("#ops", Code.BAD_TEXT, "#ops"),
        ("/msg", Code.BAD_NICK, "/msg nickname text"),
        ("/msg bob", Code.BAD_TEXT, "@bob"),
        ("/join", Code.BAD_ROOM, "/join #room"),
        ("/nick", Code.BAD_NICK, "/nick newname"),
        ("/whois", Code.BAD_NICK, "/whois nickname"),
        ("/me", Code.BAD_TEXT, "/me waves"),
        ("/invite", Code.BAD_NICK, "/invite #room nickname"),
        ("/remove #ops", Code.BAD_NICK, "/remove #room nickname"),
        ("/guard #ops kye=hush", Code.BAD_TEXT, "key=KEY"),
        ("/guard key", Code.BAD_TEXT, "key=KEY"),
        ("/guard private=yes", Code.BAD_TEXT, "private"),
        ("/jion #ops", Code.UNKNOWN_OP, "/join"),
        ("/room", Code.UNKNOWN_OP, "/rooms"),
        ("/xyzzy", Code.UNKNOWN_OP, "/help"),
        ("/", Code.UNKNOWN_OP, "/help"),
    ],
)
def test_slips_are_answered_with_help(line: str, code: Code, help_: str) -> None:
    with pytest.raises(WireError) as refused:
        parse(line)
    assert refused.value.code is code
    assert help_ in refused.value.text


@given(line=st.text(min_size=1))
def test_any_line_is_a_command_or_a_wire_error(line: str) -> None:
    try:
        command = parse(line)
    except WireError:
        return
    if isinstance(command, Say):
        assert command.text


def test_a_command_as_long_as_a_line_is_not_compared_with_those_there_are() -> None:
    """It would take 20 ms: fifty such lines a second would keep a node busy."""

    def typed() -> None:
        with pytest.raises(WireError, match="there is no command"):
            parse("/" + "x" * 60_000)

    steps.bounded(typed, 0)
