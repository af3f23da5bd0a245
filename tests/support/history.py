"""What happened in a run, as each client saw it: the material that `checker` judges.

A message is known by its text, so texts must be unique in a run. Times are `time.monotonic()` seconds of
the one machine that all clients of a run are on.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """An arrival lies between OPENING and ENTERED, a departure between LEAVING and GONE."""

    OPENING = "opening"  # `client` is about to come into `to`
    ENTERED = "entered"  # … and was told that it is in
    LEAVING = "leaving"  # `client` is about to leave `to`, or was killed
    GONE = "gone"  # … and has left for sure
    SENT = "sent"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNSURE = "unsure"  # the session was lost with it on its way: may have been said (R10)
    RECEIVED = "received"
    HISTORY = "history"  # received, but marked as said before: outside of the order
    JOINED = "joined"  # told that `who` joined
    LEFT = "left"
    GAP = "gap"
    MOVED = "moved"  # to the node `who`
    RENEWED = "renewed"  # the session was lost, another one began (R10)


@dataclass(frozen=True, slots=True)
class Happening:
    """`to`: `#room`, `@nick`, or `@` for the receiver's own inbox. `who`: whom it is about.
    A GAP has `first` and `last` (0: open) in `epoch`."""

    client: str
    kind: Kind
    to: str = ""
    who: str = ""
    text: str = ""
    epoch: str = ""
    offset: int = 0
    first: int = 0
    last: int = 0
    at: float = field(default_factory=time.monotonic)


class History:
    """Grows; any thread may add. Its lock guards the list and the counts."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._happenings: list[Happening] = []
        self._counts: Counter[tuple[Kind, str | None]] = Counter()

    def add(self, happening: Happening) -> None:
        """Notes it; what one thread adds stays in its order."""
        with self._lock:
            self._happenings.append(happening)
            self._counts[happening.kind, happening.client] += 1
            self._counts[happening.kind, None] += 1

    def all(self) -> list[Happening]:
        """A copy of what was noted so far."""
        with self._lock:
            return list(self._happenings)

    def count(self, kind: Kind, client: str | None = None) -> int:
        """How many of `kind` (of `client`)."""
        with self._lock:
            return self._counts[kind, client]
