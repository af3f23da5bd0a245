"""A socket with deadlines, under both kinds of raw clients."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable

PATIENCE = 15.0


class Wire:
    """A TCP connection that collects what comes. One thread."""

    def __init__(self, address: str, receive_buffer: int = 0, source: str = "") -> None:
        """`source`: the address to come from, if not the system's choice."""
        host, _, port = address.rpartition(":")
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(PATIENCE)
        if source:
            self.socket.bind((source, 0))
        self.socket.connect((host, int(port)))
        self.ended = False

    def send(self, data: bytes) -> None:
        self.socket.settimeout(PATIENCE)
        self.socket.sendall(data)

    def read(self, deadline: float) -> bytes:
        """What comes next; b"" at the end, or when `deadline` passes."""
        left = deadline - time.monotonic()
        if self.ended or left <= 0:
            return b""
        self.socket.settimeout(left)
        try:
            data = self.socket.recv(65536)
        except TimeoutError:
            return b""
        except ConnectionError:
            data = b""
        self.ended = not data
        return data

    def half_close(self) -> None:
        """Nothing more will be sent."""
        self.socket.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """Gone without a farewell (RST)."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.close()

    def close(self) -> None:
        """Idempotent."""
        with contextlib.suppress(OSError):
            self.socket.close()


def until(found: Callable[[], bool], read: Callable[[float], bool], within: float) -> bool:
    """Reads until `found`; False if `within` seconds pass or nothing can come any more."""
    deadline = time.monotonic() + within
    while not found():
        if time.monotonic() >= deadline or not read(deadline):
            return found()
    return True
