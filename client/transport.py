"""The seam to TCP: a few methods, and every OS error mapped here, once.

Guarantees of a `Transport`: bytes arrive in order or not at all; no method blocks; all of them
are called by the network thread only. A fault is `LinkLost` with a reason in words.
"""

from __future__ import annotations

import errno
import os
import selectors
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol, TypeAlias

from client.errors import LinkLost

CHUNK = 65536
_BUSY = (errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EAGAIN, errno.EINTR)
SocketAddress: TypeAlias = tuple[socket.AddressFamily, Any]


class Transport(Protocol):
    """One connection to be, or in being."""

    def fileno(self) -> int:
        """For a selector."""

    def connect(self, where: SocketAddress) -> None:
        """Begins to connect. Raises LinkLost."""

    @property
    def wants(self) -> int:
        """What to wait for until it is established: selectors.EVENT_WRITE, EVENT_READ."""

    def established(self) -> bool:
        """To be called when there is what it wants, until it says True. Raises LinkLost if it could not be made."""

    def recv(self) -> bytes | None:
        """What there is; None: nothing now; b"": the other side ended it. Raises LinkLost."""

    def send(self, data: bytes) -> int:
        """How many bytes were taken, perhaps 0. Raises LinkLost."""

    @property
    def held(self) -> bool:
        """Whether a part of what `send` took has still to be written: call it, be it with b"", when that can be."""

    def close(self) -> None:
        """Idempotent."""


class TcpTransport:
    """A `Transport` over a socket."""

    wants = selectors.EVENT_WRITE
    held = False

    def __init__(self) -> None:
        self._socket: socket.socket | None = None

    def fileno(self) -> int:
        return self._opened().fileno()

    def connect(self, where: SocketAddress) -> None:
        family, address = where
        with _mapped():
            self._socket = socket.socket(family, socket.SOCK_STREAM)
            self._socket.setblocking(False)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            status = self._socket.connect_ex(address)
        if status not in (0, *_BUSY):
            raise LinkLost(_words(status))

    def established(self) -> bool:
        status = self._opened().getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if status:
            raise LinkLost(_words(status))
        return True

    def recv(self) -> bytes | None:
        with _mapped():
            try:
                return self._opened().recv(CHUNK)
            except (BlockingIOError, InterruptedError):
                return None

    def send(self, data: bytes) -> int:
        with _mapped():
            try:
                return self._opened().send(data)
            except (BlockingIOError, InterruptedError):
                return 0

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()

    def _opened(self) -> socket.socket:
        if self._socket is None:
            raise LinkLost("not connected")
        return self._socket


TransportFactory: TypeAlias = Callable[[], Transport]


@contextmanager
def _mapped() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise LinkLost(_words(error.errno or 0)) from error


def _words(status: int) -> str:
    return os.strerror(status).lower() if status else "the connection broke"
