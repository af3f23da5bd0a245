"""Text -> nickname, room, destination."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import TypeVar

from fuzz.steps import bounded
from wire.errors import BadName
from wire.names import MAX_NICK, MAX_ROOM, Nick, destination, nickname, room, suggestions
from wire.text import harmless

T = TypeVar("T")

PER_BYTE = 1500
"""Steps: the tables are asked for each character, some ten times over, and what is longer than 256 is not looked at."""
FORBIDDEN = frozenset("{}:,*?")


def names(data: bytes) -> None:
    """No error but BadName; what is a name stays the same one, fits into a line, a Redis key and a list."""
    text = data.decode("utf-8", "surrogateescape")  # what is no UTF-8 becomes what is no character
    bounded(lambda: _all(text), len(data) + 8, PER_BYTE)


def _all(text: str) -> None:
    nick = _or_none(nickname, text)
    if nick is not None:
        _check(nick.shown, MAX_NICK, "@#/\\-")
        assert nickname(nick.shown) == nick, f"{nick} is another name when it is shown and typed again"
        for free in suggestions(nick.shown):
            assert nickname(free).shown == free
        assert destination("@" + nick.shown) == nick
    name = _or_none(room, "#" + text)
    if name is not None:
        _check(name[1:], 3 * MAX_ROOM, "@#/\\-")
        assert room(name) == name, f"{name!r} is another room when it is typed again"
    to = _or_none(destination, text)
    assert to is None or isinstance(to, Nick) or to.startswith("#")


def _or_none(make: Callable[[str], T], text: str) -> T | None:
    try:
        return make(text)
    except BadName as error:
        assert error.text
        assert harmless(error.text) == error.text, f"{error.text!r} goes to a terminal"
        return None


def _check(name: str, longest: int, not_first: str) -> None:
    assert 0 < len(name) <= longest
    assert harmless(name) == name, f"{name!r} would move a terminal's cursor"
    assert not FORBIDDEN & set(name)
    assert not any(sign.isspace() for sign in name)
    assert name[0] not in not_first
    assert not unicodedata.category(name[0]).startswith("M"), f"{name!r} is seen on what stands before it"
    name.encode()


_or_none(nickname, "å")  # The tables are read with the first name that needs them: not a part of anybody's work.
