"""Names to socket addresses, without making the network thread wait for a name server."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Sequence

from client.transport import SocketAddress
from wire.address import Address

Answer = Sequence[SocketAddress] | str
"""Socket addresses in the order to try them, or why there are none."""


def resolve(address: Address, answer: Callable[[Answer], None]) -> None:
    """Calls `answer` once: at once for a number, else later from a thread of its own.

    That thread ends by itself. Nothing can wake `getaddrinfo`, so it is a daemon that nobody waits
    for; its answer may come when nobody wants it any more.
    """
    numeric = _look_up(address, socket.AI_NUMERICHOST)
    if not isinstance(numeric, str):
        answer(numeric)
        return
    threading.Thread(
        target=lambda: answer(_look_up(address, 0)), name=f"hydrachat-resolve-{address.host}", daemon=True
    ).start()


def _look_up(address: Address, flags: int) -> Answer:
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM, flags=flags)
    except (OSError, UnicodeError) as error:
        return f"unknown host ({getattr(error, 'strerror', None) or error})"
    return list(dict.fromkeys((family, where) for family, _, _, _, where in found))
