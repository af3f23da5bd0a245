"""A detour between a node and Redis, on which one kind of connection can be made to stand still, or all cut."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from types import TracebackType

STEP = 0.05


class Detour:
    """Passes on what comes, both ways. While `deaf` is set, nothing that Redis sends on a connection that
    subscribed reaches the node; all other connections work, new subscriptions too are deaf. While `cut` is
    set, there is no way to Redis at all.

    One thread, stopped by leaving the context."""

    def __init__(self, port: int) -> None:
        self.deaf = threading.Event()
        self.cut = threading.Event()
        self._target = ("127.0.0.1", port)
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self._selector = selectors.DefaultSelector()
        self._subscribers: set[socket.socket] = set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="detour")

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def __enter__(self) -> Detour:
        self._selector.register(self._server, selectors.EVENT_READ)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join(10)
        for key in list(self._selector.get_map().values()):
            if isinstance(key.fileobj, socket.socket):
                key.fileobj.close()
        self._selector.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            for key, _ in self._selector.select(STEP):
                assert isinstance(key.fileobj, socket.socket)
                if key.fileobj.fileno() < 0:
                    continue  # Dropped in this round.
                if key.fileobj is self._server:
                    self._accept()
                elif not (self.deaf.is_set() and key.fileobj in self._subscribers):
                    self._pass_on(key.fileobj, key.data)
            if self.cut.is_set():
                self._cut_all()
            if self.deaf.is_set():
                self._stop.wait(0.005)  # What is held back is readable all the time.

    def _cut_all(self) -> None:
        for key in list(self._selector.get_map().values()):
            if isinstance(key.fileobj, socket.socket) and key.fileobj is not self._server:
                self._drop(key.fileobj)

    def _accept(self) -> None:
        node, _ = self._server.accept()
        if self.cut.is_set():
            node.close()
            return
        redis = socket.create_connection(self._target)
        self._selector.register(node, selectors.EVENT_READ, redis)
        self._selector.register(redis, selectors.EVENT_READ, node)

    def _pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        try:
            data = source.recv(65536)
            # Only requests name the command; a reply to one begins in lower case.
            if b"SUBSCRIBE\r\n" in data:
                self._subscribers.add(sink)
            sink.sendall(data)
        except OSError:
            data = b""
        if not data:
            self._drop(source, sink)

    def _drop(self, *ends: socket.socket) -> None:
        for end in ends:
            with contextlib.suppress(KeyError, ValueError):
                self._selector.unregister(end)
            self._subscribers.discard(end)
            end.close()
