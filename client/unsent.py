"""What was said and has no outcome yet: numbering, window, saying again (go-back-N).

Every `say` of a session is consumed in order of n, exactly once. So there is one position to
send from; whatever goes wrong sets it back, and what was consumed already is answered with its
stored outcome. Sayings with an outcome are kept a while: where a node knows fewer n than we had
accepted (its data lost the tail), they are said again under the same n.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from client.errors import ChatError
from wire.frames import Say

KEPT = 128


class Stuck(ChatError):
    """The node wants an n that nobody remembers: only a new session helps."""


@dataclass(slots=True)
class Saying:
    """`n` 0: has no number in this session yet. `sent`: went out in this session at least once."""

    ticket: int
    to: str
    text: str
    holder: str | None
    n: int = 0
    sent: bool = False
    done: bool = False
    tries: int = 0
    place: Place | None = None  # seen in its log, though no outcome came yet


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message stands. `time`: Unix ms."""

    log: str
    epoch: str
    offset: int
    time: int


class Unsent:
    """Pure: takes the time as an argument, returns frames. One thread at a time."""

    def __init__(self, window: int, base: float, cap: float, rng: random.Random, kept: int = KEPT) -> None:
        self._window = window
        self._kept = kept
        self._base = base
        self._cap = cap
        self._rng = rng
        self._sayings: dict[int, Saying] = {}  # by n, rising; also those done of late
        self._last = 0
        self._next = 1
        self._open = 0
        self._outstanding = 0  # answers that this connection owes us
        self._draining = False  # a rewind waits for those answers, lest they be taken for new ones
        self._not_before = 0.0
        self._rest_until = 0.0  # the node wants to hear nothing until then, whatever it answers meanwhile
        self._wave = window  # so many may be unanswered: fewer where we were too fast
        self._wanted = 1  # from here on the node wants to be told again, also what is done

    @property
    def pending(self) -> int:
        """How many have no outcome."""
        return self._open

    @property
    def known(self) -> int:
        """The highest n up to which every outcome is known."""
        return self._first_open() - 1

    @property
    def room(self) -> int:
        """How many others may be said now. A rewind goes first."""
        return 0 if self._draining else self._window - self._outstanding

    def owe(self, answers: int) -> None:
        """So many others were said: their answers count in the window, too."""
        self._outstanding += answers

    def add(self, saying: Saying) -> None:
        """Puts it at the end of the line."""
        self._last += 1
        saying.n = self._last
        self._sayings[saying.n] = saying
        self._open += 1

    def due(self, now: float) -> list[Say]:
        """What to send now, in order."""
        if now < max(self._not_before, self._rest_until) or (self._draining and self._outstanding):
            return []
        self._draining = False
        self._not_before = self._rest_until = 0.0
        frames: list[Say] = []
        while self._next <= self._last and self._outstanding < self._wave:
            saying = self._sayings[self._next]
            self._next += 1
            if saying.done and saying.n < self._wanted:
                continue
            saying.sent = True
            frames.append(_say(saying))
            self._outstanding += 1
        return frames

    def deadline(self) -> float | None:
        """When `due` should be asked again, apart from after answers."""
        until = max(self._not_before, self._rest_until)
        waits = self._next <= self._last and until > 0
        return until if waits and not (self._draining and self._outstanding) else None

    def is_open(self, n: int) -> bool:
        """Whether it was said, and has no outcome yet."""
        saying = self._sayings.get(n)
        return saying is not None and not saying.done

    def outcome(self, n: int) -> Saying | None:
        """n was consumed: accepted or refused for good. None: its outcome was known before."""
        self._answered()
        saying = self._sayings.get(n)
        if saying is None or saying.done:
            return None
        saying.done = True
        self._open -= 1
        self._not_before = 0.0
        self._wave = min(self._window, self._wave + 1)
        self._forget()
        return saying

    def retry(self, n: int, now: float) -> Saying | None:
        """The node could not take n now: wait, then go on from there."""
        self._answered()
        saying = self._sayings.get(n)
        if saying is None or saying.done:
            return None
        saying.tries += 1
        pause = min(self._cap, self._base * 2.0 ** min(saying.tries, 16))
        self._not_before = max(self._not_before, now + pause * self._rng.uniform(0.5, 1.0))
        self._rewind(n, self._last + 1)
        return saying

    def too_fast(self, n: int, after: float, now: float) -> Saying | None:
        """The node takes nothing of us for `after` seconds: then go on from n, with less at once. None: one before it
        was refused as well, or n needs no outcome."""
        self._answered()
        saying = self._sayings.get(n)
        if saying is None or saying.done:
            return None
        self._rest_until = max(self._rest_until, now + after)
        first = n < self._next
        if first:
            saying.tries += 1
            self._wave = max(1, self._wave // 2)
        self._rewind(n, self._last + 1)
        return saying if first else None

    def saw(self, n: int, place: Place) -> None:
        """The message came back through its log."""
        saying = self._sayings.get(n)
        if saying is not None:
            saying.place = place

    def out_of_order(self, last: int) -> None:
        """The node consumed up to `last` only. Raises Stuck."""
        self._answered()
        self._rewind(last + 1, last + 1)

    def resumed(self, last: int) -> None:
        """A new connection of the same session, which consumed up to `last`. Raises Stuck."""
        self.disconnected()
        self._rewind(last + 1, last + 1)

    def disconnected(self) -> None:
        """No answer is owed any more."""
        self._outstanding = 0
        self._draining = False
        self._not_before = 0.0

    def renew(self) -> list[Saying]:
        """A new session: numbers begin at 1. Returns what may have been said under the old one."""
        waiting = [saying for saying in self._sayings.values() if not saying.done]
        self._sayings.clear()
        self._last = self._open = 0
        self._next = 1
        self.disconnected()
        for saying in waiting:
            if not saying.sent:
                self.add(saying)
        return [saying for saying in waiting if saying.sent]

    def _answered(self) -> None:
        self._outstanding = max(0, self._outstanding - 1)

    def _rewind(self, n: int, wanted: int) -> None:
        start = max(1, min(n, self._first_open(), self._next))
        if start <= self._last and start not in self._sayings:
            raise Stuck(f"the node asks for message {start} of this session, which is forgotten")
        self._next = start
        self._wanted = wanted
        self._draining = True

    def _first_open(self) -> int:
        return next((n for n, saying in self._sayings.items() if not saying.done), self._last + 1)

    def _forget(self) -> None:
        # Not from `_next` on: a rewind may have come back to what got its outcome meanwhile.
        oldest = min(self._next, self._first_open() - self._kept)
        for n in list(self._sayings):
            if n >= oldest:
                break
            del self._sayings[n]


def _say(saying: Saying) -> Say:
    # What came back through its log was shown to others as well. Should that be lost, they must not take it for new.
    seen = (saying.place.epoch, saying.place.offset) if saying.place else None
    return Say(n=saying.n, to=saying.to, text=saying.text, holder=saying.holder, again=seen)
