"""What a bare native client has said, and what it is to say next: one at a time, again and again until it has an
outcome. Pure; the time is an argument."""

from __future__ import annotations

from dataclasses import dataclass

from wire.frames import Cursor

KEPT = 128


@dataclass(slots=True)
class Saying:
    to: str
    words: str
    is_settled: bool = False
    seen: Cursor | None = None  # where it came back through its room


class Said:
    """Numbers from 1 in each session."""

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self._all: dict[int, Saying] = {}
        self._last = 0
        self._next = 1
        self._waits = False  # for the answer to `_next`
        self._not_before = 0.0

    @property
    def open(self) -> list[Saying]:
        """What has no outcome, in order."""
        return [saying for saying in self._all.values() if not saying.is_settled]

    @property
    def known(self) -> int:
        """The highest n up to which every outcome is known, for `hello`."""
        return next((n for n, saying in self._all.items() if not saying.is_settled), self._last + 1) - 1

    def add(self, to: str, words: str) -> None:
        self._last += 1
        self._all[self._last] = Saying(to, words)
        self._all.pop(self._last - KEPT, None)

    def due(self, now: float) -> tuple[int, Saying] | None:
        """What to send now."""
        if self._waits or now < self._not_before or self._next > self._last:
            return None
        self._waits = True
        return self._next, self._all[self._next]

    def outcome(self, n: int) -> Saying | None:
        """n was consumed. None: its outcome was known before."""
        saying = self._all.get(n)
        if n == self._next:
            self._next, self._waits = n + 1, False
        if saying is None or saying.is_settled:
            return None
        saying.is_settled = True
        return saying

    def saw(self, n: int, place: Cursor) -> None:
        """It came back through its room."""
        saying = self._all.get(n)
        if saying is not None:
            saying.seen = place

    def again(self, now: float) -> None:
        """The node could not take it: once more, a little later."""
        self._waits, self._not_before = False, now + 0.2

    def back_to(self, last: int) -> bool:
        """The node consumed up to `last` only. False: what would come next is forgotten."""
        self._waits = False
        self._next = min(last, self.known) + 1
        return self._next in self._all or self._next == self._last + 1

    def renew(self) -> list[Saying]:
        """A new session. Returns what may have been said under the old one."""
        doubtful = self.open
        self._begin()
        return doubtful
