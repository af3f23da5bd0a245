"""The plain dialect, what people read: a frame to clean lines.

No one can forge a line. A nickname has no white space and no colon and does not begin with `@` or `#`, so
that `nick: ` at the beginning of a line is always the node's word for who spoke, `** nick ` for who does something,
and `* `, `*** `, `! `, `you -> ` are never a person's. A text's further lines begin with a margin; what could move
the cursor is made visible.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast

from wire.frames import (
    INBOX,
    Away,
    Back,
    Bye,
    Error,
    Gap,
    Joined,
    Left,
    Member,
    Members,
    Message,
    Receipt,
    Reconnect,
    Registered,
    Rights,
    RoomList,
    ServerFrame,
    Topic,
    Unregistered,
    Welcome,
    WhoisAnswer,
)
from wire.names import LOBBY
from wire.plain_rights import hint_in_words, in_words
from wire.text import action, harmless

_MARGIN = "\n  | "


def render(frame: ServerFrame, *, room_prefix: bool = True) -> bytes:
    """`frame` as lines for a person, `b""` for what a person need not see.

    `room_prefix`: rooms other than #lobby stand before what was said or happened there.
    Pure: the same for all readers, so a fan-out renders once. Any thread.
    """
    if type(frame) is Message:
        return _message(frame, room_prefix).encode()
    show = _SHOWN.get(type(frame))
    if show is None:
        return b""
    line = show(frame, room_prefix)
    return f"{line}\n".encode() if line else b""


def private_copy(to: str, text: str) -> bytes:
    """The sender's copy of his direct message to the nickname `to`. Pure; any thread."""
    return f"you -> @{harmless(to.removeprefix('@'))}: {_private(text)}\n".encode()


def _private(text: str) -> str:
    deed = action(text)
    return _lines(text) if deed is None else f"** {_lines(deed)}"


def _lines(text: str) -> str:
    if "\n" not in text:
        return harmless(text)
    return _MARGIN.join(harmless(line) for line in text.split("\n"))


def _message(frame: Message, room_prefix: bool) -> str:
    if frame.is_announcement:
        return _announcement(frame)
    nick = harmless(frame.nick)
    earlier = "(history) " if frame.history else ""
    late = "(late) " if frame.late else ""
    if frame.log == INBOX:
        return f"{earlier}{late}@{nick} -> you: {_private(frame.text)}\n"
    where, deed = _prefix(frame.log, room_prefix), action(frame.text)
    said = f"{nick}: {_lines(frame.text)}" if deed is None else f"** {nick} {_lines(deed)}"
    return f"{earlier}{late}{where}{said}\n"


def _announcement(frame: Message) -> str:
    earlier, late = "(history) " if frame.history else "", "(late) " if frame.late else ""
    where = "" if frame.log == INBOX else f" in {harmless(frame.log)}"
    return f"{earlier}{late}*** operator{where}: {_lines(frame.text)}\n"


def _prefix(log: str, room_prefix: bool) -> str:
    return f"{harmless(log)} " if room_prefix and log != LOBBY else ""


def _where(log: str, room_prefix: bool) -> str:
    return f" {harmless(log)}" if room_prefix and log != LOBBY else ""


def _welcome(frame: Welcome, _: bool) -> str:
    again = " back" if frame.resumed else ""
    return f"* welcome{again}, {harmless(frame.nick)}; /help lists the commands, \\q leaves"


def _error(frame: Error, _: bool) -> str:
    text = harmless(frame.text)
    free = frame.suggestion
    return f"! {text}; {harmless(free)} is free" if free and free not in text else f"! {text}"


def _joined(frame: Joined, room_prefix: bool) -> str:
    if frame.former:
        return _renamed(frame, room_prefix)
    if frame.count is None:
        return f"* {harmless(frame.nick)} joined{_where(frame.log, room_prefix)}"
    more = frame.count - len(frame.members)
    names = ", ".join(harmless(nick) for nick in frame.members) + (f" and {more} more" if more > 0 else "")
    topic = f"\n{_topic_of(frame.log, frame.topic)}" if frame.topic else ""
    return f"* you are in {harmless(frame.log)}, {frame.count} here: {names}{topic}"


def _renamed(frame: Joined, room_prefix: bool) -> str:
    if frame.former == frame.nick:
        return f"* you are called {harmless(frame.nick)}"
    where = _where(frame.log, room_prefix) if frame.log else ""
    return f"* {harmless(frame.former)} is now called {harmless(frame.nick)}{where and ' in'}{where}"


_REASONS = {
    "expired": "lost the connection",
    "ended": "was removed",
    "kicked": "kicked",
    "banned": "banned",
    "removed": "removed",
}


