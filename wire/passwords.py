"""Passwords: what may be one, and its one spelling (RFC 8265, OpaqueString)."""

from __future__ import annotations

from functools import cache
from typing import Protocol

from wire.codes import Code
from wire.errors import WireError

LEAST_PASSWORD, MOST_PASSWORD = 8, 128
"""Code points. The most, so that a long one costs no node more than a short one."""


CHANGE = " => "
"""Between the present password and the next one, which may both have blanks."""


class _Profile(Protocol):
    def enforce(self, value: str) -> str: ...


def password(text: str, nick: str = "") -> str:
    """`text` as it is to be hashed: in NFC, with one kind of blank. `nick`: a nickname that it may not be. Raises
    WireError (BAD_PASSWORD), whose text does not hold it. Any thread."""
    if not LEAST_PASSWORD <= len(text) <= MOST_PASSWORD:
        raise _bad(f"a password has {LEAST_PASSWORD} to {MOST_PASSWORD} characters, this one has {len(text)}")
    try:
        spelt = text if text.isascii() and text.isprintable() else _profile().enforce(text)
    except UnicodeEncodeError as error:
        unfit = f"U+{ord(error.object[error.start]):04X}" if error.start < len(error.object) else "such characters"
        raise _bad(f"a password may not have {unfit}") from None
    if not LEAST_PASSWORD <= len(spelt) <= MOST_PASSWORD:
        raise _bad(f"a password has {LEAST_PASSWORD} to {MOST_PASSWORD} characters")
    if nick and spelt.casefold() == nick.casefold():
        raise _bad("a nickname is no password for itself")
    return spelt


def changed(typed: str) -> tuple[str, str | None]:
    """What stands behind `/register`: the password that is wanted, and the present one if there are two. Pure."""
    former, arrow, wanted = typed.partition(CHANGE)
    return (wanted.strip(), former.strip()) if arrow else (typed, None)


def _bad(text: str) -> WireError:
    return WireError(Code.BAD_PASSWORD, text)


@cache
def _profile() -> _Profile:
    # Imported late, as in `names`.
    from precis_i18n import get_profile

    profile: _Profile = get_profile("OpaqueString")
    return profile
