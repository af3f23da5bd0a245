"""Texts of messages: what may be said, and what is safe to put on a terminal."""

from __future__ import annotations

import re

from wire.codes import Code
from wire.errors import WireError

MAX_TEXT = 16 * 1024
"""Bytes of UTF-8."""
MAX_TOPIC = 1024
"""The same of a room's topic, which stands in one line and goes to everybody who joins."""
MAX_AWAY = 256
"""The same of what one says of being away."""
MAX_KEY = 64
"""Characters of a room's key."""
ACTION = "/me "
"""A text that begins with it is an action: "/me waves". Who doesn't know that shows it as it stands."""

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_UNSAYABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
# Also what reorders a line (bidirectional overrides, isolates) or breaks it where we did not.
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_CONTROL_PICTURES = 0x2400


def check(text: str, most: int = MAX_TEXT) -> None:
    """Whether `text` may be said, of `most` bytes at most. Raises WireError TEXT_TOO_LONG or BAD_TEXT. Any thread."""
    try:
        size = len(text) if text.isascii() else len(text.encode())
    except UnicodeEncodeError:
        raise WireError(Code.BAD_TEXT, "the text holds half a surrogate pair; send whole characters") from None
    if size > most:
        raise WireError(Code.TEXT_TOO_LONG, f"the text has {size} bytes, at most {most} are allowed; send it in parts")
    if not text or text.isspace():
        raise WireError(Code.BAD_TEXT, "the text is empty; write something")
    control = _FORBIDDEN.search(text)
    if control:
        raise WireError(
            Code.BAD_TEXT,
            f"the text holds the control character U+{ord(control[0]):04X}; only tab and line feed may be",
        )


def check_topic(text: str, most: int = MAX_TOPIC) -> None:
    """Whether `text` may be a topic; "" is none. `most`: bytes of any text. Raises WireError TEXT_TOO_LONG or BAD_TEXT.
    Any thread."""
    if not text:
        return
    _check_line(text, min(most, MAX_TOPIC), "a topic")


def check_away(text: str) -> None:
    """Whether `text`, perhaps "", may be said of being away. Raises WireError TEXT_TOO_LONG or BAD_TEXT. Any thread."""
    if text:
        _check_line(text, MAX_AWAY, "what you say of being away")


def check_key(text: str) -> None:
    """Whether `text` may be a room's key. Raises WireError BAD_TEXT, without it. Any thread."""
    if not 0 < len(text) <= MAX_KEY or any(one.isspace() or not one.isprintable() for one in text):
        raise WireError(Code.BAD_TEXT, f"a key has 1 to {MAX_KEY} characters that can be seen, and no spaces")


def check_words(text: str) -> None:
    """Whether `text`, perhaps "", may be said of a removal, an invitation … Raises as `check_away`. Any thread."""
    if text:
        _check_line(text, MAX_AWAY, "what you say of it")


def action(text: str) -> str | None:
    """What is done, if `text` is an action: "waves". Any thread."""
    if not text.startswith(ACTION):
        return None
    deed = text[len(ACTION) :]
    return deed if deed and not deed.isspace() else None


def _check_line(text: str, most: int, what: str) -> None:
    check(text)
    if "\n" in text:
        raise WireError(Code.BAD_TEXT, f"{what} is one line; write it without a line feed")
    size = len(text.encode())
    if size > most:
        raise WireError(Code.TEXT_TOO_LONG, f"{what} has {most} bytes at most, this has {size}; shorten it")


def harmless(text: str) -> str:
    """`text` for one line of a terminal: no control character or escape passes, nor anything that
    reorders or breaks the line. Controls become visible, tabs a space; a line feed is a control too,
    so split a text of several lines before. Any thread."""
    if _UNSAFE.search(text) is None:
        return text
    return _UNSAFE.sub(_made_visible, text)


def sayable(given: str | bytes) -> str:
    """What may be said of it, of whatever length: in place of each control character but tab and line feed, and of what
    is no UTF-8, stands U+FFFD; white space around it goes. "" where nothing is left. Any thread."""
    text = given.decode(errors="replace") if isinstance(given, bytes) else given
    return _UNSAYABLE.sub(_REPLACEMENT, text).strip()


def strip_plain(text: str) -> str:
    """What a line typed into a plain connection is cleaned with: control characters but the tab go
    (a terminal's cursor keys send escapes), white space at the end too. Any thread."""
    return _FORBIDDEN.sub("", text).rstrip()


def _made_visible(match: re.Match[str]) -> str:
    number = ord(match[0])
    if number == 0x09:
        return " "
    if number < 0x20:
        return chr(_CONTROL_PICTURES + number)
    return "\N{SYMBOL FOR DELETE}" if number == 0x7F else _REPLACEMENT
