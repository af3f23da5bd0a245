from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from wire.codes import Code
from wire.errors import WireError
from wire.frames import (
    ComeBack,
    GoAway,
    Join,
    Leave,
    Quit,
    Register,
    Rename,
    Rooms,
    Say,
    SetTopic,
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
