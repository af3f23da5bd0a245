"""Events as lines for a person. Pure; the same words for both front ends.

No one can forge a line: a nickname has no white space and no colon and does not begin with `@` or
`#`; a text's further lines begin with a margin; what could move the cursor is made visible.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from client import events as ev
from client.errors import ChatError, Refused
from wire.codes import Code
from wire.plain_rights import hint_in_words, in_words
from wire.text import harmless

MARGIN = "  | "
ACTS = "**"
"""Before who does something. Not the "*" of who comes and goes: "/me joined" must not look like that."""
STILL_TRYING_AT = 4


class Kind(Enum):
    """What a line is, which decides how and where it is printed."""

    TALK = "talk"
    PRIVATE = "private"
    HISTORY = "history"
    ANNOUNCEMENT = "announcement"  # an operator's
    QUIET = "quiet"  # who comes and goes, answers
    NOTICE = "notice"  # about the connection
    TROUBLE = "trouble"  # something was not done
    GAP = "gap"


@dataclass(frozen=True, slots=True)
class Line:
    """`text` is harmless. `nick`: who speaks, where somebody does; `head` is how `text` begins up
    to and with the colon, or with the name of who does something. `time`: Unix ms; None: now."""

    kind: Kind
    text: str
    time: int | None = None
    nick: str | None = None
    head: str = ""
    more: tuple[str, ...] = ()


def clock(milliseconds: int | None) -> str:
    """HH:MM of the local day."""
    seconds = time.time() if milliseconds is None else milliseconds / 1000
    return time.strftime("%H:%M", time.localtime(seconds))


def lines(event: ev.Event, current: str) -> list[Line]:
    """What to print, perhaps nothing. Rooms other than `current` are named."""
    word = _WORDS.get(type(event))
    return word(event, current) if word else []


def private_copy(event: ev.AcceptedEvent) -> Line:
    """The sender's own copy of a direct message."""
    return _spoken(Kind.PRIVATE, f"you -> {harmless(event.to)}: ", _private(event), event.time, None)


def _private(event: ev.AcceptedEvent | ev.MessageEvent) -> str:
    return f"{ACTS} {event.text}" if event.action else event.text


def trouble(text: str) -> Line:
    return Line(Kind.TROUBLE, harmless(text))


def _spoken(kind: Kind, head: str, text: str, when: int, nick: str | None) -> Line:
    first, *rest = (harmless(line) for line in text.split("\n"))
    return Line(kind, head + first, when, nick, head, tuple(MARGIN + line for line in rest))


def _quiet(text: str, when: int | None = None) -> Line:
    return Line(Kind.QUIET, harmless(text), when)


def _in(room: str, current: str) -> str:
    return "" if room == current else f" {room}"


def _short(text: str) -> str:
    text = text.replace("\n", " ")
    return text if len(text) <= 60 else text[:59] + "…"


def _connected(event: ev.Connected, _: str) -> list[Line]:
    where = f"connected to {event.node} as {event.nick}"
    text = f"the old session is gone; {where}, in a new one" if event.former else where
    return [Line(Kind.NOTICE, harmless(text))]


def _searching(event: ev.Searching, _: str) -> list[Line]:
    text = f"no node reachable for {event.seconds:.0f} s ({event.reason}); still trying, what you type is kept"
    return [Line(Kind.NOTICE, harmless(text))]


def _moved(event: ev.Moved, _: str) -> list[Line]:
    where = f"connected to {event.node} again" if event.node == event.former else f"moved to {event.node}"
    return [Line(Kind.NOTICE, harmless(where) + (", nothing missed" if event.complete else ""))]


def _message(event: ev.MessageEvent, current: str) -> list[Line]:
    nick, late = harmless(event.nick), "(late) " if event.late else ""
    if event.room is None:
        return [_spoken(Kind.PRIVATE, f"{late}@{nick} -> you: ", _private(event), event.time, event.nick)]
    prefix = "" if event.room == current else f"{harmless(event.room)} "
    kind, mark = (Kind.HISTORY, "(history) ") if event.history else (Kind.TALK, "")
    who = f"{ACTS} {nick} " if event.action else f"{nick}: "
    return [_spoken(kind, f"{mark}{late}{prefix}{who}", event.text, event.time, event.nick)]


