"""One connection of a crowd, and what is counted of all."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field

from drill.bench.peer import Address, Dialect

LATEST = 200
"""Bytes of what came that are kept of each: should they be its last words."""


class Member:
    """One connection."""

    __slots__ = ("dialect", "fd", "heard", "index", "latest", "seen", "sock", "spoke")

    def __init__(self, index: int, address: Address, dialect: Dialect) -> None:
        self.index = index
        self.dialect = dialect
        self.sock = socket.create_connection(address, 10)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock.sendall(self.dialect.enter())
        self.sock.setblocking(False)
        self.fd = self.sock.fileno()
        self.seen = b""
        self.latest: bytes | bytearray = b""  # the end of what came: the reason, if it was the last
        self.heard = self.spoke = 0  # when it last did, in parts of a round in which all say what keeps them alive

    def say(self, data: bytes) -> None:
        """What a full socket does not take is lost: nothing that is measured depends on it but the message itself.
        That the server has ended the connection, and with which words, is for who reads."""
        try:
            self.sock.send(data)
        except (BlockingIOError, BrokenPipeError, ConnectionResetError):
            pass


@dataclass(slots=True)
class Counted:
    """What happened in the measured part: messages at all connections, and those that never came to one; seconds; of
    an open loop how many seconds each that was looked at took from its scheduled time."""

    deliveries: int = 0
    lost: int = 0
    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
