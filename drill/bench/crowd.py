"""Many connections on one thread, cheap enough not to be what is measured: what comes is counted, not decoded.

Who stops it: its own clock. What fills when it is slow: the sockets, then the servers' buffers; its share of the
processors is told with each figure.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence

from drill.bench.door import Door
from drill.bench.member import LATEST, Counted, Member
from drill.bench.peer import DIGITS, MARK, NUMBER, Address, Dialect


class Crowd(Door):
    """`listeners` connections, and `speakers` more. Use as a context manager. One thread."""

    def __init__(
        self,
        dialect: Callable[[int, int], Dialect],
        addresses: Sequence[Address],
        listeners: int,
        speakers: int,
    ) -> None:
        super().__init__(dialect, addresses, listeners + speakers)
        self._listeners, self._speakers = listeners, speakers
        self._order: deque[int] = deque()  # numbers as the first listener saw them, from the first that some lack
        self._counts = [0] * listeners
        self._scheduled: dict[int, float] = {}
        self._counted = Counted()

    def _turn(self, patience: float, *, timed: bool = False) -> None:
        for fd, _ in self._poll.poll(patience):
            member = self._members[fd]
            try:
                size = member.sock.recv_into(self._buffer)
            except BlockingIOError:
                continue
            if not size:
                raise ConnectionError(f"the server ended connection {member.index}: {bytes(member.latest)!r}")
            self._take(member, size, timed)
        self._keep_alive()

    def _take(self, member: Member, size: int, timed: bool) -> None:
        """The buffer holds what came: looked at where it lies, since a copy for each would cost more than all else."""
        buffer = self._buffer
        count = buffer.count(MARK, 0, size)
        member.heard = self._part
        member.latest = buffer[max(0, size - LATEST) : size]
        if member.index < self._listeners:  # not every kind of server tells the speakers as well
            self._counted.deliveries += count
            self._counts[member.index] += count
            if timed and count:
                self._time(size)
        if member.index == 0:
            self._note_order(member, bytes(buffer[:size]))
        self._answer(member, size)

    def _note_order(self, member: Member, data: bytes) -> None:
        whole, end = member.seen + data, 0
        for found in NUMBER.finditer(whole):
            self._order.append(int(found[1]))
            end = found.end()
        # What may be the beginning of the next one.
        member.seen = whole[max(end, len(whole) - len(MARK) - DIGITS + 1) :]

    def _time(self, size: int) -> None:
        at = self._buffer.rfind(MARK, 0, size) + len(MARK)
        number = bytes(self._buffer[at : min(at + DIGITS, size)])
        due = self._scheduled.get(int(number)) if len(number) == DIGITS and number.isdigit() else None
        if due is not None:
            self._counted.latencies.append(time.monotonic() - due)
