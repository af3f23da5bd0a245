"""R5: the lives of the data that this node has been in, and what is to be told of them. Publisher's thread only.

A second loss may come before a single feed has turned to the life that had begun, so that nobody remembers an entry of
it. Of such a life it is told where it began in each log, and what it had for certain of the life before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

from cluster.types import Position, SessionRecord

T = TypeVar("T")
KEPT = 64
"""Lives of which it is remembered which came after which."""
KEPT_WHOLE = 4
"""… and what was in them: by then a log has turned, or nobody asks for it."""
LOGS_KEPT = 10_000
"""… of them."""
UNKNOWN = -1


class Lives:
    """They are counted by this node itself: clocks differ between servers."""

    def __init__(self) -> None:
        self._order: dict[str, int] = {}
        self._began: dict[str, dict[str, int]] = {}
        self._offered: dict[str, dict[str, Position]] = {}

    def enter(self, epoch: str) -> None:
        """We are in this one now."""
        self._order.setdefault(epoch, max(self._order.values(), default=0) + 1)
        self._began.setdefault(epoch, {})
        _cut(self._order, KEPT)
        _cut(self._began, KEPT_WHOLE)

    def offer(self, epoch: str, places: Mapping[str, Position]) -> None:
        """Up to these places this node has brought its logs' former entries into that life, before any log turned."""
        self._offered.setdefault(epoch, dict(places))
        _cut(self._offered, KEPT_WHOLE)

    def begin(self, epoch: str, log: str, top: int) -> None:
        """A log had `top` entries when it turned to that life; UNKNOWN: nobody knows. Only rooms matter: nobody is new
        to an inbox that is not."""
        if epoch in self._began and log.startswith("#") and top != UNKNOWN:
            self._began[epoch][log] = top
            _cut(self._began[epoch], LOGS_KEPT)

    def began(self, log: str, epoch: str) -> int:
        """As in `begin`; UNKNOWN if it isn't known."""
        return self._began.get(epoch, {}).get(log, UNKNOWN)

    def had(self, log: str, epoch: str) -> str:
        """What that life had for certain of an earlier one, as `<epoch>:<offset>`; '' if that isn't known."""
        place = self._offered.get(epoch, {}).get(log)
        return f"{place.epoch}:{place.offset}" if place and place.epoch != epoch else ""

    def known_of(self, record: SessionRecord) -> Iterator[tuple[str, Position]]:
        """How far a session's logs were known. Of each the place up to which it was offered, and what the session was
        told of in later lives; what it was told of in earlier ones has turned with the log since. Of one that was not
        offered, the latest."""
        for log in dict.fromkeys([*record.positions, *record.told]):
            offered, told = record.positions.get(log), record.told.get(log, ())
            first = [offered] if offered else sorted(told, key=self._age)[:1]
            later = [place for place in told for least in first if self._age(place) <= self._age(least)]
            highest: dict[str, int] = {}
            for place in (*first, *later):
                highest[place.epoch] = max(place.offset, highest.get(place.epoch, 0))
            yield from ((log, Position(epoch, offset)) for epoch, offset in highest.items())

    def _age(self, place: Position) -> int:
        """The younger a life, the less."""
        return -self._order.get(place.epoch, 0)


def _cut(kept: dict[str, T], most: int) -> None:
    """To the last ones."""
    while len(kept) > most:
        del kept[next(iter(kept))]