def _announced(event: ev.AnnounceEvent, _: str) -> list[Line]:
    mark = ("(history) " if event.history else "") + ("(late) " if event.late else "")
    head = f"{mark}operator in {harmless(event.room)}: " if event.room else f"{mark}operator: "
    return [_spoken(Kind.ANNOUNCEMENT, head, event.text, event.time, None)]


def _joined(event: ev.JoinedEvent, current: str) -> list[Line]:
    if not event.own:
        return [_quiet(f"{event.nick} joined{_in(event.room, current)}", event.time)]
    more = (event.count or 0) - len(event.members)
    names = ", ".join(event.members) + (f" and {more} more" if more > 0 else "")
    here = _quiet(f"you are in {event.room}, {event.count} here: {names}", event.time)
    return [here, _quiet(_topic_of(event.room, event.topic), event.time)] if event.topic else [here]


_REASONS = {
    "expired": "lost the connection",
    "ended": "was removed",
    "kicked": "kicked",
    "banned": "banned",
    "removed": "removed",
}


def _left(event: ev.LeftEvent, current: str) -> list[Line]:
    if event.own and event.reason == "removed":
        why = f": {event.why}" if event.why else ""
        return [trouble(f"you were removed from {event.room}{why}; only an invitation leads back")]
    if event.own:
        return [_quiet(f"you left {event.room}", event.time or None)]
    reason = _REASONS.get(event.reason, "")
    why = f" ({reason}{f': {event.why}' if event.why else ''})" if reason else ""
    return [_quiet(f"{event.nick} left{_in(event.room, current)}{why}", event.time)]


def _renamed(event: ev.RenamedEvent, current: str) -> list[Line]:
    if event.ticket is not None:
        return [_quiet(f"you are called {event.nick}{' now' if event.former != event.nick else ''}", event.time)]
    if event.own:
        return []  # in each further room
    where = "" if event.room == current else f" in {event.room}"
    return [_quiet(f"{event.former} is now called {event.nick}{where}", event.time)]


def _presence(event: ev.PresenceHint, _: str) -> list[Line]:
    """What became of one's own choice; who else comes and goes is for those who show it in a list."""
    if event.ticket is None:
        return []
    text = f": {event.text}" if event.text else ""
    return [_quiet(f"you are away{text}; /back ends it" if event.away else "you are back")]


def _registered(event: ev.RegisteredEvent, _: str) -> list[Line]:
    told = "is yours: who comes with it needs the password" if event.own else "is not registered any more"
    return [_quiet(f"{event.nick} {told}")]


def _whois(event: ev.WhoisEvent, _: str) -> list[Line]:
    text = f" ({event.text})" if event.text else ""
    since = time.strftime("%Y-%m-%d %H:%M", time.localtime(event.since / 1000))
    client = f", with {event.client}" if event.client else ""
    rooms = ", ".join(event.rooms) or "no room"
    return [_quiet(f"{event.nick} is {event.state}{text}, at {event.node} since {since}, in {rooms}{client}")]


def _topic(event: ev.TopicEvent, _: str) -> list[Line]:
    if event.ticket is not None and not event.own:
        return [_quiet(_topic_of(event.room, event.text) + (f" (by {event.nick})" if event.text else ""))]
    done = f"changed the topic of {event.room}: {event.text}" if event.text else f"cleared the topic of {event.room}"
    return [_quiet(f"{event.nick} {done}", event.time)]


def _topic_of(room: str, text: str) -> str:
    return f"the topic of {room}: {text}" if text else f"{room} has no topic"


def _rights(event: ev.RightsEvent, _: str) -> list[Line]:
    """Answers only: hints are for those who show them somewhere."""
    return [] if event.ticket is None else [_quiet(f"{event.room}: {in_words(event)}")]


def _right(event: ev.RightHint, _: str) -> list[Line]:
    told = hint_in_words(event.what, event.room, event.by, event.text)
    return [Line(Kind.NOTICE, harmless(told))] if told else []


def _receipt(event: ev.ReceiptEvent, _: str) -> list[Line]:
    if event.state == "undelivered":
        return [trouble(f"{event.nick} left before your message was received")]
    done = "received your message" if event.state == "received" else "was sent your message"
    return [Line(Kind.NOTICE, harmless(f"{event.nick} {done}"))]


