"""Which fault comes when. Pure: one seed, one schedule."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from drill.faults.base import REDIS
from drill.faults.fault import Fault, Planned
from drill.settings import DrillSettings

MENDING = 2.0
"""Seconds that the end of a fault may take, beside a lease in which the cluster notices."""
DEMOTING = 9.0
"""Seconds more that Sentinels may take to make a replica of a master that was away."""
LONG_ENOUGH = 300.0
"""Seconds; a drill of that length has each fault alone once, before they are mixed."""
SPREAD = (0.5, 1.5)
PATIENCE = 3.0
"""Where a drill ends by messages: it may take that many times as long as it should."""


@dataclass(frozen=True, slots=True)
class _Taken:
    since: float
    until: float
    words: frozenset[str]


def fits(busy: Iterable[frozenset[str]], words: frozenset[str], nodes: int) -> bool:
    """Whether a fault that needs `words` may begin while others need `busy`. What both need it may not; and one node
    is always left alone, or else nobody could come back within the grace. A fault that is for all nodes sees to that
    itself."""
    taken = frozenset().union(*busy)
    if taken & words:
        return False
    mine, others = _nodes(words), _nodes(taken)
    return not mine or mine == nodes or mine + others < nodes


def schedule(settings: DrillSettings, faults: Sequence[Fault]) -> list[Planned]:
    """By time. Each class comes about as often as the others; classes that can't be injected in this cluster have
    their places too, so that a schedule is the same everywhere."""
    length = settings.seconds or PATIENCE * settings.messages / settings.rate
    rng = random.Random(settings.seed)
    found: list[Planned] = []
    taken: list[_Taken] = []
    for fault, since in _turns(rng, settings, faults, length, taken):
        seconds, target, detail = fault.draw(rng, settings)
        planned = Planned(0, fault.name, since, seconds, target, detail)
        words = fault.exclusive(planned)
        needed = seconds + _mending(settings, words, seconds)
        at = _earliest(taken, since, needed, words, settings.nodes)
        if at + seconds <= length:
            taken.append(_Taken(at, at + needed, words))
            found.append(replace(planned, at=at))
    found.sort(key=lambda planned: planned.at)
    return [replace(planned, number=number) for number, planned in enumerate(found, 1)]


def _mending(settings: DrillSettings, words: frozenset[str], seconds: float) -> float:
    demoted = settings.redis == "sentinel" and words == {REDIS} and seconds > 0
    return MENDING + settings.times.lease + (DEMOTING if demoted else 0.0)


def _turns(
    rng: random.Random, settings: DrillSettings, faults: Sequence[Fault], length: float, taken: list[_Taken]
) -> Iterator[tuple[Fault, float]]:
    """Each class in turn, by decks that are shuffled, with the earliest time at which it may come."""
    at = settings.times.every
    alone = length >= LONG_ENOUGH
    while faults and at < length:
        for fault in rng.sample(list(faults), len(faults)):
            yield fault, at
            if alone:
                at = max((each.until for each in taken), default=at)
            at += rng.uniform(*SPREAD) * settings.times.every
        alone = False


def _earliest(taken: Sequence[_Taken], since: float, seconds: float, words: frozenset[str], nodes: int) -> float:
    """From `since` on, the first time at which `words` are free for so long."""
    starts = [since, *sorted(each.until for each in taken if each.until > since)]
    for at in starts:
        met = [each.words for each in taken if each.since < at + seconds and each.until > at]
        if fits(met, words, nodes):
            return at
    return starts[-1]


def _nodes(words: Iterable[str]) -> int:
    return sum(word.startswith("node:") for word in words)
