"""The Hydrachat client library: `ChatClient`, its handles, its events and its errors. docs/library.md is the guide.

Imports only `wire`. A chat survives the death of the node that it runs over: see `failover`.
"""

from client.bot import bot_arguments, run_bot, uninterrupted
from client.chat import ChatClient
from client.errors import Backlogged, ChatError, Closed, Crashed, Refused, Unreachable, Unsure
from client.events import (
    AcceptedEvent,
    AnnounceEvent,
    Connected,
    Disconnected,
    Doubtful,
    Event,
    GapEvent,
    HistoryEvent,
    JoinedEvent,
    LeftEvent,
    Lost,
    MaybeLost,
    MembersEvent,
    MessageEvent,
    Moved,
    Notice,
    PresenceHint,
    ReceiptEvent,
    RefusedEvent,
    RegisteredEvent,
    RenamedEvent,
    RequestRefused,
    Retrying,
    RightHint,
    RightsEvent,
    RoomsEvent,
    Searching,
    Stopped,
    TopicEvent,
    WhoisEvent,
)
from client.handles import Reply, Sending
from client.settings import Settings
from wire.address import Address
from wire.codes import Code
from wire.frames import Member, RoomInfo
from wire.names import LOBBY
from wire.text import sayable

__all__ = [
    "LOBBY",
    "AcceptedEvent",
    "Address",
    "AnnounceEvent",
    "Backlogged",
    "ChatClient",
    "ChatError",
    "Closed",
    "Code",
    "Connected",
    "Crashed",
    "Disconnected",
    "Doubtful",
    "Event",
    "GapEvent",
    "HistoryEvent",
    "JoinedEvent",
    "LeftEvent",
    "Lost",
    "MaybeLost",
    "Member",
    "MembersEvent",
    "MessageEvent",
    "Moved",
    "Notice",
    "PresenceHint",
    "ReceiptEvent",
    "Refused",
    "RefusedEvent",
    "RegisteredEvent",
    "RenamedEvent",
    "Reply",
    "RequestRefused",
    "Retrying",
    "RightHint",
    "RightsEvent",
    "RoomInfo",
    "RoomsEvent",
    "Searching",
    "Sending",
    "Settings",
    "Stopped",
    "TopicEvent",
    "Unreachable",
    "Unsure",
    "WhoisEvent",
    "bot_arguments",
    "run_bot",
    "sayable",
    "uninterrupted",
]
