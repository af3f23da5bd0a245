"""Crowds in rooms of three: everybody in a room speaks there, and hears what is said. One thread."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial

from drill.bench.load import Load
from drill.bench.member import Counted, Member
from drill.bench.peer import DIGITS, MARK, Address, Dialect, Places

ACCEPTED, ERROR = b'"op":"accepted"', b'"op":"error"'


class Rooms(Load):
    """`dialect`: of one that is in rooms. Its open loop counts what comes to each member of a room."""

    def __init__(
        self,
        dialect: Callable[[Places, int, int], Dialect],
        addresses: Sequence[Address],
        places: Places,
        size: int,
    ) -> None:
        super().__init__(partial(dialect, places), addresses, places.connections, 0, size)
        self._places = places

    def _speaking(self) -> list[Member]:
        return [member for member in self._members.values() if self._places.of(member.index)]


class Publishers(Rooms):
    """Counts what is accepted, of which each says the next one then; what is heard is read and left aside."""

    def closed_loop(self, outstanding: int, warm_up: float, seconds: float) -> Counted:
        """Each has so many `say` unanswered."""
        for member in self._speaking():
            member.say(self._said(member, outstanding))
        self._live(warm_up)
        return self._live(seconds)

    def _live(self, seconds: float) -> Counted:
        self._counted, began = Counted(), time.monotonic()
        while time.monotonic() < began + seconds:
            self._turn(0.05)
        self._counted.seconds = time.monotonic() - began
        return self._counted

    def _take(self, member: Member, size: int, timed: bool) -> None:
        data = member.seen + bytes(memoryview(self._buffer)[:size])
        if ERROR in data:
            raise ConnectionError(f"connection {member.index} was refused something: {data[-300:]!r}")
        member.seen = data[1 - len(ACCEPTED) :]  # what may be the beginning of another
        accepted = data.count(ACCEPTED)
        if accepted:
            self._counted.deliveries += accepted
            member.say(self._said(member, accepted))

    def _said(self, member: Member, count: int) -> bytes:
        first = self._number
        self._number += count
        texts = (b"%s%0*d" % (MARK, DIGITS, number) for number in range(first, first + count))
        return b"".join(member.dialect.say(text.ljust(self._size, b"x")) for text in texts)
