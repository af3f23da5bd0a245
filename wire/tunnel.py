"""TLS without I/O: what the network brought in, what it is to carry out; plaintext on the other side.

Imported only by who speaks TLS: `ssl` takes its time to load.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import Any

RECORD = 16 * 1024
"""Bytes of plaintext in one record at most."""
_FIRST = frozenset({20, 21, 22, 23})
"""With one of these begins each record: what begins otherwise is no TLS."""


class Tunnel:
    """One connection's. One thread at a time: OpenSSL's state is one for both ways, so whoever reads and writes by two
    threads needs a lock around each call. All raise ssl.SSLError when the other side is at fault."""

    __slots__ = ("_in", "_out", "_tls", "ended", "established", "finished", "texts")

    def __init__(self, context: ssl.SSLContext, *, server: bool = False, name: str | None = None) -> None:
        """`name`: of the server, as its client knows it."""
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_side=server, server_hostname=name)
        self.established = False
        self.ended = False  # the other side has said that nothing follows
        self.finished = False  # we have
        self.texts = 0  # records that were read and had something in them; one that was read in parts counts more

    def feed(self, data: bytes) -> None:
        """What came from the network."""
        self._in.write(data)

    def shake(self) -> bool:
        """Goes on with the handshake as far as it can; whether it is done."""
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        self.established = True
        return True

    def read(self, most: int) -> bytes | None:
        """Plaintext; None: none is here yet; b"": the other side has said that nothing follows."""
        found: list[bytes] = []
        while most > 0 and not self.ended and (self._in.pending or self._tls.pending()):
            try:
                data = self._tls.read(most)
            except ssl.SSLWantReadError:
                break
            except ssl.SSLZeroReturnError:
                data = b""  # as it is told to who has ended his own way before
            self.ended = not data
            self.texts += 1
            found.append(data)
            most -= len(data)
        return b"".join(found) if found or self.ended else None

    def write(self, data: bytes | memoryview) -> bytes:
        """What is to be sent of it, after all that was still to be sent: records as large as can be."""
        rest, found = memoryview(data), [self._out.read()] if self._out.pending else []
        while rest:
            # A record at a time, and taken out at once: OpenSSL never gives back what such a buffer once held.
            rest = rest[self._tls.write(rest[:RECORD]) :]
            found.append(self._out.read())
        return b"".join(found)

    def finish(self) -> None:
        """Nothing follows (close_notify). Idempotent."""
        if self.established and not self.finished:
            self.finished = True
            try:
                self._tls.unwrap()
            except ssl.SSLError:
                pass  # the other side has not said the same yet, or it is broken

    @property
    def waiting(self) -> int:
        """Bytes that are to be sent, made by `read` or the handshake."""
        return self._out.pending

    @property
    def held(self) -> int:
        """Bytes that came and were not looked at yet."""
        return self._in.pending

    def take(self) -> bytes:
        """What is to be sent."""
        return self._out.read()

    def certificate(self) -> Mapping[str, Any]:
        """The other side's, as `ssl` tells it; empty if it was not verified."""
        return self._tls.getpeercert() or {}


def names(certificate: Mapping[str, Any]) -> list[str]:
    """For whom it is."""
    return [str(value) for _, value in certificate.get("subjectAltName", ())]


def is_tls(data: bytes) -> bool:
    """Whether what somebody sent first may be TLS."""
    return data[0] in _FIRST


def reason(error: ssl.SSLError) -> str:
    """In words."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return str(error.verify_message).lower()
    return (error.reason or str(error)).lower().replace("_", " ")
