"""How many records of TLS somebody sends that bring nothing.

A client may ask for new keys as often as it likes, by records of 27 bytes that cost 20 µs each: 1.3 MB a second of them
would take a core, from a client that has said nothing. OpenSSL doesn't count them; so their headers, which stand in the
clear, are read here. No I/O.
"""

from __future__ import annotations

MOST_EMPTY = 128
"""Records without a text in them, beyond one for each that has one. Who is honest has a new key after millions."""
_HEADER = 5
_LEAST = 22
"""Bytes of a record that has something in it, at least: its header, a byte, and what proves it."""


class Records:
    """One connection's, of which it is shown each byte. One thread."""

    __slots__ = ("_cut", "_skip", "empty")

    def __init__(self) -> None:
        self.empty = 0
        self._cut = b""  # of a header, as far as it has come
        self._skip = 0  # bytes that are to come of the record

    def take(self, data: bytes) -> None:
        """As it comes from the network. Each counts as empty until `read` says that it was not."""
        data = self._cut + data
        at = self._skip
        while at + _HEADER <= len(data):
            at += _HEADER + (data[at + 3] << 8) + data[at + 4]
            self.empty += 1
        self._cut, self._skip = data[at:], max(0, at - len(data))

    def read(self, count: int, left: int) -> bool:
        """So many had something in them, and make up for as many others. `left`: bytes that were shown and not
        decrypted yet. False: too many had nothing."""
        self.empty = max(0, self.empty - 2 * count)
        return self.empty <= MOST_EMPTY + left // _LEAST
