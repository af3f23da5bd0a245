"""Log entries as lines for clients."""

from __future__ import annotations

from typing import Any

import msgspec

from cluster.types import Entry, Page, Position
from node.letters import frame, gap_letter, letter, lost_letter
from wire import Dialect, decode_server
from wire.frames import Gap, Joined, Left, Message, Receipt, Topic


def entry(kind: str, text: str, log: str = "#r") -> Entry:
    return Entry(log, "E2", 7, 1, kind, "s", 3, "bob", text)


def test_each_kind_of_entry_is_a_frame() -> None:
    at: dict[str, Any] = {"log": "#r", "epoch": "E2", "offset": 7, "nick": "bob", "time": 1}
    said = Message(**at, session="s", n=3, text="hi")
    assert frame(entry("message", "hi")) == said
    assert frame(entry("message", "hi"), history=True) == msgspec.structs.replace(said, history=True)
    assert frame(entry("joined", "")) == frame(entry("joined", ""), history=True) == Joined(**at, session="s")
    assert frame(entry("left", "quit")) == Left(**at, session="s", reason="quit")
    assert frame(entry("topic", "tea")) == Topic(**at, text="tea", session="s")
    assert frame(entry("receipt", "sent", "@s")) == Receipt(**{**at, "log": "@"}, n=3, state="sent")
    assert frame(entry("of-tomorrow", "")) is None


def test_letters_of_both_dialects() -> None:
    assert letter(entry("message", "hi", "@s"), Dialect.PLAIN) == b"@bob -> you: hi\n"
    assert letter(entry("left", "quit"), Dialect.PLAIN) == b"* bob left #r\n"
    assert letter(entry("receipt", "received", "@s"), Dialect.NATIVE).startswith(b'{"op":"receipt","log":"@"')
    assert letter(entry("topic", "tea"), Dialect.NATIVE).startswith(b'{"op":"topic"')
    assert letter(entry("of-tomorrow", ""), Dialect.NATIVE) == b""


def test_an_entry_that_no_frame_can_hold_is_told_as_a_gap() -> None:
    for text in ("x" * 70_000, "\ud800"):
        frame = decode_server(letter(entry("message", text), Dialect.NATIVE).strip())
        assert isinstance(frame, Gap)
        assert (frame.offset, frame.first, frame.last) == (7, 7, 7)


def test_a_plain_client_reads_of_a_gap_only_if_it_missed_something() -> None:
    gap = entry("gap", "E1 5 6")
    assert gap_letter(gap, Position("E1", 6), Dialect.PLAIN) == b""
    assert b"complete to #4; 5-6" in gap_letter(gap, Position("E1", 4), Dialect.PLAIN)
    assert b"complete to #4; 5-6" in gap_letter(gap, None, Dialect.PLAIN)
    assert decode_server(gap_letter(gap, Position("E1", 6), Dialect.NATIVE).strip()) is not None
    assert b"from 1 on" in gap_letter(entry("gap", "nonsense"), None, Dialect.PLAIN)


def test_what_a_page_could_not_bring() -> None:
    cursor = Position("E1", 4)
    trimmed = Page(Position("E1", 9), 8, (), lost_first=5, lost_last=7)
    assert b"complete to #4; 5-7" in lost_letter("#r", cursor, trimmed, Dialect.PLAIN)
    assert lost_letter("#r", cursor, Page(Position("E1", 9), 5, ()), Dialect.PLAIN) == b""
    assert lost_letter("#r", Position("E1", 7), trimmed, Dialect.PLAIN) == b""
    # Of another epoch, its numbers say nothing about what was seen.
    assert lost_letter("#r", Position("E0", 7), trimmed, Dialect.PLAIN) != b""
