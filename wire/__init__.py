"""The protocol core of Hydrachat: bytes -> frames -> bytes, in two dialects, for both roles.

No sockets, threads or clock, and nothing of the other packages. `server.ServerProtocol` and
`client.ClientProtocol` are one connection each; `docs/protocol.md` says the same in words.
"""

from wire import signals

# A Ctrl-C in the middle of it, when a program starts, could be swallowed where msgspec makes a class, and what was made
# by halves ended the process with a segmentation fault later.
with signals.held_back():
    from wire.address import Address
    from wire.client import ClientProtocol
    from wire.codec import MAX_FRAME, decode_client, decode_server, encode
    from wire.codes import Code, may_retry
    from wire.errors import BadName, IllegalMove, WireError
    from wire.names import Nick, destination, nickname, room, suggestions
    from wire.plain_input import Blank, Help
    from wire.server import Dialect, Event, ServerProtocol, render
    from wire.states import State
    from wire.text import (
        ACTION,
        MAX_AWAY,
        MAX_TEXT,
        MAX_TOPIC,
        action,
        check,
        check_away,
        check_key,
        check_topic,
        check_words,
        harmless,
        strip_plain,
    )

__all__ = [
    "ACTION",
    "MAX_AWAY",
    "MAX_FRAME",
    "MAX_TEXT",
    "MAX_TOPIC",
    "Address",
    "BadName",
    "Blank",
    "ClientProtocol",
    "Code",
    "Dialect",
    "Event",
    "Help",
    "IllegalMove",
    "Nick",
    "ServerProtocol",
    "State",
    "WireError",
    "action",
    "check",
    "check_away",
    "check_key",
    "check_topic",
    "check_words",
    "decode_client",
    "decode_server",
    "destination",
    "encode",
    "harmless",
    "may_retry",
    "nickname",
    "render",
    "room",
    "strip_plain",
    "suggestions",
]
