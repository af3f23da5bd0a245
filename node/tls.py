"""TLS on a client's connection, as the raw socket is where there is none.

Two threads meet here: the connection's, which reads, and the deliverer, which sends. OpenSSL has one state for both
ways, so its calls stand under one lock, which is never held over a call of the socket.

    reader      socket.recv -> [lock: feed, decrypt] -> plaintext
    deliverer   [lock: encrypt] -> socket.send, which doesn't block

What reading makes necessary to say (handshake, answers to a new key, alerts) goes out by the deliverer too: records
must leave in the order in which they were made. `nudge` calls it.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable

from node.opening import Opening
from node.records import Records
from wire.tunnel import RECORD, Tunnel, is_tls, reason

CHUNK = 4 * RECORD
"""Bytes that are encrypted at once, and so the most that waits encrypted."""
MOST_ANSWERS = 64 * 1024
"""Bytes that TLS itself may have to say to a client that does not read them."""
_HELLO = 2048
_AT_ONCE = int(socket.MSG_DONTWAIT)


class NotTls(OSError):
    """The client began with something else."""


class TlsWire:
    """`handshake`, `recv` and `close`: the connection's thread. `send`, `flush` and `shutdown`: the deliverer."""

    __slots__ = ("_going", "_lock", "_opening", "_records", "_sock", "_tunnel", "heard", "nudge", "pledged")

    def __init__(self, sock: socket.socket, context: ssl.SSLContext) -> None:
        self._sock = sock
        self.nudge: Callable[[], None] = _nothing
        # Guards the tunnel: reader and deliverer meet there.
        self._lock = threading.Lock()
        self._tunnel = Tunnel(context, server=True)
        self.heard = False  # any byte at all
        self._opening: Opening | None = None
        self._records = Records()
        # The deliverer's alone: what the kernel has not taken yet of what is encrypted; and how many bytes are in there
        # of what `send` was given and did not return as taken.
        self._going: bytes | memoryview = b""
        self.pledged = 0

    def fileno(self) -> int:
        return self._sock.fileno()

    @property
    def established(self) -> bool:
        return self._tunnel.established

    @property
    def ended(self) -> bool:
        """The client has said that nothing follows."""
        return self._tunnel.ended

    # -- the connection's thread ----------------------------------------------------------

    def handshake(self) -> None:
        """Blocks until it is done; `shutdown` of the socket wakes it. Raises NotTls, TooMuch, OSError
        (ssl.SSLError is one)."""
        data, opening = b"", self._opening or Opening()
        self._opening = opening
        while not self._shaken(data):
            data = self._sock.recv(_HELLO)
            if not data:
                raise ConnectionResetError("the client left before it was done")
            if not self.heard and not is_tls(data):
                raise NotTls("the client does not begin with TLS")
            self.heard = True
            opening.take(data)
            self._records.take(data)
        self._opening = None
        self._records.empty = 0

    def _shaken(self, data: bytes) -> bool:
        try:
            with self._lock:
                self._tunnel.feed(data)
                return self._tunnel.shake()
        finally:
            self._answer()

    def recv(self, size: int) -> bytes:
        """Plaintext, at most `size` bytes; b"": the client has said that nothing follows (`ended`), or we have, and
        what still comes is not read. Blocks; raises OSError, also for an end without these words: then nobody knows
        whether somebody on the way has cut off the rest."""
        data, least = b"", size
        while True:
            before = self._tunnel.texts
            with self._lock:
                plain = self._decrypted(data, size)
            self._answer()
            if not self._records.read(self._tunnel.texts - before, self._tunnel.held):
                raise ConnectionAbortedError("the client asks for new keys over and over")
            if plain is not None:
                return plain
            data = self._sock.recv(least)
            self._records.take(data)
            if not data:
                raise ConnectionResetError("the connection was cut without a farewell (close_notify)")
            least = min(least * 2, RECORD) if len(data) == least else least

    def _decrypted(self, data: bytes, size: int) -> bytes | None:  # the lock is held
        self._tunnel.feed(data)
        try:
            return self._tunnel.read(size)
        except ssl.SSLError:
            if self._tunnel.finished:
                return b""
            raise

    def _answer(self) -> None:
        waiting = self._tunnel.waiting
        if waiting:
            self.nudge()
        if waiting > MOST_ANSWERS:
            raise ConnectionAbortedError("the client asks for new keys and does not read the answers")

    def close(self) -> None:
        """Lets go of who is nudged, who holds this: else both would wait for the collector. Idempotent."""
        self.nudge = _nothing

    # -- the deliverer --------------------------------------------------------------------

    def send(self, data: bytes | memoryview, _: int = 0, /) -> int:
        """Never blocks. How much of `data` counts as taken by the kernel; the next call has to begin with the rest.
        Before the handshake nothing can be said: it is dropped."""
        if not self._tunnel.established:
            return len(data)
        taken, rest = 0, memoryview(data)
        while taken < len(data):
            if not self._going:
                piece = rest[taken : taken + CHUNK]
                with self._lock:
                    self._going = self._tunnel.write(piece)
                self.pledged = len(piece)
            pushed = self._push()
            if self._going:
                # The kernel's bytes are as good as ours for who looks whether it takes any; one stays owed to the end.
                part = min(pushed, max(0, self.pledged - 1))
                self.pledged -= part
                return taken + part
            taken += self.pledged
            self.pledged = 0
        return taken

    def flush(self, *, last: bool) -> bool:
        """Sends what TLS itself has to say; with `last` also that nothing follows. False: the socket is full. Only when
        all that `send` was given is taken."""
        while True:
            if not self._going:
                with self._lock:
                    if last:
                        self._tunnel.finish()
                    self._going = self._tunnel.take()
                if not self._going:
                    return True
            try:
                self._push()
            except OSError:
                self._going = b""
                return True  # the reader hears of it
            if self._going:
                return False

    def say_plainly(self, words: bytes) -> None:
        """Instead of TLS, to who does not speak it: goes out when the outbox ends. Before the handshake; once."""
        self._going = words

    def shutdown(self, how: int, /) -> None:
        self._sock.shutdown(how)

    def _push(self) -> int:
        """How many bytes the kernel took. Raises OSError."""
        try:
            count = self._sock.send(self._going, _AT_ONCE)
        except BlockingIOError:
            return 0
        whole = count == len(self._going)
        self._going = b"" if whole else memoryview(self._going)[count:]
        return count


def told(error: OSError) -> str:
    """In words, for the log."""
    return reason(error) if isinstance(error, ssl.SSLError) else error.strerror or str(error)


def _nothing() -> None:
    pass
