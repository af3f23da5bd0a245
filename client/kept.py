"""What was accepted lately: said again where the cluster may have lost it.

Theory. Each life of the cluster's data has its epoch, which its logs take on as they are used; so an epoch
that was never seen is the sign of a new life, whichever log shows it. What was accepted at places of
other epochs is in doubt then, and is said again under the same n, with that place: the cluster knows whether
it is still there, and says where. Order does not matter, their n are consumed; what is new goes on beside.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass

from client.unsent import Place, Saying
from wire.frames import INBOX, Cursors, Say

EPOCHS_KNOWN = 64


@dataclass(slots=True)
class Keepsake:
    """`first`: where it was accepted, `place`: where it was last known to be. `until`: from then on nobody asks for
    it any more. `tries`: how often a node could not take it again."""

    saying: Saying
    first: Place
    place: Place
    until: float
    tries: int = 0

    @property
    def size(self) -> int:
        return len(self.saying.text.encode())


@dataclass(frozen=True, slots=True)
class Limits:
    """Of what is kept: seconds, how many, bytes of text. `spread`: seconds over which clients begin to say again."""

    seconds: float
    most: int
    size: int
    spread: float


class Kept:
    """Pure: takes the time as an argument, returns frames. One thread at a time."""

    def __init__(self, limits: Limits, base: float, cap: float, rng: random.Random) -> None:
        self._limits = limits
        self._base = base
        self._cap = cap
        self._rng = rng
        # By n, the oldest first: as far as we know in its log; to be said again; said again, answer owed.
        self._safe: dict[int, Keepsake] = {}
        self._doubted: dict[int, Keepsake] = {}
        self._asked: dict[int, Keepsake] = {}
        self._size = 0  # of the safe ones
        self._epochs: dict[str, None] = {}  # those seen
        self._newest = ""  # '': not known
        self._not_before = 0.0

    def __len__(self) -> int:
        return len(self._safe) + len(self._doubted) + len(self._asked)

    # -- signs ---------------------------------------------------------------------------

    def begin(self, logs: Cursors) -> bool:
        """A new session, whose logs stand at `logs`. Whether that is a sign to who was here before."""
        # The inbox is as new as the session.
        new = not {epoch for log, (epoch, _) in logs.items() if log != INBOX} <= self._epochs.keys()
        self._learn(epoch for epoch, _ in logs.values())
        self._newest = ""
        return new

    def sign(self, epoch: str, now: float) -> None:
        """`epoch` is a log's present one ('': not told)."""
        if not epoch or epoch in self._epochs:
            return
        self._learn([epoch])
        self._newest = epoch
        self._doubt_all(now, but=epoch)

    def recovered(self, now: float) -> None:
        """A new life has begun; its epoch was not told."""
        self._newest = ""
        self._doubt_all(now, but="")

    # -- what becomes of them ------------------------------------------------------------

    def add(self, saying: Saying, place: Place, now: float) -> None:
        """It was accepted, for the first time."""
        self._newest = self._newest or place.epoch
        one = Keepsake(saying, place, place, now + self._limits.seconds)
        # An answer may come after the first word of the life that follows.
        if place.epoch == self._newest:
            self._keep(one)
        else:
            self._doubt(one, now)
        self._forget(now)

    def saw(self, n: int, place: Place) -> None:
        """The message came back through its log."""
        one = self._doubted.get(n)
        if one is None:
            one = self._safe.get(n)
        elif place.epoch == self._newest:
            self._keep(self._doubted.pop(n))
        if one is not None:
            one.place = place

    def drop(self, n: int) -> None:
        """There is a receipt for it: it needs no care any more."""
        self._take(n)

    def answered(self, n: int, place: Place) -> None:
        """It is in its log, at `place`."""
        is_again = n in self._asked
        one = self._take(n)
        if one is not None:
            one.place, one.tries = place, 0
            if not is_again:
                one.first = place  # it was said anew, in its order
            self._newest = place.epoch
            self._keep(one)

    def failed(self, n: int) -> Saying | None:
        """It was refused for good. None: it was not accepted before, or needs no care any more."""
        one = self._take(n)
        return one.saying if one else None

    # -- saying again --------------------------------------------------------------------

    def due(self, room: int, now: float) -> list[Say]:
        """What to say again now, `room` of them at most."""
        if not self._doubted or now < self._not_before:
            return []
        ready = list(self._doubted)[:room]
        for n in ready:
            self._asked[n] = self._doubted.pop(n)
        return [_again(self._asked[n]) for n in ready]

    def deadline(self) -> float | None:
        """When `due` should be asked again, apart from after answers."""
        return self._not_before if self._doubted else None

    def retry(self, n: int, now: float, after: float = 0.0) -> None:
        """The node could not take it now, and wants it after `after` seconds at the earliest. All wait, and this one
        goes last: it may be the only one."""
        one = self._asked.pop(n, None)
        if one is None:
            return
        one.tries += 1
        self._doubted[n] = one
        pause = min(self._cap, self._base * 2.0 ** min(one.tries, 16))
        self._not_before = max(self._not_before, now + max(after, pause * self._rng.uniform(0.5, 1.0)))

    def rewound(self, last: int) -> None:
        """What is beyond `last` is not consumed: `Unsent` says that, in order."""
        for line in (self._doubted, self._asked):
            for n in [n for n in line if n > last]:
                self._keep(line.pop(n))

    def disconnected(self) -> None:
        """No answer is owed any more."""
        self._not_before = 0.0
        self._doubted = {**self._asked, **self._doubted}
        self._asked = {}

    def give_up(self, now: float) -> tuple[list[Keepsake], list[Keepsake]]:
        """The session is over and nothing can be said again. What was in doubt, and the rest."""
        lost = [*self._asked.values(), *self._doubted.values()]
        rest = [one for one in self._safe.values() if one.until > now]
        for line in (self._asked, self._doubted, self._safe):
            line.clear()
        self._size = 0
        return lost, rest

    # -- inside --------------------------------------------------------------------------

    def _learn(self, epochs: Iterable[str]) -> None:
        self._epochs |= dict.fromkeys(epochs)
        for old in list(self._epochs)[:-EPOCHS_KNOWN]:
            del self._epochs[old]

    def _keep(self, one: Keepsake) -> None:
        self._safe[one.saying.n] = one
        self._size += one.size

    def _take(self, n: int) -> Keepsake | None:
        one = self._safe.pop(n, None)
        if one is not None:
            self._size -= one.size
            return one
        return self._asked.pop(n, None) or self._doubted.pop(n, None)

    def _doubt(self, one: Keepsake, now: float) -> None:
        if not self._doubted:
            # Everybody sees the sign at the same time, and a recovery is not the time for a crowd.
            self._not_before = max(self._not_before, now + self._limits.spread * self._rng.random())
        self._doubted[one.saying.n] = one

    def _doubt_all(self, now: float, but: str) -> None:
        for n, one in list(self._safe.items()):
            if one.until > now and one.place.epoch != but:
                self._take(n)
                self._doubt(one, now)

    def _forget(self, now: float) -> None:
        while self._safe:
            n, oldest = next(iter(self._safe.items()))
            if oldest.until > now and len(self._safe) <= self._limits.most and self._size <= self._limits.size:
                return
            self._take(n)


def _again(one: Keepsake) -> Say:
    # Data that have it have lived in the epoch in which it was accepted. Of a later life they may know nothing: a
    # rewind, and then they are back after all. By a place of that one it would be appended once more.
    saying, first = one.saying, one.first
    return Say(saying.n, saying.to, saying.text, saying.holder, (first.epoch, first.offset))
