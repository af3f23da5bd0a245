"""What an operator writes: nicknames, reasons, texts, times. Callbacks of click; each error names what was wrong."""

from __future__ import annotations

import re
import unicodedata

import click

LONGEST_REASON = 200
LONGEST_NICK = 64
"""Code points as compared: mapping may make a few more of the 32 that are allowed."""
LONGEST_TEXT = 16 * 1024
"""Bytes; a client's text may not be longer either."""
SHORTEST_PASSWORD, LONGEST_PASSWORD = 8, 128
"""Code points, as for clients."""
LONGEST_TOPIC = 1024
"""Bytes."""
_UNFIT = re.compile(r"[\s{}:,*?]")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_TIME = re.compile(r"(\d+(?:\.\d+)?)([smhdw])")
_LONGEST_TIME = 10 * 365 * 86400


def mapped(nick: str) -> str:
    """A nickname, with an @ before it or not, as nicknames are compared (RFC 8266). Raises click.BadParameter."""
    text = nick.removeprefix("@")
    form = text.lower() if text.isascii() and text.isprintable() else _case_mapped(text)
    if not 0 < len(form) <= LONGEST_NICK or form[0] in "@#/\\-" or _UNFIT.search(form):
        raise wrong(f"{nick!r} can't be anybody's nickname")
    return form


def wrong(text: str) -> click.BadParameter:
    """An error of what was written."""
    return click.BadParameter(text)


def room(name: str) -> str:
    """A room, with its # or without, as rooms are spelt. Raises click.BadParameter."""
    try:
        return "#" + mapped(name.removeprefix("#"))
    except click.BadParameter:
        raise wrong(f"{name!r} can't be a room") from None


def password(text: str, nick: str) -> str:
    """As it is to be hashed (RFC 8265, OpaqueString). `nick`: whose, as compared. Raises click.BadParameter, whose text
    does not hold it."""
    try:
        form = text if text.isascii() and text.isprintable() else _opaque(text)
    except UnicodeEncodeError:
        raise wrong("the password has characters that may not be in one") from None
    if not SHORTEST_PASSWORD <= len(form) <= LONGEST_PASSWORD:
        raise wrong(f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters, this one has {len(form)}")
    if form.casefold() == nick.casefold():
        raise wrong("a nickname is no password for itself")
    return form


def _opaque(text: str) -> str:
    from precis_i18n import get_profile

    return str(get_profile("OpaqueString").enforce(text))


def _case_mapped(text: str) -> str:
    """'' for what can't be mapped."""
    from precis_i18n import get_profile

    try:
        return str(get_profile("NicknameCaseMapped").enforce(text))
    except UnicodeEncodeError:
        return ""


def reason(_: click.Context, param: click.Parameter, value: str) -> str:
    """`--reason`: one line, which everybody reads. Callback."""
    text = " ".join(value.split())
    if len(text) > LONGEST_REASON:
        raise click.BadParameter(f"at most {LONGEST_REASON} characters, these are {len(text)}", param=param)
    return _clean(text, param)


def said(value: str) -> str:
    """What is said to people; may have several lines. Raises click.BadParameter."""
    text = value.replace("\r\n", "\n").strip("\n")
    size = len(text.encode("utf-8", "surrogateescape"))
    if size > LONGEST_TEXT:
        raise wrong(f"the text has at most {LONGEST_TEXT} bytes, this one has {size}")
    if not text.strip():
        raise wrong("the text is empty")
    return _clean(text)


def topic(value: str) -> str:
    """One line, perhaps "". Raises click.BadParameter."""
    text = value.strip()
    size = len(text.encode("utf-8", "surrogateescape"))
    if "\n" in text or size > LONGEST_TOPIC:
        raise wrong(f"a topic is one line of at most {LONGEST_TOPIC} bytes")
    return _clean(text)


def _clean(text: str, param: click.Parameter | None = None) -> str:
    for char in text:
        if unicodedata.category(char) in ("Cc", "Cs") and char not in "\n\t":
            raise click.BadParameter(f"the character U+{ord(char):04X} can't be said", param=param)
    return text


class Span(click.ParamType[float]):
    """A time as in 90s, 2h, 1d12h; seconds."""

    name = "TIME"

    def convert(self, value: str | float, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if not isinstance(value, str):
            return float(value)
        parts = _TIME.findall(value.strip())
        seconds = sum(float(number) * _UNITS[unit] for number, unit in parts)
        if not parts or "".join(map("".join, parts)) != value.strip() or not 0 < seconds <= _LONGEST_TIME:
            self.fail(f"{value!r} is not allowed; write a time as in 90s, 30m, 2h, 7d or 1d12h", param, ctx)
        return seconds
