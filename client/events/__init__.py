"""What a client is told, as typed events. Pure data.

Times are Unix milliseconds. `room` is `#room`; a direct message has `room` None.
(session, n) is a message's identity for ever; (epoch, offset) is where it stands in its log.
"""

from __future__ import annotations

from typing import TypeAlias

from client.events.answers import (
    HistoryEvent,
    MembersEvent,
    RegisteredEvent,
    RequestRefused,
    RoomsEvent,
    WhoisEvent,
)
from client.events.connection import (
    Connected,
    Disconnected,
    Moved,
    Notice,
    Searching,
    Stopped,
)
from client.events.messages import (
    AnnounceEvent,
    GapEvent,
    MessageEvent,
)
from client.events.rooms import (
    JoinedEvent,
    LeftEvent,
    PresenceHint,
    RenamedEvent,
    RightHint,
    RightsEvent,
    TopicEvent,
)
from client.events.sayings import (
    AcceptedEvent,
    Doubtful,
    Lost,
    MaybeLost,
    ReceiptEvent,
    RefusedEvent,
    Retrying,
)

__all__ = [
    "AcceptedEvent",
    "AnnounceEvent",
    "Connected",
    "Disconnected",
    "Doubtful",
    "Event",
    "GapEvent",
    "HistoryEvent",
    "JoinedEvent",
    "LeftEvent",
    "Lost",
    "MaybeLost",
    "MembersEvent",
    "MessageEvent",
    "Moved",
    "Notice",
    "PresenceHint",
    "ReceiptEvent",
    "RefusedEvent",
    "RegisteredEvent",
    "RenamedEvent",
    "RequestRefused",
    "Retrying",
    "RightHint",
    "RightsEvent",
    "RoomsEvent",
    "Searching",
    "Stopped",
    "TopicEvent",
    "WhoisEvent",
]

Event: TypeAlias = (
    Connected
    | Disconnected
    | Searching
    | Moved
    | MessageEvent
    | AnnounceEvent
    | JoinedEvent
    | LeftEvent
    | RenamedEvent
    | TopicEvent
    | RightsEvent
    | RightHint
    | PresenceHint
    | ReceiptEvent
    | GapEvent
    | AcceptedEvent
    | RefusedEvent
    | Retrying
    | MaybeLost
    | Lost
    | MembersEvent
    | WhoisEvent
    | RegisteredEvent
    | RoomsEvent
    | HistoryEvent
    | RequestRefused
    | Notice
    | Stopped
)
