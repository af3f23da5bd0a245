"""Bytes to lines, in bounded memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

_HEAD = 128


@dataclass(frozen=True, slots=True)
class TooLong:
    """Stands where a line longer than `limit` bytes was; `head` is how it began."""

    limit: int
    head: bytes


Line: TypeAlias = bytes | TooLong


class LineSplitter:
    """Cuts a stream at `\\n` or `\\r\\n`, which are not part of the lines.

    Holds at most `limit` + 1 bytes between calls. A line of more than `limit` bytes is reported
    once, as soon as it is known to be too long, and dropped up to its end. One thread at a time.
    """

    __slots__ = ("_dropping", "_limit", "_rest")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._rest = bytearray()
        self._dropping = False

    def feed(self, data: bytes) -> list[Line]:
        """The lines that `data` completed, in order."""
        first, *others = data.split(b"\n")
        lines: list[Line] = []
        self._extend(first, lines)
        for part in others:
            self._finish(lines)
            self._extend(part, lines)
        return lines

    def eof(self) -> list[Line]:
        """The unfinished rest as a last line, if there is one."""
        lines: list[Line] = []
        if self._rest or self._dropping:
            self._finish(lines)
        return lines

    @property
    def dropping(self) -> bool:
        """Whether a line that was too long has not ended yet."""
        return self._dropping

    @property
    def held(self) -> int:
        """Bytes held now."""
        return len(self._rest)

    def begins(self, head: bytes) -> bool:
        """Whether the unfinished rest begins with `head`."""
        return self._rest.startswith(head)

    def _extend(self, part: bytes, lines: list[Line]) -> None:
        if self._dropping:
            return
        # One byte more may stand, if it is the \r of a line end of which the \n is still to come.
        room = self._limit + 1 - len(self._rest)
        self._rest += part[: room + 1]
        if len(self._rest) <= self._limit or (len(self._rest) == self._limit + 1 and self._rest[-1:] == b"\r"):
            return
        lines.append(TooLong(self._limit, bytes(self._rest[:_HEAD])))
        self._rest.clear()
        self._dropping = True

    def _finish(self, lines: list[Line]) -> None:
        if not self._dropping:
            lines.append(bytes(self._rest.removesuffix(b"\r")))
        self._rest.clear()
        self._dropping = False
