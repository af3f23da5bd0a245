"""What Redis sends unasked, over a subscription: read in large pieces, parsed in C.

redis-py reads a reply at a time and asks the kernel before each whether there is more: that was half of what a node
spent on a message that it hears (docs/performance.md).
"""

from __future__ import annotations

import socket
import ssl

import hiredis
from redis.exceptions import ResponseError

from cluster.errors import Unavailable
from cluster.link import Link, Reply
from cluster.mapping import connection_error

READ = 64 * 1024
"""Bytes that are asked for at once."""
_NOT_YET = object()


class Arriving:
    """The replies on an open link's socket, from which nobody else reads any more. One thread. Raises Unavailable, also
    when it is made."""

    def __init__(self, link: Link) -> None:
        held = link.socket()
        if held is None:
            raise Unavailable("the subscription's connection was closed")
        self.socket: socket.socket = held
        self._reader = hiredis.Reader(replyError=ResponseError, notEnoughData=_NOT_YET)

    @property
    def is_pending(self) -> bool:
        """Whether there is more to receive though the kernel may have handed over all: decrypted, and not taken yet."""
        return isinstance(self.socket, ssl.SSLSocket) and self.socket.pending() > 0

    def receive(self) -> None:
        """Takes what is here, to be called when something is."""
        try:
            data = self.socket.recv(READ)
        except (TimeoutError, ssl.SSLWantReadError):
            return  # a part of what was encrypted as one
        except OSError as error:
            raise connection_error(error) from error
        if not data:
            raise Unavailable("Redis closed the connection")
        self._reader.feed(data)

    def replies(self, most: int) -> list[Reply]:
        """Those that are here whole, `most` at most; an error reply is among them, not raised."""
        found: list[Reply] = []
        try:
            while len(found) < most and (reply := self._reader.gets()) is not _NOT_YET:
                found.append(reply)
        except hiredis.ProtocolError as error:
            raise Unavailable(f"Redis sends what is not its protocol ({error})") from error
        return found
