"""A TCP proxy that does to a node's connections what a network does: holds them, cuts them, refuses them.

It tells the connections of one node apart by the name that each gives itself (`hydrachat-n1-publisher`).
"""

from __future__ import annotations

import re
import socket
import threading
from contextlib import suppress

_NAME = re.compile(rb"hydrachat-[^-\r]+-(\w+)")
ALL = "*"


class _Pipe:
    """One connection: two sockets, a thread for each direction."""

    def __init__(self, proxy: Proxy, near: socket.socket, far: socket.socket) -> None:
        self.role = ""
        self._proxy = proxy
        self._ends = (near, far)
        self._threads = [
            threading.Thread(target=self._pump, args=(near, far, False), name="proxy-requests"),
            threading.Thread(target=self._pump, args=(far, near, True), name="proxy-replies"),
        ]
        for thread in self._threads:
            thread.start()

    def cut(self) -> None:
        for end in self._ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def join(self) -> None:
        for thread in self._threads:
            thread.join(5)
        for end in self._ends:
            end.close()

    @property
    def is_over(self) -> bool:
        return not any(thread.is_alive() for thread in self._threads)

    def _pump(self, source: socket.socket, sink: socket.socket, is_reply: bool) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if not is_reply and not self.role and (found := _NAME.search(data)):
                    self.role = found[1].decode()
                passed = self._proxy.pass_on(self, data, is_reply)
                sink.sendall(passed)
                if len(passed) < len(data):
                    break
        self.cut()


class Proxy:
    """Listens on a port of its own until `close`. Any thread."""

    def __init__(self, target: int) -> None:
        self._target = target
        # Guards the fields below it; told at each change.
        self._changed = threading.Condition()
        self._held: dict[str, bool] = {}  # role -> whether requests are held as well
        self._budget: tuple[str, int] | None = None  # role, bytes of replies until the cut
        self._answers: tuple[str, int] | None = None  # role, answers until the one that is swallowed by the cut
        self._refusing = False
        self._closed = False
        self._pipes: list[_Pipe] = []
        self.cuts = 0
        self.refused = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._acceptor = threading.Thread(target=self._accept, name="proxy-accept")
        self._acceptor.start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def hold(self, role: str = ALL, requests: bool = True) -> None:
        """What `role` is sent (and sends) goes no further, until `release`."""
        with self._changed:
            self._held[role] = requests

    def release(self) -> None:
        with self._changed:
            self._held.clear()
            self._changed.notify_all()

    def cut_after(self, reply_bytes: int, role: str) -> None:
        """The connection of `role` breaks once, when so many more bytes of replies came through."""
        with self._changed:
            self._budget = (role, reply_bytes)

    def cut_at_answer(self, number: int, role: str) -> None:
        """The connection of `role` breaks instead of passing on the answer of that number from now, from 1. An
        answer is what comes in one piece: for requests that are made one by one."""
        with self._changed:
            self._answers = (role, number)

    def wait_for_cut(self, cuts: int = 1, timeout: float = 10.0) -> None:
        """Until `cuts` connections were broken by `cut_after`."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.cuts >= cuts, timeout), "nothing was cut"

    def cut(self, role: str = ALL) -> None:
        """Breaks the connections of `role` now; new ones are taken."""
        with self._changed:
            pipes = [pipe for pipe in self._pipes if role in (ALL, pipe.role)]
        for pipe in pipes:
            pipe.cut()

    def refuse(self) -> None:
        """Breaks all, and takes no new ones until `accept`."""
        with self._changed:
            self._refusing = True
        self.cut()

    def accept(self) -> None:
        with self._changed:
            self._refusing = False

    def close(self) -> None:
        """Idempotent."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._acceptor.join(5)
        self.cut()
        for pipe in self._pipes:
            pipe.join()

    def pass_on(self, pipe: _Pipe, data: bytes, is_reply: bool) -> bytes:
        """What of `data` goes through; less than all: the connection is to be cut."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or not self._is_held(pipe, is_reply))
            passed = self._allowed(pipe.role, len(data)) if is_reply else len(data)
            if passed < len(data):
                self.cuts += 1
                self._changed.notify_all()
            return data[:passed]

    def _allowed(self, role: str, size: int) -> int:
        """How many bytes of a reply go through. Needs the lock."""
        if self._answers and self._answers[0] == role:
            self._answers = (role, self._answers[1] - 1)
            if not self._answers[1]:
                self._answers = None
                return 0
        if self._budget and self._budget[0] == role:
            left = self._budget[1]
            self._budget = (role, left - size) if size < left else None
            return min(left, size - 1) if size >= left else size
        return size

    def _is_held(self, pipe: _Pipe, is_reply: bool) -> bool:
        """Needs the lock."""
        return any(role in (ALL, pipe.role) and (is_reply or requests) for role, requests in self._held.items())

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            with self._changed:
                wanted = not self._refusing and not self._closed
            far = self._dial() if wanted else None
            if far is None:
                near.close()
                self.refused += 1
                continue
            pipe = _Pipe(self, near, far)
            with self._changed:
                over = [each for each in self._pipes if each.is_over]
                self._pipes = [each for each in self._pipes if not each.is_over] + [pipe]
            for each in over:
                each.join()

    def _dial(self) -> socket.socket | None:
        try:
            return socket.create_connection(("127.0.0.1", self._target), timeout=None)
        except OSError:
            return None
