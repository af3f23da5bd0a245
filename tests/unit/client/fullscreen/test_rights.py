"""Rooms of one's own on the full screen: commands, keys that nobody reads over a shoulder, and what is told."""

from __future__ import annotations

from typing import Any

import pytest

from client import events as ev
from client.fullscreen.commands import BY_WORD
from client.fullscreen.composing import Typing, completion
from client.fullscreen.entry import Kind
from client.terminal.secrets import masked, without_key
from tests.unit.client.fullscreen.test_doing import Hand


@pytest.fixture
def hand() -> Hand:
    return Hand()


def hear(hand: Hand, event: ev.Event) -> None:
    hand.doing.hearing.hear([event], 0.0)


def test_a_key_is_masked_and_not_kept() -> None:
    for typed, shown, kept in (
        ("/join #den hush", "/join #den ••••", "/join #den"),
        ("/JOIN den  two words", "/JOIN den  ••• •••••", "/JOIN den"),
        ("/guard #den key=hush private", "/guard #den key=•••• private", "/guard #den key="),
        ("/guard private key=hush", "/guard private key=••••", "/guard private key="),
        ("/join #den", "/join #den", "/join #den"),
        ("/guard private", "/guard private", "/guard private"),
        ("join #den hush", "join #den hush", "join #den hush"),
    ):
        assert masked(typed) == shown
        assert len(masked(typed)) == len(typed)
        assert without_key(typed) == kept
    typing = Typing()
    typing.keep("/join #den hush")
    assert typing.up("") == "/join #den"


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("/join #den hush", ("join", "#den", "hush")),
        ("/guard", ("guard", "#lobby", None, None, None, None)),
        ("/guard #den key=hush -topic", ("guard", "#den", "hush", None, None, False)),
        ("/invite #den bob come", ("invite", "#den", "bob", "come")),
        ("/remove bob too loud", ("remove", "#lobby", "bob", "too loud")),
        ("/mute #den bob", ("mute", "#den", "bob", "")),
        ("/unmute #den bob", ("unmute", "#den", "bob")),
        ("/owner #den bob", ("hand_over", "#den", "bob")),
    ],
)
def test_what_is_typed_is_asked(hand: Hand, line: str, asked: tuple[Any, ...]) -> None:
    assert hand.type(line)[-1] == asked


def test_mute_alone_is_the_bell_still(hand: Hand) -> None:
    assert hand.type("/mute", "/mute #lobby") == []
    assert hand.last == "#lobby rings again"


def test_slips_are_answered(hand: Hand) -> None:
    assert not hand.doing.typed("/guard wall")
    assert not hand.doing.typed("/invite #den")


def test_guards_are_completed(hand: Hand) -> None:
    found = completion("/guard #den pri", 15, hand.model)
    assert found is not None
    assert found.step(1)[0] == "/guard #den private "
    assert {"guard", "invite", "remove", "unmute", "owner"} <= set(BY_WORD)


def test_who_was_removed_reads_why_where_he_looks(hand: Hand) -> None:
    hear(hand, ev.JoinedEvent("#den", "me", "s", 1, own=True, count=1))
    hear(hand, ev.LeftEvent("#den", "me", "s", 2, "removed", own=True, why="too loud"))
    assert "#den" not in hand.model.conversations
    said = hand.model.current.entries[-1]
    assert said.text == "you were removed from #den: too loud; only an invitation leads back"
    assert said.kind is Kind.TROUBLE


def test_an_invitation_and_an_answer_are_shown_and_hints_are_not(hand: Hand) -> None:
    hear(hand, ev.RightHint("#den", "invited", "alice", "come"))
    assert hand.model.current.entries[-1].text == "alice invites you to #den (/join #den): come"
    count = len(hand.model.current.entries)
    hear(hand, ev.RightsEvent("#lobby", "alice", private=True))
    assert len(hand.model.current.entries) == count
    hear(hand, ev.RightsEvent("#den", "me", own=True, key=True, topic=True, muted=("bob",), ticket=9))
    assert hand.model.current.entries[-1].text == "#den: yours; needs a key, the owner sets the topic; muted: bob"
