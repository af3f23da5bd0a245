"""What was done to the cluster in a run, and what may have come of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import msgspec

from drill.checker.stays import FOREVER
from drill.history import Happening, Kind

LOSING = frozenset({"rewind", "empty", "flushall", "promotion"})
"""The classes of faults after which Redis does not have what it had acknowledged."""
PROMOTING = frozenset({"redis-kill", "redis-freeze", "client-pause"})
"""Those that do so behind Sentinel: the master stands still, and a replica may be promoted."""
STOPPING = frozenset({"redis-kill", "redis-freeze", "client-pause", "oom", "disk-full"})
"""The classes of faults during which Redis does nothing for anybody."""
WIPING = frozenset({"empty", "flushall"})
"""Those after which it has nothing at all, but what nodes and clients remember."""
HARMLESS = (
    frozenset({"reset", "half-open", "cut-clients", "cut-balancer", "balancer-restart", "script-flush", "rewind"})
    | WIPING
)
"""Those that keep no node from hearing what goes on and from bringing what it remembers after a loss."""
LOOK_BACK = 5.0
"""Seconds before such a fault of which it may undo what happened."""
SETTLED = 1.0
"""Seconds after which whatever was acknowledged is remembered by each node that has to."""


class Troubles:
    """A history by kinds, of which this part looks at the head and the faults. Not to be changed once it is made."""

    def __init__(self, history: Sequence[Happening]) -> None:
        self._by_kind: dict[Kind, list[Happening]] = defaultdict(list)
        for happening in history:
            self._by_kind[happening.kind].append(happening)

    def of(self, *kinds: Kind) -> Iterator[Happening]:
        """Kind by kind, each in the order of the history."""
        for kind in kinds:
            yield from self._by_kind.get(kind, ())

    def count(self, kind: Kind) -> int:
        return len(self._by_kind.get(kind, ()))

    @cached_property
    def settings(self) -> dict[str, Any]:
        """Of the drill, from the head of the history; empty: it has none. Raises ValueError."""
        head = next(self.of(Kind.RUN), None)
        found = msgspec.json.decode(head.text or b"{}") if head else {}
        if not isinstance(found, dict):
            raise ValueError("the head of the history holds no settings")  # noqa: TRY004 - a file is wrong, no type
        return found

    @property
    def has_head(self) -> bool:
        """Without one it is a piece of a history: which faults there were is not known."""
        return self.count(Kind.RUN) > 0

    @property
    def grace(self) -> float:
        return float(self.settings.get("times", {}).get("grace", 0.0))

    @property
    def lease(self) -> float:
        return float(self.settings.get("times", {}).get("lease", 0.0))

    @property
    def longest_pause(self) -> float:
        """Within which what somebody asked, and was not answered, has been carried out, or never is."""
        return 2 * float(self.settings.get("times", {}).get("pause", (0.0, FOREVER))[1])

    def _spans(self) -> Iterator[tuple[Happening, float]]:
        """Each fault, and when it was over."""
        ends = {h.n: h.at for h in self.of(Kind.HEALED)}
        yield from ((h, ends.get(h.n, FOREVER)) for h in self.of(Kind.FAULT))

    @cached_property
    def _outages(self) -> list[tuple[float, float]]:
        """When Redis was away, by time."""
        return sorted((h.at, end) for h, end in self._spans() if h.to in LOSING | STOPPING)

    def put_off(self, begin: float, end: float) -> float:
        """When what should have come about between the two certainly has: while Redis is away nobody is declared
        gone and nothing is healed, nor for a lease and a grace after it (R4)."""
        for first, last in self._outages:
            if first <= end and last >= begin:
                end = max(end, last + self.lease + self.grace)
        return end

    @cached_property
    def losses(self) -> list[tuple[float, float]]:
        """From when to when Redis may have lost data."""
        after = self.lease + self.grace
        return [(h.at - LOOK_BACK, end + after) for h, end in self._spans() if self._loses(h)]

    @cached_property
    def _returns(self) -> list[tuple[float, float]]:
        """The same, until what was lost has certainly come back, and is told again."""
        return [(first, self.put_off(first + LOOK_BACK, last)) for first, last in self.losses]

    def _loses(self, fault: Happening) -> bool:
        return fault.to in LOSING or (fault.to in PROMOTING and self.settings.get("redis") == "sentinel")

    @property
    def may_lose(self) -> bool:
        """Whether Redis may have lost data at all."""
        return bool(self.losses) or not self.has_head

    def is_spoilt(self, begin: float, end: float) -> bool:
        """Whether what happened between the two may have been undone, or not have been told."""
        return _meet(self.losses, begin, end)

    def is_wiped(self, begin: float, end: float) -> bool:
        """Whether Redis may have lost all that it had between the two."""
        wipes = [(h.at, last + self.lease + self.grace) for h, last in self._spans() if h.to in WIPING]
        return _meet(wipes, begin, end) or not self.has_head

    def is_unsettled(self, begin: float, end: float) -> bool:
        """Whether what was acknowledged between the two may be remembered by nobody: it came just before a loss, or in
        it."""
        spans = [(first + LOOK_BACK - SETTLED, last) for first, last in self.losses]
        return _meet(spans, begin, end)

    def is_shaken(self, begin: float, end: float) -> bool:
        """Whether data may have been lost between the two while something else was broken, so that who remembered them
        may have been away."""
        spans = list(self._spans())
        after = self.lease + self.grace
        for fault, last in spans:
            if self._loses(fault) and _meet([(fault.at, last + after)], begin, end):
                others = [(h.at, until + self.lease) for h, until in spans if h.n != fault.n and h.to not in HARMLESS]
                if _meet(others, fault.at - self.lease, last + after):
                    return True
        return False

    def is_undone(self, begin: float, end: float) -> bool:
        """Whether what came about between the two may come about once more."""
        return _meet(self._returns, begin, end)

    def undone_until(self, begin: float, end: float) -> float:
        """Until when what happened between the two may come about once more; `end` where nothing was lost."""
        return max([end, *(last for first, last in self._returns if first <= end and begin <= last)])


def _meet(spans: Sequence[tuple[float, float]], begin: float, end: float) -> bool:
    return any(first <= end and begin <= last for first, last in spans)