def _left(frame: Left, room_prefix: bool) -> str:
    reason = _REASONS.get(frame.reason, "")
    why = f": {harmless(frame.why)}" if frame.why else ""
    return f"* {harmless(frame.nick)} left{_where(frame.log, room_prefix)}{f' ({reason}{why})' if reason else ''}"


def _topic(frame: Topic, _: bool) -> str:
    if not frame.offset:
        by = f" (by {harmless(frame.nick)})" if frame.text else ""
        return _topic_of(frame.log, frame.text) + by
    if not frame.text:
        return f"* {harmless(frame.nick)} cleared the topic of {harmless(frame.log)}"
    return f"* {harmless(frame.nick)} changed the topic of {harmless(frame.log)}: {harmless(frame.text)}"


def _topic_of(log: str, text: str) -> str:
    return f"* the topic of {harmless(log)}: {harmless(text)}" if text else f"* {harmless(log)} has no topic"


_RECEIPTS = {
    "received": "* {nick} received your message",
    "sent": "* your message was sent to {nick}",
    "undelivered": "! {nick} left before your message was received",
}


def _receipt(frame: Receipt, _: bool) -> str:
    return _RECEIPTS.get(frame.state, "").format(nick=harmless(frame.nick))


def _gap(frame: Gap, _: bool) -> str:
    where = "your direct messages" if frame.log == INBOX else harmless(frame.log)
    missing = f"{frame.first}-{frame.last}" if frame.last else f"what followed, from {frame.first} on,"
    if frame.last == frame.first:
        missing = f"{frame.first}"
    return f"! {where}: complete to #{frame.complete}; {missing} may be missing"


def _reconnect(frame: Reconnect, _: bool) -> str:
    where = f" to {harmless(frame.where)}" if frame.where else ""
    return f"! {harmless(frame.text)}; please connect again{where}"


def _member(member: Member) -> str:
    state = _state(member)
    return harmless(member.nick) + (f" ({state})" if state != "here" else "")


def _state(one: Member | WhoisAnswer) -> str:
    if one.state != "here":
        return "reconnecting"
    return "away" if one.gone else "here"


def _whois(frame: WhoisAnswer, _: bool) -> str:
    text = f" ({harmless(frame.text)})" if frame.text else ""
    since = datetime.fromtimestamp(frame.since / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
    rooms = ", ".join(harmless(room) for room in frame.rooms) or "no room"
    client = f", with {harmless(frame.client)}" if frame.client else ""
    state = f"{_state(frame)}{text}"
    return f"* {harmless(frame.nick)} is {state}, at {harmless(frame.node)} since {since}, in {rooms}{client}"


def _rights(frame: Rights, _: bool) -> str:
    if frame.by or frame.you == "owner":
        told = hint_in_words(frame.you, frame.room, frame.by, frame.text)
        return f"* {harmless(told)}" if told else ""
    return f"* {harmless(f'{frame.room}: {in_words(frame)}')}"


def _away(frame: Away, _: bool) -> str:
    if frame.log:
        return ""
    return "* you are away" + (f": {harmless(frame.text)}" if frame.text else "")


def _back(frame: Back, _: bool) -> str:
    return "" if frame.log else "* you are back"


def _members(frame: Members, _: bool) -> str:
    where = f"in {harmless(frame.room)}" if frame.room else "on-line"
    return f"* {where}: " + (", ".join(_member(member) for member in frame.members) or "nobody")


def _roomlist(frame: RoomList, _: bool) -> str:
    rooms = ", ".join(f"{harmless(info.room)} ({info.members})" for info in frame.rooms)
    return f"* rooms: {rooms or 'none'}"


def _registered(frame: Registered, _: bool) -> str:
    return f"* {harmless(frame.nick)} is yours; come with it and the password, one behind the other, from now on"


def _unregistered(frame: Unregistered, _: bool) -> str:
    return f"* {harmless(frame.nick)} is not registered any more"


def _bye(frame: Bye, _: bool) -> str:
    return f"* bye{', ' if frame.text else ''}{harmless(frame.text)}"


# Accepted, pong, the end of a history, and hints of who is away are not for people.
_SHOWN: dict[type[Any], Callable[[Any, bool], str]] = cast(
    "dict[type[Any], Callable[[Any, bool], str]]",
    {
        Welcome: _welcome,
        Error: _error,
        Joined: _joined,
        Left: _left,
        Topic: _topic,
        Rights: _rights,
        Receipt: _receipt,
        Gap: _gap,
        Reconnect: _reconnect,
        Members: _members,
        RoomList: _roomlist,
        WhoisAnswer: _whois,
        Registered: _registered,
        Unregistered: _unregistered,
        Away: _away,
        Back: _back,
        Bye: _bye,
    },
)
