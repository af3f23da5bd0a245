"""The thread that accepts, and starts a thread for each client."""

from __future__ import annotations

import _thread
import errno
import socket
import threading

from node import arrival
from node.admission import come_back
from node.bans import in_both, last_words
from node.connection import Connection
from node.crush import Crush
from node.doors import tune
from node.gate import LIMIT, QUIET
from node.house import House
from node.pressure import Level
from node.roster import ALL
from node.sources import Sources
from wire import Address, Code
from wire.frames import Error

PAUSE = 0.2
"""Seconds, when the process has no descriptor or thread left for another client."""
SPACE = 0.002
"""Seconds between two of an address that presses: threads for hundreds at once would hold up those who talk."""
_EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
_GONE = (
    errno.ECONNABORTED, errno.EPROTO, errno.EINTR, errno.EPERM, errno.ETIMEDOUT, errno.ENETDOWN, errno.ENOPROTOOPT,
    errno.EHOSTDOWN, errno.EHOSTUNREACH, errno.EOPNOTSUPP, errno.ENETUNREACH, getattr(errno, "ENONET", errno.EPROTO),
)  # fmt: skip
"""What befell one client before we took it, or a firewall did: Linux tells it as an error of `accept` (its manual)."""
_FULL = in_both(arrival.FULL)
_UNNAMED = Error(code=Code.BAD_PROXY, text=arrival.UNNAMED)
PRESSED_WITHIN = 0.5
"""Seconds for the last words of one that has to make room: those who wait so are not to pile up."""


class Listener:
    """`run` is the thread's loop; `stop` wakes and ends it, from any thread. `balancers`: from those a PROXY header
    comes first; `only`: nobody else is let in here."""

    def __init__(self, sock: socket.socket, house: House, balancers: Sources, only: bool = False) -> None:
        self._sock = sock
        self._house = house
        self._balancers = balancers
        self._only = only
        self._stopping = threading.Event()
        self._crush = Crush(sock, LIMIT, house.limited, self._stopping)
        self.address = Address(*sock.getsockname()[:2])

    def stop(self) -> None:
        """Nobody is accepted any more. Idempotent."""
        self._stopping.set()
        try:
            self._sock.shutdown(socket.SHUT_RDWR)  # wakes `accept`
        except OSError:
            pass

    def run(self) -> None:
        with self._sock:
            while not self._stopping.is_set():
                try:
                    sock, peer = self._sock.accept()
                except OSError as error:
                    self._failed(error)
                else:
                    self._meet(sock, str(Address(*peer[:2])))
            self._crush.settle()

    def _meet(self, sock: socket.socket, peer: str) -> None:
        """First of all whether it comes too fast: that must cost next to nothing."""
        proxied = peer in self._balancers
        too_fast = None if proxied else self._house.gate.refuses(peer)
        if too_fast is QUIET:
            self._crush.refuse(sock, peer)
        elif too_fast is not None:
            self._house.limited.hit(LIMIT, peer)
            self._house.doorstep.turn_away(sock, too_fast)
        else:
            self._welcome(sock, peer, proxied)
            if not proxied and self._house.gate.presses(peer):
                self._stopping.wait(SPACE)

    def _failed(self, error: OSError) -> None:
        if self._stopping.is_set() or error.errno in _GONE:
            return
        if error.errno not in _EXHAUSTED:
            raise error
        self._pause(error)

    def _pause(self, error: Exception) -> None:
        self._house.log.warning("exhausted", reason=str(error))
        self._stopping.wait(PAUSE)

    def _welcome(self, sock: socket.socket, peer: str, proxied: bool) -> None:
        house = self._house
        refusal = self._refusal(peer, proxied)
        if refusal is not None:
            house.doorstep.turn_away(sock, refusal)
            return
        try:
            tune(sock)
        except OSError:
            sock.close()  # the client was gone before we looked
            return
        connection = Connection(house, sock, peer, proxied=proxied)
        exceeded = house.roster.add(connection, "" if proxied else house.roster.source(peer))
        if exceeded:
            self._refuse(sock, peer, exceeded)
            return
        self._make_room()
        house.metrics.opened.inc()
        self._begin(connection, sock)

    def _begin(self, connection: Connection, sock: socket.socket) -> None:
        try:
            # A `threading.Thread` would be 2.5 KiB more for each client, for a name and a `join`: the roster knows who
            # is still there. One that hangs does not keep the process.
            _thread.start_new_thread(connection.run, ())
        except RuntimeError as error:
            self._house.roster.remove(connection)
            _turn_away(sock)
            self._pause(error)

    def _refusal(self, peer: str, proxied: bool) -> Error | None:
        """The words for who may not come in, whoever is here. A ban is not for balancers: it would keep out all."""
        house = self._house
        if self._only and not proxied:
            house.limited.hit("proxy_from", peer)
            return _UNNAMED
        ban = None if proxied else house.bans.of(peer)
        return last_words(ban) if ban is not None else house.pressure.refuses(Level.ALL, peer)

    def _refuse(self, sock: socket.socket, peer: str, exceeded: str) -> None:
        self._house.limited.hit(exceeded, peer)
        if exceeded == ALL:
            _turn_away(sock)  # there may be no descriptor to keep it open for a while
        else:
            self._house.doorstep.turn_away(sock, arrival.WORDS[exceeded])

    def _make_room(self) -> None:
        oldest = self._house.roster.one_too_many()
        if oldest is not None:
            self._house.limited.hit("max_pending", oldest.peer)
            oldest.dismiss(_pressed(), within=PRESSED_WITHIN)


def _pressed() -> Error:
    text = "too many have not said hello yet, and you were the first of them; connect again"
    return Error(code=Code.BUSY, text=text, after=come_back())


def _turn_away(sock: socket.socket) -> None:
    with sock:
        try:
            sock.send(_FULL, socket.MSG_DONTWAIT)
        except OSError:
            pass
