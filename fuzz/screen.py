"""Whatever a frame says -> what is written to a terminal: by a node for a plain client, and by the line client."""

from __future__ import annotations

import re

from client.terminal import wording
from fuzz.shown import events, frames
from fuzz.steps import bounded
from wire import plain

PER_BYTE = 800
"""Steps: each text stands in some fifty places."""
# Controls, and what reorders or breaks a line.
_RAW = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def check_lines(shown: bytes, *heads: str) -> None:
    """`shown`, perhaps nothing, is one line that begins with one of `heads`, and further ones with the margin."""
    if not shown:
        return
    text = shown.decode()
    raw = _RAW.search(text)
    assert raw is None, f"{raw[0]!r} would reach a terminal" if raw else ""
    first, *rest = text.removesuffix("\n").split("\n")
    assert text.endswith("\n")
    assert first.startswith(heads), f"{first!r} does not begin as it should"
    assert all(line.startswith(("  | ", "* the topic of ")) for line in rest), rest


def screen(data: bytes) -> None:
    """No control and no escape passes, nobody forges a line, whatever stands in a frame."""
    texts = (data.decode("utf-8", "replace") + "\0\0\0\0").split("\0")
    bounded(lambda: _all(*texts[:4]), len(data), PER_BYTE)


def _all(nick: str, text: str, room: str, why: str) -> None:
    for frame, heads in frames(nick, text, room, why):
        check_lines(plain.render(frame), *heads)
    for event in events(nick, text, room, why):
        for line in wording.lines(event, "#lobby"):
            for part in (line.text, line.head, *line.more):
                raw = _RAW.search(part)
                assert raw is None, f"{raw[0]!r} would reach a terminal" if raw else ""
                assert "\n" not in part