def _gap(event: ev.GapEvent, _: str) -> list[Line]:
    where = event.room or "your direct messages"
    return [Line(Kind.GAP, harmless(f"{where}: {event.text}"))]


def _accepted(event: ev.AcceptedEvent, _: str) -> list[Line]:
    return [private_copy(event)] if event.private else []


def _refused(event: ev.RefusedEvent, _: str) -> list[Line]:
    hint = "; somebody else has that name now, look before you write again"
    why = event.reason + (hint if event.code == Code.ADDRESSEE_CHANGED else "")
    return [trouble(f"not said to {event.to}: {why} (“{_short(event.text)}”)")]


def _retrying(event: ev.Retrying, _: str) -> list[Line]:
    if event.tries != STILL_TRYING_AT:
        return []
    return [Line(Kind.NOTICE, harmless(f"not said to {event.to} yet: {event.reason}; still trying"))]


def _maybe_lost(event: ev.MaybeLost, _: str) -> list[Line]:
    return [trouble(f"may not have been sent to {one.to}: “{_short(one.text)}”") for one in event.sayings]


def _lost(event: ev.Lost, _: str) -> list[Line]:
    return [
        trouble(f"accepted, but may be lost: to {one.to}: {event.reason} (“{_short(one.text)}”)")
        for one in event.sayings
    ]


def _members(event: ev.MembersEvent, _: str) -> list[Line]:
    names = ", ".join(one.nick + (f" ({one.state})" if one.state != "here" else "") for one in event.members)
    return [_quiet(f"{f'in {event.room}' if event.room else 'on-line'}: {names or 'nobody'}")]


def _rooms(event: ev.RoomsEvent, _: str) -> list[Line]:
    return [_quiet("rooms: " + (", ".join(f"{one.room} ({one.members})" for one in event.rooms) or "none"))]


def _history(event: ev.HistoryEvent, current: str) -> list[Line]:
    said = [line for one in event.told for line in lines(one, current)]
    return [_quiet(f"the last {len(said)} messages of {event.room}:"), *said, _quiet("end of the history")]


def _request_refused(event: ev.RequestRefused, _: str) -> list[Line]:
    free = f"; {event.suggestion} is free" if event.suggestion and event.suggestion not in event.reason else ""
    return [trouble(f"{event.op}{f' {event.room}' if event.room else ''}: {event.reason}{free}")]


def _notice(event: ev.Notice, _: str) -> list[Line]:
    return [Line(Kind.NOTICE, harmless(event.text))]


def _stopped(event: ev.Stopped, _: str) -> list[Line]:
    return [] if event.error is None else [trouble(explain(event.error))]


def explain(error: ChatError) -> str:
    """What went wrong, and what to do about it."""
    text = str(error)
    if isinstance(error, Refused) and error.suggestion and error.suggestion not in text:
        return f"{text}; {error.suggestion} is free"
    return text


_WORDS: dict[type[ev.Event], Callable[[Any, str], list[Line]]] = {
    ev.Connected: _connected,
    ev.Searching: _searching,
    ev.Moved: _moved,
    ev.MessageEvent: _message,
    ev.AnnounceEvent: _announced,
    ev.JoinedEvent: _joined,
    ev.LeftEvent: _left,
    ev.PresenceHint: _presence,
    ev.WhoisEvent: _whois,
    ev.RegisteredEvent: _registered,
    ev.RenamedEvent: _renamed,
    ev.TopicEvent: _topic,
    ev.RightsEvent: _rights,
    ev.RightHint: _right,
    ev.ReceiptEvent: _receipt,
    ev.GapEvent: _gap,
    ev.AcceptedEvent: _accepted,
    ev.RefusedEvent: _refused,
    ev.Retrying: _retrying,
    ev.MaybeLost: _maybe_lost,
    ev.Lost: _lost,
    ev.MembersEvent: _members,
    ev.RoomsEvent: _rooms,
    ev.HistoryEvent: _history,
    ev.RequestRefused: _request_refused,
    ev.Notice: _notice,
    ev.Stopped: _stopped,
}
