"""Rights in rooms, in words for people; the same for plain clients and for the terminals. Pure; any thread.

What comes out is as strangers have sent it: to be made `harmless` before it is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

_DEMANDS = {
    "key": "needs a key",
    "invite": "by invitation",
    "private": "private",
    "topic": "the owner sets the topic",
}
_LISTS = ("invited", "muted", "removed")


class Told(Protocol):
    """A `rights` frame, or an event that was made of it."""

    @property
    def owner(self) -> str: ...
    @property
    def own(self) -> bool: ...
    @property
    def you(self) -> str: ...
    @property
    def invited(self) -> Sequence[str]: ...
    @property
    def muted(self) -> Sequence[str]: ...
    @property
    def removed(self) -> Sequence[str]: ...


def in_words(rights: Told) -> str:
    """What holds in a room: "yours; needs a key, private; muted: bob"."""
    parts = ["yours" if rights.own else f"owned by {rights.owner}" if rights.owner else "nobody owns it"]
    parts.append(", ".join(words for name, words in _DEMANDS.items() if getattr(rights, name)) or "open to all")
    if rights.you:
        parts.append(f"you are {rights.you}")
    named = ((name, getattr(rights, name)) for name in _LISTS)
    return "; ".join([*parts, *(f"{name}: {', '.join(nicks)}" for name, nicks in named if nicks)])


def hint_in_words(what: str, room: str, by: str, text: str) -> str:
    """What an owner, `by`, has done for the reader; "" for what this version does not know."""
    said = f": {text}" if text else ""
    if what == "invited":
        return f"{by} invites you to {room} (/join {room}){said}"
    if what == "muted":
        return f"{by} has muted you in {room}{said}"
    if what == "unmuted":
        return f"you may speak in {room} again"
    if what == "owner":
        return f"{room} is yours now" + (f" ({by} gave it to you)" if by else "")
    return ""
