"""Both ends of a connection by TLS, as a node and a client have them, and what is between them in no network at all."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, cast

from client.errors import LinkLost, Untrusted
from client.tls import TlsTransport
from client.trust import Trust
from fuzz.ways import ClientSocket, NodeSocket, Starved, Way
from node.certificate import Certificate
from node.opening import MOST_BYTES
from node.tls import CHUNK, MOST_ANSWERS, NotTls, TlsWire
from wire.address import Address
from wire.tunnel import RECORD

PAIR = str(Path(__file__).with_name("tls.pem"))
"""A certificate and its key, which everybody has: with others the same input would not reach the same."""
NAME, OTHER = "chat.example", "other.example"
_OVERHEAD = 2048
"""Bytes: headers of records, and the last piece that was read."""


class NodeEnd:
    """`got`: plaintext that came; `said`: that was taken; `over`: nothing more is read; `is_whole`: so it was said."""

    def __init__(self, up: Way, down: Way) -> None:
        self.up, self.down = up, down
        self.wire = TlsWire(cast("Any", NodeSocket(up, down)), _context())
        self.got, self.said, self.over, self.is_whole = b"", b"", False, False
        self._rest = b""
        self._is_ending = False

    def go(self) -> None:
        """As far as it can: as a connection and its deliverer do."""
        try:
            if not self.over and not self.wire.established:
                self.wire.handshake()
            while not self.over:
                data = self.wire.recv(4096)
                self.got += data
                self.over, self.is_whole = not data, not data and self.wire.ended
        except Starved:
            pass
        except OSError as error:
            if isinstance(error, NotTls):
                self.wire.say_plainly(b"! this port speaks TLS\n")
            self.over = True
        self._is_ending |= self.over
        self._check()
        self._deliver()

    def say(self, data: bytes) -> None:
        if self.wire.established and not self._is_ending:
            self.said += data
            self._rest += data

    def end(self) -> None:
        self._is_ending |= self.wire.established

    def _deliver(self) -> None:
        try:
            while self._rest:
                count = self.wire.send(self._rest)
                self._rest = self._rest[count:]
                if not count:
                    return
            self.wire.flush(last=self._is_ending)
        except OSError:
            self._rest = b""

    def _check(self) -> None:
        tunnel = self.wire._tunnel
        assert tunnel._in.pending <= RECORD + _OVERHEAD, f"{tunnel._in.pending} bytes wait to be decrypted"
        assert len(self.wire._going) <= CHUNK + _OVERHEAD
        assert tunnel.waiting <= MOST_ANSWERS + RECORD
        if not tunnel.established:
            assert self.up.read <= MOST_BYTES + _OVERHEAD, f"{self.up.read} bytes were taken before the handshake"


class ClientEnd:
    """As a client's network thread has it; the words as with `NodeEnd`. `why`: how it ended, in words."""

    def __init__(self, meet: Callable[[], tuple[Way, Way]], *, old: bool, name: str) -> None:
        """`meet`: a new connection, which it may want more than once."""
        self._meet = meet
        self.transport = TlsTransport(self._made, trust(old), Address(name, 7700))
        self.transport.connect(cast("Any", (0, ())))
        self.got, self.said, self.over, self.is_whole, self.why = b"", b"", False, False, ""
        self.trusted = False

    def _made(self) -> ClientSocket:
        up, self._down = self._meet()
        return ClientSocket(up, self._down)

    def go(self) -> None:
        """Whenever a selector would tell of it."""
        try:
            self.trusted = self.trusted or (not self.over and self.transport.established())
            while self.trusted and not self.over:
                data = self.transport.recv()
                if data is None and not self._down.is_readable:
                    break
                self.got += data or b""
                self.over = self.is_whole = data == b""
            if self.trusted and not self.over:
                self.transport.send(b"")
        except (LinkLost, Untrusted) as error:
            self.over, self.why = True, str(error)
            assert self.why

    def say(self, data: bytes) -> None:
        try:
            if self.trusted and not self.over:
                self.said += data[: self.transport.send(data)]
        except LinkLost as error:
            self.over, self.why = True, str(error)

    def end(self) -> None:
        """Leaves it."""
        self.transport.close()
        self.over = True


@cache
def _context() -> ssl.SSLContext:
    return Certificate(PAIR, PAIR).context


@cache
def trust(old: bool) -> Trust:
    """A client's, of who speaks TLS 1.2 alone if he is `old`."""
    made = Trust([Address(NAME, 7700), Address(OTHER, 7700)], PAIR)
    if old:
        made.context.maximum_version = made.any_name.maximum_version = ssl.TLSVersion.TLSv1_2
    return made
