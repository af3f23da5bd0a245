"""An entry as rows."""

from __future__ import annotations

import pytest

from client.fullscreen.conversation import Conversation
from client.fullscreen.entry import Entry, Kind, Mark
from client.fullscreen.rows import Look, rows, short
from tests.unit.client.fullscreen.world import NOON, flat


def shown(entry: Entry, columns: int, names: int = 14) -> list[str]:
    return [flat(row) for row in rows(entry, Look(columns, names=names))]


def test_a_narrow_screen_loses_no_row_to_the_nickname() -> None:
    talk = Entry(Kind.TALK, "one two three four five six seven eight\nnine", NOON, "bob")
    assert shown(talk, 30) == ["12:00 bob: one two three four", "      five six seven eight", "      nine"]
    assert shown(Entry(Kind.QUIET, "bob joined", NOON), 30) == ["12:00 * bob joined"]
    sent = Entry(Kind.TALK, "hello", NOON, "alice", mark=Mark.ACCEPTED)
    assert shown(sent, 30) == ["12:00 alice ✓ hello"]


@pytest.mark.parametrize("columns", range(12, 48))
def test_nothing_is_lost_however_narrow_it_is(columns: int) -> None:
    text = "see https://example.org/a/long/path and 日本語日本語日本語 too"
    found = shown(Entry(Kind.TALK, text, NOON, "somebody-with-a-long-name"), columns)
    told = "".join(row[6:].replace(" ", "") for row in found)
    assert told.endswith(text.replace(" ", ""))
    assert all(len(row) <= columns for row in found)


def test_the_text_has_what_the_nicknames_leave() -> None:
    room = Conversation("#lobby", "#lobby")
    for nick, needed in (("bob", 6), ("alice-b", 8), ("bob", 8), ("a-very-long-nickname", 16)):
        room.add(Entry(Kind.TALK, "hello", NOON, nick))
        assert Look(100, names=room.names).nick == needed
    assert Look(60, names=room.names).nick == 10


def test_long_nicknames_that_differ_in_their_ends_look_different() -> None:
    assert short("somebody-from-afar-1", 10) == "somebo…r-1"
    assert short("somebody-from-afar-2", 10) != short("somebody-from-afar-1", 10)
    assert short("長い名前の人がここにいます", 10) == " 長い名前…"
    assert short("bob", 6) == "   bob"
