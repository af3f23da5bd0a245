"""A machine that is about to vanish: its ports answer nothing any more, not even with a reset."""

from __future__ import annotations

import socket
import threading
from types import TracebackType

HOST = "127.0.0.1"
_WELL = b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"


class VanishingMachine:
    """Connections to `port` hang half-open from the start; the health page at `http_port` says that all
    is well, until it was asked `last_answers` times more. Use as a context manager."""

    def __init__(self, port: int, http_port: int) -> None:
        # A listener whose queue is full: the kernel drops what comes, as if nobody were there.
        self._full = socket.create_server((HOST, port), backlog=0)
        self._filling = socket.create_connection((HOST, port))
        self._health = socket.create_server((HOST, http_port))
        self._answers_left: int | None = None
        self._thread = threading.Thread(target=self._run, name="vanishing-health")
        self._thread.start()

    def last_answers(self, count: int) -> None:
        """The health page falls silent after `count` answers more. Any thread."""
        self._answers_left = count

    def wait_gone(self, within: float = 15.0) -> None:
        """Until the health page is silent."""
        self._thread.join(within)
        assert not self._thread.is_alive(), f"nobody asked for the health page in {within:g} s"

    def __enter__(self) -> VanishingMachine:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            self._health.shutdown(socket.SHUT_RDWR)  # wakes `accept`
        except OSError:
            pass  # it fell silent by itself
        self._thread.join()
        self._filling.close()
        self._full.close()

    def _run(self) -> None:
        with self._health:
            while self._answers_left is None or self._answers_left > 0:
                try:
                    asking, _ = self._health.accept()
                    self._answer(asking)
                except OSError:
                    return

    def _answer(self, asking: socket.socket) -> None:
        with asking:
            asking.settimeout(5.0)
            asking.recv(4096)
            asking.sendall(_WELL)
        if self._answers_left is not None:
            self._answers_left -= 1
