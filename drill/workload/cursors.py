"""What a bare native client keeps of the logs: cursors, and which messages it was shown in which epoch. Pure."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping

from wire.frames import INBOX, Cursor, Gap, Message

REMEMBERED = 200_000


class Cursors:
    """By the book of docs/protocol.md, and no cleverer: a repeat within one epoch is passed on, so that it is noted."""

    def __init__(self) -> None:
        self.now: dict[str, Cursor] = {}
        self._former: dict[tuple[str, str], int] = {}  # log, epoch -> how far we came in it
        self._back: set[tuple[str, str, int]] = set()  # former places of what came back, or was said again
        self._shown: OrderedDict[tuple[str, str, int], str] = OrderedDict()  # log, session, n -> epoch

    def begin(self, logs: Mapping[str, Cursor]) -> None:
        """A new session starts there. How far the one before it came in rooms stays known: no gap of that is news."""
        self._former.update({(log, epoch): offset for log, (epoch, offset) in self.now.items() if log != INBOX})
        self.now = dict(logs)

    def resume(self, logs: Mapping[str, Cursor]) -> None:
        """Ours stay; what we have none of is taken from `logs`."""
        self.now = {log: self.now.get(log, cursor) for log, cursor in logs.items()}

    def moved(self, log: str, epoch: str, offset: int) -> None:
        """An entry came."""
        before = self.now.get(log)
        if offset == 0 or before is None:
            return
        if before[0] != epoch:
            self._former[log, before[0]] = before[1]
        self.now[log] = (epoch, offset)

    def is_news(self, frame: Message) -> bool:
        """Whether it was not shown in an earlier epoch of its log."""
        identity = (frame.log, frame.session, frame.n)
        epoch = self._shown.setdefault(identity, frame.epoch)
        self._back.update((frame.log, *place) for place in frame.was)
        if len(self._shown) > REMEMBERED:
            self._shown.popitem(last=False)
        return epoch == frame.epoch

    def saw(self, frame: Message) -> None:
        """Out of the order of its log, as history."""
        self._back.update((frame.log, *place) for place in ((frame.epoch, frame.offset), *frame.was))

    def has_had(self, log: str, places: Iterable[Cursor]) -> bool:
        """Whether what stood at `places` in former epochs came at one of them."""
        return any(offset <= (self._reached(log, epoch) or 0) for epoch, offset in places)

    def concerns(self, frame: Gap) -> bool:
        """Whether the gap lies beyond what we saw of its epoch."""
        reached = self._reached(frame.log, frame.former)
        if self.has_had(frame.log, frame.was):
            return False
        if reached is None:
            return frame.offset == 0 or self._was_here_before(frame)
        return frame.last == 0 or (frame.last > reached and not self._is_back(frame, reached + 1))

    def _is_back(self, frame: Gap, first: int) -> bool:
        """Whether all that it names came, though it came late."""
        return all(
            (frame.log, frame.former, offset) in self._back for offset in range(max(first, frame.first), frame.last + 1)
        )

    def _was_here_before(self, frame: Gap) -> bool:
        """Whether we saw a life of the log before the one that the gap stands in: then the one that it names came and
        went between the two."""
        now = self.now.get(frame.log)
        turns = now is not None and now[0] != frame.epoch
        return turns or any(log == frame.log for log, _ in self._former)

    def first_missing(self, frame: Gap) -> int:
        """Of a gap that concerns us."""
        return max(frame.first, (self._reached(frame.log, frame.former) or 0) + 1)

    def skipped(self, frame: Gap) -> None:
        """The gap was told; what follows it is next."""
        now = self.now.get(frame.log)
        if frame.offset == 0 and now is not None and now[0] == frame.former and frame.last > now[1]:
            self.now[frame.log] = (frame.former, frame.last)

    def _reached(self, log: str, epoch: str) -> int | None:
        now = self.now.get(log)
        return now[1] if now is not None and now[0] == epoch else self._former.get((log, epoch))
