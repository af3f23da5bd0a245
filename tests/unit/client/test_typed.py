"""What a person types."""

from __future__ import annotations

import pytest

from client.terminal.typed import COMMANDS, HELP, Meant, meant
from wire.errors import WireError
from wire.frames import (
    ComeBack,
    GoAway,
    GuardRoom,
    History,
    Join,
    Leave,
    Quit,
    Remove,
    Rename,
    Rooms,
    Say,
    SetTopic,
    Who,
    Whois,
)
from wire.plain_input import Help


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("hello", Say(0, "#here", "hello")),
        ("  spaced  ", Say(0, "#here", "  spaced")),
        ("", None),
        ("   \n", None),
        ("@bob hi there", Say(0, "@bob", "hi there")),
        ("#ops hi", Say(0, "#ops", "hi")),
        ("//slash", Say(0, "#here", "/slash")),
        ("/join #ops", Join("#ops")),
        ("/JOIN ops", Join("#ops")),
        ("/join #ops hush", Join("#ops", key="hush")),
        ("/guard private", GuardRoom("#here", private=True)),
        ("/remove bob too loud", Remove("#here", "bob", "too loud")),
        ("/leave", Leave("#here")),
        ("/leave #ops", Leave("#ops")),
        ("/who", Who(None)),
        ("/who #ops", Who("#ops")),
        ("/rooms", Rooms()),
        ("/history", History("#here")),
        ("/history 5", History("#here", limit=5)),
        ("/history #ops 9999", History("#ops", limit=200)),
        ("/nick alicia", Rename("alicia")),
        ("/away tea", GoAway("tea")),
        ("/back", ComeBack()),
        ("/whois bob", Whois("bob")),
        ("/me waves", Say(0, "#here", "/me waves")),
        ("/topic", SetTopic("#here")),
        ("/topic #ops tea", SetTopic("#ops", "tea")),
        ("/help", Help()),
        ("/quit", Quit()),
        ("\\q", Quit()),
        ("\x1b[A\x07hi", Say(0, "#here", "[Ahi")),
        ("שלום 🎉", Say(0, "#here", "שלום 🎉")),
    ],
)
def test_lines(line: str, expected: Meant | None) -> None:
    assert meant(line, "#here") == expected


@pytest.mark.parametrize("line", ["/history @bob", "/history @bob 5"])
def test_direct_messages_have_no_history_and_that_is_said(line: str) -> None:
    with pytest.raises(WireError, match="direct messages have no history"):
        meant(line, "#here")


@pytest.mark.parametrize("line", ["/search needle", "/clear", "/Theme dark", "/go 2"])
def test_what_only_the_full_screen_room_does_says_so(line: str) -> None:
    with pytest.raises(WireError, match="is for the full-screen room"):
        meant(line, "#lobby")


@pytest.mark.parametrize(
    ("line", "near"), [("/jion #x", "/join"), ("/histroy", "/history"), ("/xyzzy", "/help"), ("/", "/help")]
)
def test_an_unknown_command_says_what_is_near(line: str, near: str) -> None:
    with pytest.raises(WireError) as caught:
        meant(line, "#here")
    assert near in caught.value.text


def test_help_names_every_command() -> None:
    for command in COMMANDS:
        assert command == "msg" or f"/{command}" in HELP
