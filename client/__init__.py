"""The Hydrachat client library: `ChatClient`, its events and its errors.

Imports only `wire`. A chat survives the death of the node that it runs over: see `failover`.
"""

from client.chat import ChatClient
from client.errors import Backlogged, ChatError, Closed, Crashed, Refused, Unreachable, Unsure
from client.handles import Reply, Sending
from client.settings import Settings

__all__ = [
    "Backlogged",
    "ChatClient",
    "ChatError",
    "Closed",
    "Crashed",
    "Refused",
    "Reply",
    "Sending",
    "Settings",
    "Unreachable",
    "Unsure",
]
