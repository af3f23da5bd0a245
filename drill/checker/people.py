"""Rules about coming and going: what is told of it, and who was put out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from drill.checker.record import Record
from drill.checker.stays import FOREVER, NEVER, Stay
from drill.checker.verdict import Violation
from drill.history import Happening, Kind

_PATIENCE = 2
"""Leases and graces after which a departure has come about, though it may be known for sure much later."""


class _Key(NamedTuple):
    observer: str
    kind: Kind
    room: str
    subject: str


class _Due:
    """How often somebody has to be told something, at least and at most. `vague`: of `most`, how many may have been
    undone or lost in Redis."""

    __slots__ = ("at", "least", "most", "vague")

    def __init__(self) -> None:
        self.least = self.most = self.vague = 0
        self.at = FOREVER


def announcements(record: Record) -> Iterator[Violation]:
    """Each arrival and departure is told exactly once to each who was there, and no others."""
    for key, n, due, at in _wrong(record):
        if not due.least - due.vague <= n <= due.most + due.vague:
            right = f"{due.least}" if due.least == due.most else f"{due.least} to {due.most}"
            text = f"{key.observer} was told {n} times that {key.subject} {key.kind} {key.room}, {right} would be right"
            yield Violation("announcements", text, at, key.observer, record.node(key.observer, at))


def vague_announcements(record: Record) -> int:
    """How many are wrong, but stand beside a loss of data."""
    return sum(due.least - due.vague <= n <= due.most + due.vague for _, n, due, _ in _wrong(record))


def _wrong(record: Record) -> Iterator[tuple[_Key, int, _Due, float]]:
    told: dict[_Key, list[float]] = defaultdict(list)
    people = {stay.client for stay in record.stays.all}
    for h in record.of(Kind.JOINED, Kind.LEFT):
        if h.who in people and h.who != h.client:
            told[_Key(h.client, h.kind, h.to, h.who)].append(h.at)
    dues = _dues(record)
    for key in sorted({*told, *dues}):
        times, due = told.get(key, []), dues.get(key) or _Due()
        if any(gap.at >= due.at for gap in record.gaps.get((key.observer, key.room), ())):
            due.vague = max(due.vague, due.least)  # it was told since that it was not told all
        if not due.least <= len(times) <= due.most:
            yield key, len(times), due, times[-1] if times else due.at


def _dues(record: Record) -> dict[_Key, _Due]:
    dues: dict[_Key, _Due] = defaultdict(_Due)
    rooms: dict[str, list[Stay]] = defaultdict(list)
    for stay in record.stays.all:
        rooms[stay.room].append(stay)
    for room, stays in rooms.items():
        for subject in stays:
            for kind, begin, end in _changes(subject):
                usual = record.put_off(begin, begin + _PATIENCE * (record.lease + record.grace))
                spoilt = record.is_undone(begin, min(end, usual))
                # What a loss has undone comes about again, and is told again, also to who came meanwhile.
                until = max(end, record.undone_until(begin, end)) if spoilt else end
                for observer in stays:
                    if observer.opening < until and begin < observer.gone and observer.client != subject.client:
                        due = dues[_Key(observer.client, kind, room, subject.client)]
                        _count(due, observer, begin, end, spoilt=spoilt)
    return dues


def _changes(subject: Stay) -> Iterator[tuple[Kind, float, float]]:
    yield Kind.JOINED, subject.opening, subject.entered
    if subject.leaving != FOREVER:
        # Who was never told that he was in may never have been.
        yield Kind.LEFT, subject.leaving, subject.gone if subject.entered != FOREVER else FOREVER


def _count(due: _Due, observer: Stay, begin: float, end: float, *, spoilt: bool) -> None:
    due.most += 1
    due.vague += spoilt
    # `owed`: what came last proves that the notices before it should have come, too.
    due.least += observer.entered < begin and end < observer.owed
    due.at = min(due.at, begin)


def stranded(record: Record) -> Iterator[Violation]:
    """Lost the connection, and never found another one; or was not let in to the end."""
    here = {stay.client for stay in record.stays.all if stay.leaving == FOREVER}
    end = _looked(record)
    for client, h in record.stays.outages.items():
        # Who lost it in the last moments had no time to find another one: he has his grace for it, and who needs longer
        # keeps the drill waiting.
        if client in here and end - h.at >= record.grace:
            text = f"{client} lost {h.node or 'its node'} and never came back"
            yield Violation("stranded", text, h.at, client, h.node)
    for stay in record.stays.all if record.has_head else ():
        if stay.entered == stay.leaving == FOREVER and stay.opening < end:
            yield Violation("stranded", f"{stay.client} never came into {stay.room}", stay.opening, stay.client)


def gave_up(record: Record) -> Iterator[Violation]:
    """A client ended although nobody asked it to."""
    for h in record.of(Kind.STOPPED):
        yield Violation("gave_up", f"{h.client} gave up: {h.text}", h.at, h.client, h.node)


def put_out(record: Record) -> Iterator[Violation]:
    """A session was lost within the grace."""
    for h, alive in record.stays.renewals:
        if h.at - alive < record.grace and not record.is_spoilt(alive, h.at):
            text = f"{h.client} lost its session {h.at - alive:.1f} s after it certainly had it"
            yield Violation("put_out", text, h.at, h.client, h.node)


def displaced(record: Record) -> Iterator[Violation]:
    """Presence, after everything has settled, does not show people where they are."""
    shown = {h.who: h for h in record.of(Kind.PRESENCE)}
    if not shown and not record.has_head:
        return
    here, maybe = _truth(record)
    for nick, node in sorted(here.items()):
        row = shown[nick].text if nick in shown else "nowhere"
        if row != f"{node} here" and (node or not row.endswith(" here")):
            yield Violation(
                "displaced", f"{nick} is at {node or '?'}, but shown {row}", _at(shown.get(nick)), nick, node
            )
    for nick, h in sorted(shown.items()):
        if nick not in here and nick not in maybe:
            yield Violation("displaced", f"{nick} is shown {h.text}, but has gone", h.at, nick)


def _looked(record: Record) -> float:
    """When the operator looked, with which a drill ends."""
    return min((h.at for h in record.of(Kind.PRESENCE)), default=record.last)


def _at(h: Happening | None) -> float:
    return h.at if h else 0.0


def _truth(record: Record) -> tuple[dict[str, str], set[str]]:
    """Who is there at the operator's look, and at which node; and who may be, or not."""
    here: dict[str, str] = {}
    maybe: set[str] = set()
    looked = _looked(record)
    for stay in record.stays.all:
        if stay.leaving == stay.entered == FOREVER or (stay.leaving != FOREVER and stay.gone == FOREVER):
            maybe.add(stay.client)
        elif stay.leaving == FOREVER:
            here[stay.client] = record.node(stay.client, looked)
    freed = {h.who: h.at for h in record.of(Kind.FREES)}
    maybe |= {h.who for h in record.of(Kind.HOLDS) if h.at > freed.get(h.who, NEVER)}
    return here, maybe - set(here)
