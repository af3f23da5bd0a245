"""Calling the user, with what a stranger wrote."""

from __future__ import annotations

from client.fullscreen.model import Ring
from client.fullscreen.notify import APART, BELL, OFF, OSC9, OSC777, Notifier

RING = Ring("#lobby", "bob;4 in #lobby", "hi\x1b]0;evil\a;\nthere")


def test_a_bell_and_not_too_often() -> None:
    notifier = Notifier(BELL)
    assert [notifier.sequence(RING, now) for now in (0.0, APART / 2, APART)] == ["\a", "", "\a"]


def test_nothing_when_off() -> None:
    assert Notifier(OFF).sequence(RING, 0.0) == ""


def test_a_notification_holds_nothing_that_ends_it() -> None:
    assert Notifier(OSC9).sequence(RING, 0.0) == "\x1b]9;bob,4 in #lobby: hi␛]0,evil␇, there\a"
    assert Notifier(OSC777).sequence(RING, 0.0) == "\x1b]777;notify;bob,4 in #lobby;hi␛]0,evil␇, there\a"


def test_inside_tmux_it_is_passed_through() -> None:
    found = Notifier(OSC9, tmux=True).sequence(RING, 0.0)
    assert found.startswith("\x1bPtmux;\x1b\x1b]9;")
    assert found.endswith("\a\x1b\\\a")
