"""Rules about order: everybody in a room sees one, and each speaker's own is kept."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator
from itertools import pairwise

from drill.checker.record import Record
from drill.checker.verdict import Violation
from drill.history import Happening, Kind

MOST = 20
"""Contradictions that are looked for in one room: each takes a walk over all that contradicts."""
FOREVER = float("inf")
Edge = tuple[str, str]


class _Sightings:
    """What was seen right after what in one room. All clients agree on one order if, and only if, there is no way
    round in circles. So nobody has to be compared with everybody: clients who agree share their edges."""

    def __init__(self) -> None:
        self.witnesses: dict[Edge, list[Happening]] = {}  # the first two who saw it so: enough to tell who is alone
        self._last: dict[str, str] = {}
        self._seen: dict[str, set[str]] = defaultdict(set)

    def add(self, h: Happening) -> None:
        seen = self._seen[h.client]
        if h.text in seen:
            return
        seen.add(h.text)
        if before := self._last.get(h.client):
            witnesses = self.witnesses.setdefault((before, h.text), [])
            if len(witnesses) < 2:
                witnesses.append(h)
        self._last[h.client] = h.text

    def circle(self) -> list[Edge]:
        """Some circle; empty: there is none."""
        after = self._knot()
        if not after:
            return []
        place: dict[str, int] = {}
        path: list[str] = []
        text = next(iter(after))
        while text not in place:
            place[text] = len(path)
            path.append(text)
            text = after[text][0]
        path = [*path[place[text] :], text]
        return list(pairwise(path))

    def _knot(self) -> dict[str, list[str]]:
        """What is left when everything is taken away that has nothing before it, or nothing after it."""
        after: dict[str, list[str]] = defaultdict(list)
        before: dict[str, list[str]] = defaultdict(list)
        for first, second in self.witnesses:
            after[first].append(second)
            before[second].append(first)
        left = {*after, *before}
        _peel(left, before, after)
        _peel(left, after, before)
        return {text: [t for t in after[text] if t in left] for text in left}


def _peel(left: set[str], needs: dict[str, list[str]], frees: dict[str, list[str]]) -> None:
    """Takes out of `left` whatever has nothing left that it `needs`."""
    count = {text: sum(t in left for t in needs.get(text, ())) for text in left}
    bare = deque(text for text, n in count.items() if not n)
    while bare:
        text = bare.popleft()
        left.discard(text)
        for other in frees.get(text, ()):
            if other in left:
                count[other] -= 1
                if not count[other]:
                    bare.append(other)


def disordered(record: Record) -> Iterator[Violation]:
    """Clients saw messages of a room in different orders."""
    rooms: dict[str, _Sightings] = defaultdict(_Sightings)
    for h in record.of(Kind.RECEIVED):
        if h.to.startswith("#"):
            rooms[h.to].add(h)
    for room, sightings in rooms.items():
        for _ in range(MOST):
            if not (circle := sightings.circle()):
                break
            yield _contradiction(record, room, sightings, circle)


def _contradiction(record: Record, room: str, sightings: _Sightings, circle: list[Edge]) -> Violation:
    """Names the edge that the fewest saw, and takes it out."""
    odd = min(circle, key=lambda edge: len(sightings.witnesses[edge]))
    h = sightings.witnesses[odd][0]
    others = [w.client for edge in circle if edge != odd for w in sightings.witnesses[edge] if w.client != h.client]
    del sightings.witnesses[odd]
    text = f"in {room} {h.client} saw {odd[0]!r} before {odd[1]!r}, {others[0] if others else '?'} the other way round"
    return Violation("disordered", text, h.at, h.client, record.node(h.client, h.at))


def shuffled(record: Record) -> Iterator[Violation]:
    """What one sender said in one place was shown in another order than he said it."""
    said = {text: i for i, text in enumerate(record.sent)}
    last: dict[tuple[str, str, str, int], str] = {}
    for h in record.of(Kind.RECEIVED):
        # By who said it: a nickname may be two people's one after the other, and one may have two.
        speaker = record.sent[h.text].client if h.text in record.sent else h.who
        # What was not acknowledged comes once more to a new session of the addressee.
        place = h.client, h.to, speaker, record.acts.life(h.client, h.at) if h.to == "@" else 0
        before = last.get(place)
        if before and said.get(before, -1) > said.get(h.text, FOREVER):
            text = f"{h.client} got {h.text!r} after {before!r}; {h.who} said it before"
            yield Violation("shuffled", text, h.at, h.client, record.node(h.client, h.at))
        last[place] = h.text
