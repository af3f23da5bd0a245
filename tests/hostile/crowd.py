"""Many sockets of one hostile process, without a thread or an object for each that would be the test's own cost."""

from __future__ import annotations

import contextlib
import selectors
import socket
import time
from types import TracebackType

RST_AT_CLOSE = b"\1\0\0\0\0\0\0\0"
PATIENCE = 60.0


class Crowd:
    """`count` connections to `address`. One thread. Use as a context manager."""

    def __init__(self, address: str, count: int, source: str = "") -> None:
        """`source`: the address to come from, if not the system's choice. Raises OSError."""
        host, _, port = address.rpartition(":")
        self._to = (host, int(port))
        self._source = source
        self.sockets: list[socket.socket] = []
        try:
            for _ in range(count):
                self.sockets.append(self._connected())
        except BaseException:  # after Ctrl-C or a test's timeout too nobody else would close them; it is raised on
            self.close()
            raise

    def __enter__(self) -> Crowd:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _connected(self) -> socket.socket:
        return socket.create_connection(self._to, PATIENCE, (self._source, 0) if self._source else None)

    def send(self, data: bytes) -> None:
        """The same from each, as far as it goes: who was closed already is not asked."""
        for sock in self.sockets:
            with contextlib.suppress(OSError):
                sock.sendall(data)

    def hear(self, *parts: bytes) -> list[bytes]:
        """What each was told, up to where one of `parts` is in it or to its end. AssertionError after `PATIENCE`."""
        heard = [b"" for _ in self.sockets]
        with selectors.DefaultSelector() as selector:
            for at, sock in enumerate(self.sockets):
                selector.register(sock, selectors.EVENT_READ, at)
            deadline = time.monotonic() + PATIENCE
            while selector.get_map():
                assert time.monotonic() < deadline, f"{len(selector.get_map())} were not told {parts!r}"
                for key, _ in selector.select(1.0):
                    data = _read(self.sockets[key.data])
                    heard[key.data] += data
                    if not data or any(part in heard[key.data] for part in parts):
                        selector.unregister(key.fileobj)
        return heard

    def reset(self) -> None:
        """All gone without a farewell."""
        for sock in self.sockets:
            with contextlib.suppress(OSError):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST_AT_CLOSE)
        self.close()

    def close(self) -> None:
        """Idempotent."""
        for sock in self.sockets:
            with contextlib.suppress(OSError):
                sock.close()
        self.sockets = []


def _read(sock: socket.socket) -> bytes:
    try:
        return sock.recv(65536)
    except ConnectionError:
        return b""
