"""Refusals of the cluster as frames: the code for programs, a text for people."""

from __future__ import annotations

from datetime import UTC, datetime

from cluster import endings
from cluster.errors import ClusterError, Fenced, Refused, Stopped
from cluster.types import Reason
from wire import Code
from wire.frames import Error

_TEXTS = {
    Reason.NICK_TAKEN: "that nickname is taken",
    Reason.LOOKS_ALIKE: "that nickname could be taken for another one, which is here or registered",
    Reason.NOT_ADMITTED: "that nickname is registered; begin with it and its password",
    Reason.NOT_REGISTERED: "the nickname is not registered, or not by you",
    Reason.RATE_LIMITED: "too many wrong passwords from your address; try again later",
    Reason.REGAINED: "the owner of the nickname has come for it with the password",
    Reason.TOKEN_SPENT: "that token was replaced since; if you did not do that, somebody has a copy of it",
    Reason.RESUME_REFUSED: "this session can't be resumed; begin a new one",
    Reason.NO_SUCH_NICK: "nobody of that name is here",
    Reason.ADDRESSEE_CHANGED: "somebody else has that name now; nothing was sent",
    Reason.NOT_MEMBER: "you are not in that room; join it first",
    Reason.INBOX_FULL: "too many messages wait for that person; try again later",
    Reason.LOG_SPOILT: "the store of that room is damaged; nothing was said, an operator must mend it",
    Reason.TOO_MANY_ROOMS: "you are in too many rooms; leave one first",
    Reason.ROOM_FULL: "as many are in that room as may be; try another one",
    Reason.TOO_MANY_ROOMS_IN_ALL: "this chat has as many rooms as it may have; join one that there is",
    Reason.OUT_OF_ORDER: "an earlier message is missing; say again from last + 1",
    Reason.FORGOTTEN: "it was answered too long ago to know how",
    Reason.TEXT_TOO_LONG: "the text is too long",
    Reason.BAD_TEXT: "the text can't be said",
    Reason.BAD_ROOM: "that is no room",
    Reason.BAD_NICK: "that is no nickname",
    Reason.BAD_FRAME: "the frame was not understood",
    Reason.WRONG_KEY: "that room has a key, and this is not it; ask its owner",
    Reason.NOT_INVITED: "that room is by invitation; ask its owner for one",
    Reason.NOT_OWNER: "only the owner of the room may do that",
    Reason.MUTED: "the owner of the room has muted you there; nothing was said",
    Reason.REMOVED: "the owner of that room has removed you; only an invitation leads back",
}
_TAKE_ANOTHER = "; take one that differs in more than letters that look alike: 1 and l, 0 and O, those of two alphabets"
_DEGRADED = "the chat can't reach its store; nothing was taken, try again in a moment"
_LEAVING = "this node is leaving; nothing was taken, connect to another one"
TAKEN_OVER = Error(code=Code.TAKEN_OVER, text="this session goes on at another connection")
REGAINED = Error(code=Code.TAKEN_OVER, text=_TEXTS[Reason.REGAINED])
SPENT = Error(
    code=Code.TOKEN_SPENT,
    text="somebody has come with an old token of this session and was refused; if that was not you, there is a copy",
)
ENDED = Error(code=Code.ENDED, text="this session is over")
LEASE_LOST = Error(code=Code.LEASE_LOST, text="this node lost its place for a moment; connect again")


def refusal(
    error: ClusterError,
    *,
    n: int | None = None,
    id: int | None = None,  # noqa: A002 - the field's name on the wire
) -> Error:
    """The answer to the request that failed so. `n`, `id`: its. Pure; any thread."""
    if isinstance(error, Refused):
        return _refused(error, n, id)
    if isinstance(error, Fenced):
        last = fenced(error)
        return Error(code=last.code, text=last.text, n=n, id=id)
    if isinstance(error, Stopped):
        return Error(code=Code.DRAINING, text=_LEAVING, n=n, id=id)
    return Error(code=Code.DEGRADED, text=_DEGRADED, n=n, id=id)


def fenced(error: Fenced) -> Error:
    """The last words to a client whose session is not its own any more. Pure; any thread."""
    return farewell(error.ended) if endings.parsed(error.ended).is_final else TAKEN_OVER


def farewell(how: str) -> Error:
    """The last words to a client whose session ended so (`cluster.endings`). Pure; any thread."""
    ending = endings.parsed(how)
    if ending.reason == endings.KICKED:
        return Error(code=Code.KICKED, text=_with_why("an operator has removed you", ending.why))
    if ending.reason == endings.REGAINED:
        return REGAINED
    if ending.reason == endings.BANNED:
        return banned("you are banned", ending.until, ending.why)
    return ENDED


def banned(what: str, until: int, why: str) -> Error:
    """`what` is banned, as a sentence. `until`: Unix ms, 0: for good. Pure; any thread."""
    return Error(code=Code.BANNED, text=_with_why(what + _until(until), why))


def _until(until: int) -> str:
    try:
        return f" until {datetime.fromtimestamp(until / 1000, UTC):%Y-%m-%d %H:%M} UTC" if until else ""
    except (ValueError, OverflowError, OSError):
        return ""  # beyond all calendars: written by hand


def _with_why(text: str, why: str) -> str:
    return f"{text}: {why}" if why else text


def _refused(error: Refused, n: int | None, request: int | None) -> Error:
    reason = Reason(error.reason)
    if reason is Reason.KICKED:
        return farewell(f"{endings.KICKED} {error.detail}")
    if reason is Reason.REGAINED:
        return REGAINED
    if reason is Reason.BANNED:
        return banned("that nickname is banned", *endings.until_of(error.detail))
    last = int(error.detail) if reason is Reason.OUT_OF_ORDER and error.detail.isdigit() else None
    free = error.detail if reason in (Reason.NICK_TAKEN, Reason.LOOKS_ALIKE) and error.detail else None
    text = _TEXTS[reason] + (_TAKE_ANOTHER if reason is Reason.LOOKS_ALIKE and free is None else "")
    return Error(code=Code[reason.name], text=text, n=n, id=request, last=last, suggestion=free)
