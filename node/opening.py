"""How much of a stranger's TLS is taken in before his handshake is done.

OpenSSL makes room for all of a message as soon as its header says how long it is, up to 128 KiB for a ClientHello: nine
bytes would be enough. So the headers are read here first. No I/O.
"""

from __future__ import annotations

MOST_HELLO = 16 * 1024
"""Bytes of one ClientHello. With all that is in use today one has some 2 KiB."""
MOST_BYTES = 32 * 1024
"""… and of all that a client sends before the handshake is done: that may be two of them, and its own end of it."""
_HANDSHAKE, _ENCRYPTED = 22, 23  # types of records; others OpenSSL takes or refuses whole
_CLIENT_HELLO = 1
_RECORD_HEADER, _HEADER = 5, 4


class TooMuch(OSError):
    """The client says more before its handshake is done than anybody needs to."""


class Opening:
    """One connection's. What it is shown stands in the clear: by TLS 1.3 a client's next message is encrypted, by 1.2
    it is no ClientHello; from there on OpenSSL's own limits are small."""

    __slots__ = ("_header", "_message", "_record", "_type", "_watching", "size")

    def __init__(self) -> None:
        self.size = 0
        self._header = b""  # of a record, and of a message: as far as they have come
        self._message = b""
        self._type = 0
        self._record = self._watching = 0  # bytes that are to come: of the record, of the message

    def take(self, data: bytes) -> None:
        """Before OpenSSL has it. Raises TooMuch."""
        self.size += len(data)
        if self.size > MOST_BYTES:
            raise TooMuch(f"more than {MOST_BYTES} bytes before the handshake was done")
        while data and self._watching >= 0:
            data = self._in_record(data) if self._record else self._in_header(data)

    def _in_header(self, data: bytes) -> bytes:
        wanted = _RECORD_HEADER - len(self._header)
        self._header += data[:wanted]
        if len(self._header) == _RECORD_HEADER:
            self._type, self._record = self._header[0], int.from_bytes(self._header[3:])
            self._header = b""
            if self._type == _ENCRYPTED:
                self._watching = -1
        return data[wanted:]

    def _in_record(self, data: bytes) -> bytes:
        piece, rest = data[: self._record], data[self._record :]
        self._record -= len(piece)
        while piece and self._type == _HANDSHAKE and self._watching >= 0:
            piece = self._in_message(piece)
        return rest

    def _in_message(self, data: bytes) -> bytes:
        if self._watching:
            passed = min(self._watching, len(data))
            self._watching -= passed
            return data[passed:]
        wanted = _HEADER - len(self._message)
        self._message += data[:wanted]
        if len(self._message) == _HEADER:
            self._begin(self._message[0], int.from_bytes(self._message[1:]))
            self._message = b""
        return data[wanted:]

    def _begin(self, kind: int, length: int) -> None:
        if kind != _CLIENT_HELLO:
            self._watching = -1
        elif length > MOST_HELLO:
            raise TooMuch(f"a ClientHello of {length} bytes, more than {MOST_HELLO}")
        else:
            self._watching = length
