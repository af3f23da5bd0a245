"""The frames of the native dialect: one JSON object a line, told apart by `op`.

Pure data, in `client_frames` and `server_frames`. Decoding and encoding is in `codec`, which frame is legal
when in `states`.
Unknown fields are ignored by the decoder, so that old and new clients and nodes mix.
Fields that hold their default are left out on the wire: bytes are what fan-out costs.
A log is named `#room`, or `@` for the session's own inbox; a cursor is `[epoch, offset]`.
"""

from __future__ import annotations

from wire.client_frames import (
    Ack,
    ClientFrame,
    ComeBack,
    GoAway,
    Hello,
    History,
    Join,
    Leave,
    Ping,
    Quit,
    Rename,
    Rooms,
    Say,
    SetTopic,
    Who,
    Whois,
)
from wire.fields import INBOX, MAX_HISTORY, MAX_NUMBER, PROTOCOL_MAX, PROTOCOL_MIN, Cursor, Cursors, Frame
from wire.server_frames import (
    Accepted,
    Away,
    Back,
    Bye,
    Error,
    Gap,
    HistoryEnd,
    Joined,
    Left,
    Member,
    Members,
    Message,
    Pong,
    Receipt,
    Reconnect,
    Recovered,
    RoomInfo,
    RoomList,
    ServerFrame,
    Topic,
    Welcome,
    WhoisAnswer,
)

__all__ = [
    "INBOX",
    "MAX_HISTORY",
    "MAX_NUMBER",
    "PROTOCOL_MAX",
    "PROTOCOL_MIN",
    "RESERVED_OPS",
    "Accepted",
    "Ack",
    "Away",
    "Back",
    "Bye",
    "ClientFrame",
    "ComeBack",
    "Cursor",
    "Cursors",
    "Error",
    "Frame",
    "Gap",
    "GoAway",
    "Hello",
    "History",
    "HistoryEnd",
    "Join",
    "Joined",
    "Leave",
    "Left",
    "Member",
    "Members",
    "Message",
    "Ping",
    "Pong",
    "Quit",
    "Receipt",
    "Reconnect",
    "Recovered",
    "Rename",
    "RoomInfo",
    "RoomList",
    "Rooms",
    "Say",
    "ServerFrame",
    "SetTopic",
    "Topic",
    "Welcome",
    "Who",
    "Whois",
    "WhoisAnswer",
]

RESERVED_OPS = frozenset({"me"})
"""Ops of a client that this version does not offer but will not give another meaning."""
