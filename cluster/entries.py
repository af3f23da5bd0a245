"""The small format of log entries, in streams and on channels. docs/redis.md describes it.

On a channel: `<log> <epoch> <offset> <time ms> <kind> <session> <n> <nick>[ late][ was=…][ more…]`, a line feed,
the text. None of the words holds white space. Later versions may add words, which this one passes over.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cluster.types import Entry, Position


def from_payload(payload: bytes) -> Entry:
    """Raises ValueError when it isn't one."""
    head, separator, text = payload.decode().partition("\n")
    if not separator:
        raise ValueError("an entry without text")
    log, epoch, offset, time, kind, session, n, nick, *more = head.split(" ")
    was = _places(more) if more else ()
    return Entry(log, epoch, int(offset), int(time), kind, session, int(n), nick, text, "late" in more, was)


def from_stream(log: str, epoch: str, item: Any) -> Entry:
    """`item`: [offset, [field, value, …]] as the scripts read.lua and history.lua return it."""
    offset, flat = item
    fields = {flat[i]: flat[i + 1].decode() for i in range(0, len(flat), 2)}
    return Entry(
        log,
        epoch,
        int(offset),
        int(fields[b"time"]),
        fields[b"kind"],
        fields[b"session"],
        int(fields[b"n"]),
        fields[b"nick"],
        fields[b"text"],
        b"late" in fields,
        _places(f"was={word}" for word in fields.get(b"was", "").split()),
    )


def _places(words: Iterable[str]) -> tuple[Position, ...]:
    """Of `was=<epoch>:<offset>`."""
    places = (word[4:].partition(":") for word in words if word.startswith("was="))
    return tuple(Position(epoch, int(offset)) for epoch, _, offset in places)
