"""One bare connection to a node on which one thing is tried: for thieves, and for who keeps old tokens."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from wire.client import ClientProtocol
from wire.errors import WireError
from wire.frames import ClientFrame, ServerFrame

WITHIN = 4.0


class Broken(Exception):
    """Nothing more will come of it; the text says why."""


class Line:
    """Use it with `with`. Raises Broken from all that it does. One thread."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._protocol = ClientProtocol()
        self._come: list[ServerFrame] = []

    def __enter__(self) -> Self:
        host, _, port = self._server.rpartition(":")
        try:
            self._socket = socket.create_connection((host, int(port)), WITHIN)
        except OSError as error:
            raise Broken(str(error)) from None
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._socket.close()

    def tell(self, frame: ClientFrame) -> None:
        try:
            self._socket.sendall(self._protocol.send(frame))
        except OSError as error:
            raise Broken(str(error)) from None

    def wait(self, fits: Callable[[ServerFrame], bool]) -> ServerFrame:
        """The first frame that fits of those that came since; what came before it is gone."""
        until = time.monotonic() + WITHIN
        while True:
            while self._come:
                frame = self._come.pop(0)
                if fits(frame):
                    return frame
            self._read(until - time.monotonic())

    def _read(self, within: float) -> None:
        if within <= 0.0:
            raise Broken("no answer")
        try:
            self._socket.settimeout(within)
            data = self._socket.recv(65536)
        except OSError as error:
            raise Broken(str(error)) from None
        if not data:
            raise Broken("the other side ended the connection")
        self._come += [frame for frame in self._protocol.receive_data(data) if not isinstance(frame, WireError)]
