"""What a crowd does to servers: it says the next message when all have one (closed loop), when it is due (open loop),
or nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from drill.bench.crowd import Crowd
from drill.bench.member import Counted, Member
from drill.bench.peer import DIGITS, MARK, Address, Dialect

STALLED = 0.5
"""Seconds in which no message comes to anybody: what some still lack is lost. While some still hear of them, the rest
may only be slow: with 8,000 in one room a round takes longer than this."""


class Load(Crowd):
    """A crowd whose speakers say messages of `size` bytes. One thread."""

    def __init__(
        self,
        dialect: Callable[[int, int], Dialect],
        addresses: Sequence[Address],
        listeners: int,
        speakers: int,
        size: int,
    ) -> None:
        super().__init__(dialect, addresses, listeners, speakers)
        self._size = size
        self._passed = 0  # messages that all listeners have
        self._number = self._outstanding = 0

    def closed_loop(self, outstanding: int, warm_up: float, seconds: float) -> Counted:
        """Each speaker has so many messages under way: it says the next one when all listeners have one of its own."""
        speakers = self._speaking()
        self._outstanding = outstanding
        for _ in range(outstanding):
            for speaker in speakers:
                self._say(speaker)
        began = time.monotonic()
        self._run(began + warm_up, speakers)
        return self._measured(began + warm_up + seconds, speakers)

    def open_loop(self, rate: float, warm_up: float, seconds: float) -> Counted:
        """So many messages a second, whatever becomes of them; times count from when each was due."""
        speakers = self._speaking()
        began = time.monotonic()
        due = began
        measured = False
        until = began + warm_up + seconds
        start = began
        while (now := time.monotonic()) < until:
            if not measured and now >= began + warm_up:
                measured, start, self._counted = True, now, Counted()
            while due <= now:
                self._say(speakers[self._number % len(speakers)], due)
                due += 1.0 / rate
            self._turn(max(0.0, min(due - time.monotonic(), 0.05)), timed=measured)
        self._counted.seconds = time.monotonic() - start
        return self._counted

    def idle(self, seconds: float) -> Counted:
        """Nobody says anything."""
        self._counted, began = Counted(), time.monotonic()
        while time.monotonic() < began + seconds:
            self._turn(0.05)
        self._counted.seconds = time.monotonic() - began
        return self._counted

    def _speaking(self) -> list[Member]:
        speakers = (member for member in self._members.values() if member.index >= self._listeners)
        return sorted(speakers, key=lambda member: member.index)  # some came a second time

    def _measured(self, until: float, speakers: Sequence[Member]) -> Counted:
        self._counted, start = Counted(), time.monotonic()
        self._run(until, speakers)
        self._counted.seconds = time.monotonic() - start
        return self._counted

    def _run(self, until: float, speakers: Sequence[Member]) -> None:
        moved, heard = time.monotonic(), self._counted.deliveries
        while (now := time.monotonic()) < until:
            self._turn(0.05)
            everybody = min(self._counts)
            if heard != self._counted.deliveries:
                moved, heard = now, self._counted.deliveries
            elif now - moved > STALLED:
                moved = now
                self._begin_again(speakers)
            while self._passed < everybody and self._order:
                self._passed += 1
                self._say(speakers[self._order.popleft() % len(speakers)])

    def _begin_again(self, speakers: Sequence[Member]) -> None:
        """These servers drop messages: what some have got is what all will get."""
        most = max(self._counts)
        self._counted.lost += sum(most - count for count in self._counts)
        self._counts = [most] * len(self._counts)
        self._passed = most
        self._order.clear()
        for _ in range(self._outstanding):
            for speaker in speakers:
                self._say(speaker)

    def _say(self, speaker: Member, due: float = 0.0) -> None:
        # Its number names its speaker: that one goes on when everybody has it.
        place, count = speaker.index - self._listeners, self._speakers
        number = self._number // count * count + place if not due else self._number
        self._number += 1
        if due:
            self._scheduled[number] = due
            self._scheduled.pop(number - 1000, None)
        text = b"%s%0*d" % (MARK, DIGITS, number)
        speaker.say(speaker.dialect.say(text.ljust(self._size, b"x")))
