"""A user with a bare socket and a thread of its own, that tries one server after the other: what both dialects share.

Who stops it: `stop`. Who notices when it dies: `fault`, which the crowd looks at. What fills when it is slow: the
socket, then the node's outbox. Its one blocking call, `recv`, comes back within `STEP`."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Sequence
from contextlib import suppress

from drill.history import Happening, Kind
from drill.workload.notes import Notes
from drill.workload.stays import LOBBY, Stays

STEP = 0.1
CONNECT_WITHIN = 3.0
PAUSE = 0.3
"""Between two tries to connect."""


class Lost(Exception):
    """The connection is of no use any more; the text says why."""


class SocketUser:
    """`nick`: its name in the history. Subclasses are told what comes (`_heard`), and when there is time (`_idle`)."""

    def __init__(self, nick: str, servers: Sequence[str], notes: Notes) -> None:
        self.nick = nick
        self.fault: BaseException | None = None
        self.ends: set[tuple[str, str]] = set()
        self.node = ""
        self.talking = False
        self.go_first = ""  # the server to try next, once; its own thread's
        self._finish = False
        self._servers = list(servers)
        self._notes = notes
        self._stays = Stays(nick, notes)
        self._over = threading.Event()
        self._socket: socket.socket | None = None  # the user's own thread alone
        self._heard_at = 0.0
        self._thread = threading.Thread(target=self._run, name=f"drill-{nick}")

    def start(self) -> None:
        self._thread.start()

    @property
    def is_in(self) -> bool:
        """Whether it was told that it is in the lobby. Any thread."""
        return LOBBY in self._stays.rooms

    def finish(self) -> None:
        """Who talks says his last one. Any thread."""
        self.talking, self._finish = False, True

    def stop(self) -> None:
        """Asks it to leave in order. Any thread, idempotent."""
        self._over.set()

    def join(self) -> None:
        """Returns when it has left."""
        if self._thread.ident is not None:
            self._thread.join(CONNECT_WITHIN + 10 * STEP + 5)

    def settled(self) -> None:
        """Whatever was left is left for sure by now. After `join`."""
        self._stays.settled()

    # -- its own thread -------------------------------------------------------------------

    def _run(self) -> None:
        turn = 0
        try:
            while not self._over.is_set():
                server, self.go_first = self.go_first or self._servers[turn % len(self._servers)], ""
                try:
                    self._talk(server)
                except (OSError, Lost) as reason:
                    self._broken(str(reason))
                turn += 1
                self._over.wait(PAUSE)
        except Exception as fault:  # noqa: BLE001 - the top of a thread: whatever it is, the drill must hear of it
            self.fault = fault
        finally:
            self._end()

    def _talk(self, server: str) -> None:
        """One connection, to its end."""
        host, _, port = server.rpartition(":")
        with socket.create_connection((host, int(port)), CONNECT_WITHIN) as self._socket:
            self._socket.settimeout(STEP)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._heard_at = time.monotonic()
            self._greet()
            while not self._over.is_set():
                self._read()
                self._idle(time.monotonic())
            with suppress(OSError):
                self._farewell()

    def _read(self) -> None:
        assert self._socket is not None
        try:
            data = self._socket.recv(65536)
        except TimeoutError:
            return
        if not data:
            raise Lost("the other side ended the connection")
        self._heard_at = time.monotonic()
        self._heard(data)

    def _send(self, data: bytes) -> None:
        assert self._socket is not None
        self._socket.settimeout(CONNECT_WITHIN)
        self._socket.sendall(data)
        self._socket.settimeout(STEP)

    def _note(self, kind: Kind, to: str = "", who: str = "", text: str = "", **more: str | int) -> None:
        self._notes.add(Happening(self.nick, kind, to, who, text, node=self.node, **more))  # type: ignore[arg-type]

    # -- for subclasses, on its own thread --------------------------------------------------

    def _greet(self) -> None:
        """A connection stands."""
        raise NotImplementedError

    def _heard(self, data: bytes) -> None:
        """Something came. Raises Lost."""
        raise NotImplementedError

    def _idle(self, now: float) -> None:
        """After each reading, at least every `STEP`. Raises Lost."""
        raise NotImplementedError

    def _farewell(self) -> None:
        """It is to leave in order, over the connection that it has."""
        raise NotImplementedError

    def _broken(self, reason: str) -> None:
        """The connection broke, or could not be made."""
        raise NotImplementedError

    def _end(self) -> None:
        """The last thing that is called."""
        raise NotImplementedError
