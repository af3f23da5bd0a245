"""Nicknames and rooms: what may be one, and when two are the same (RFC 8266).

NicknameCasePreserved gives the form to show, NicknameCaseMapped the one to compare. On top of the
profile: a length, no white space, and none of the characters that have a meaning in the dialects,
in Redis keys or in lists. They are looked for after the profile, as it maps look-alikes
(a full-width colon) to them.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Protocol

from wire.codes import Code
from wire.errors import BadName

MAX_NICK = 32
MAX_ROOM = 48
LOBBY = "#lobby"

_FORBIDDEN = "{}:,*?"
_ALIKE = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC"})
_NOT_FIRST = "@#/\\-"
# The profile needs long input only for combining characters; what is longer than this is refused unread.
_MAX_INPUT = 256
_DESTINATIONS = 4096
"""Rooms and people that were spoken to last, whose names need not be looked at again for each message."""
_MOST_MARKS = 4
"""Accents on one letter (UTS #39, 5.4): a heap of them covers the lines above and below."""
_ASCII_NAME = re.compile(r"[!-~]+")
_UNFIT = re.compile(rf"\s|[{re.escape(_FORBIDDEN)}]")


class _Profile(Protocol):
    def enforce(self, value: str) -> str: ...


@dataclass(frozen=True, slots=True)
class Nick:
    """A nickname: `shown` as its holder writes it, `mapped` to compare."""

    shown: str
    mapped: str


def nickname(text: str) -> Nick:
    """Raises BadName (BAD_NICK). Any thread."""
    return _name(text, MAX_NICK, Code.BAD_NICK, "a nickname")


def room(text: str) -> str:
    """The room's one spelling, case-mapped and with its `#`. Raises BadName (BAD_ROOM). Any thread."""
    if not text.startswith("#"):
        raise BadName(Code.BAD_ROOM, "a room's name begins with #, as in #lobby")
    return "#" + _name(text[1:], MAX_ROOM, Code.BAD_ROOM, "a room's name after its #").mapped


def typed_room(text: str) -> str:
    """As `room`; whoever types one may leave out its `#`, which a shell takes for the beginning of a comment."""
    return room(text if text.startswith("#") else f"#{text}")


@lru_cache(_DESTINATIONS)
def destination(text: str) -> Nick | str:
    """Where a `say` goes: `@nick` or `#room`. Raises BadName. Any thread."""
    if text.startswith("@"):
        return nickname(text[1:])
    if text.startswith("#"):
        return room(text)
    raise BadName(Code.BAD_ROOM, "a message goes to #room or to @nickname")


def is_mixed(name: str) -> bool:
    """Whether it has letters of several alphabets that look like each other's."""
    return len({unicodedata.name(sign, " ").partition(" ")[0] for sign in name if sign.isalpha()} & _ALIKE) > 1


def suggestions(shown: str) -> list[str]:
    """A few valid nicknames near `shown`, best first; none near one of several alphabets, which a person would read as
    another name with or without what is put behind it. Whether they are free is not known here."""
    found: list[str] = []
    if is_mixed(shown):
        return found
    for suffix in ("_", "2", "3", "_2", "_3", "__"):
        try:
            found.append(nickname(shown[: MAX_NICK - len(suffix)] + suffix).shown)
        except BadName:
            continue
    return found


def _name(text: str, longest: int, code: Code, what: str) -> Nick:
    if len(text) > _MAX_INPUT:
        raise BadName(code, f"{what} has 1 to {longest} characters, this one has {len(text)}")
    size = _size(text)
    if size > longest:
        raise BadName(code, f"{what} has 1 to {longest} characters, this one has {size}")
    shown, mapped = _enforce(text, code, what)
    if shown[0] in _NOT_FIRST:
        raise BadName(code, f"{what} does not begin with {shown[0]}")
    if not shown.isascii():
        _check_marks(shown, code, what)
        _check_marks(mapped, code, what)
    unfit = _UNFIT.search(shown)
    if unfit:
        offender = "white space" if unfit[0].isspace() else unfit[0]
        raise BadName(code, f"{what} has no {offender} in it (allowed is neither white space nor any of {_FORBIDDEN})")
    return Nick(shown, mapped)


def _check_marks(name: str, code: Code, what: str) -> None:
    """One at the beginning would be seen on what stands before the name."""
    kinds = [unicodedata.category(sign) for sign in unicodedata.normalize("NFD", name)]
    if kinds[0].startswith("M"):
        raise BadName(code, f"{what} does not begin with an accent (U+{ord(name[0]):04X})")
    run = 0
    for kind in kinds:
        run = run + 1 if kind in ("Mn", "Me") else 0
        if run > _MOST_MARKS:
            raise BadName(code, f"{what} has no more than {_MOST_MARKS} accents on one letter")


def _size(text: str) -> int:
    """Characters that the profile makes of it, in microseconds: one sign can become 18, and each costs the profile."""
    return len((text if text.isascii() else unicodedata.normalize("NFKC", text)).strip())


def _enforce(text: str, code: Code, what: str) -> tuple[str, str]:
    # On printable ASCII both profiles are the identity but for the case; a test compares them all.
    if _ASCII_NAME.fullmatch(text):
        return text, text.lower()
    try:
        # The one to compare is made of the one that is shown: of the text, it could be another one for some letters
        # (U+03F9), and two people be shown by the same name.
        shown = _profile("NicknameCasePreserved").enforce(text)
        return shown, _profile("NicknameCaseMapped").enforce(shown)
    except UnicodeEncodeError as error:
        raise BadName(code, _refused(error, text, what)) from None


def _refused(error: UnicodeEncodeError, text: str, what: str) -> str:
    if not text.strip():
        return f"{what} may not be empty"
    if error.end - error.start != 1 or error.start >= len(error.object):
        return f"{what} can't be written like this"
    return f"{what} may not have the character U+{ord(error.object[error.start]):04X}"


@cache
def _profile(name: str) -> _Profile:
    # Imported late: it costs 19 ms, and most names are ASCII.
    from precis_i18n import get_profile

    profile: _Profile = get_profile(name)
    return profile
