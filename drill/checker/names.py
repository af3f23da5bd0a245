"""The rule about nicknames."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from drill.checker.record import Record
from drill.checker.stays import FOREVER, NEVER
from drill.checker.verdict import Violation
from drill.history import Happening, Kind
from wire.errors import BadName
from wire.names import LOBBY, nickname

_ENDS = (Kind.HOLDS, Kind.FREES, Kind.LEAVING, Kind.GONE, Kind.RENEWED, Kind.STOPPED)


class _Hold(NamedTuple):
    begin: float
    end: float
    told: Happening


def two_holders(record: Record) -> Iterator[Violation]:
    """Two clients certainly had one nickname at the same time.

    A hold is certain from when it was told up to the first sign that it may be over; a connection may be dead for long
    before its client notices, so it counts for the grace only, and after that as far as something came of it."""
    for name, holds in _holds(record).items():
        widest: _Hold | None = None
        for hold in sorted(holds, key=lambda hold: hold.begin):
            if widest and hold.begin < widest.end and hold.told.client != widest.told.client:
                a, b = widest.told.client, hold.told.client
                text = f"{a} and {b} both had the nickname {name!r} for {min(widest.end, hold.end) - hold.begin:.3f} s"
                yield Violation("two_holders", text, hold.begin, b, hold.told.node)
            widest = hold if widest is None or hold.end > widest.end else widest


def _holds(record: Record) -> dict[str, list[_Hold]]:
    ends, signs = _ends(record), _signs(record)
    holds: dict[str, list[_Hold]] = defaultdict(list)
    for told in record.of(Kind.HOLDS):
        end = _next(ends[told.client], told.at)
        sign = max(told.at, _last(signs[told.client], end))
        certain = min(end, sign + record.grace) if record.has_head else end
        holds[_mapped(told.who)].append(_Hold(told.at, certain, told))
    return holds


def _next(times: list[float], after: float) -> float:
    i = bisect_right(times, after)
    return times[i] if i < len(times) else FOREVER


def _last(times: list[float], before: float) -> float:
    i = bisect_left(times, before)
    return times[i - 1] if i else NEVER


def _ends(record: Record) -> dict[str, list[float]]:
    """By client: when it may have lost its session, sorted. An outage that ended well is none: the name was kept."""
    ends: dict[str, list[float]] = defaultdict(list)
    for h in record.of(*_ENDS):
        if not h.to.startswith("#") or h.to == LOBBY:
            ends[h.client].append(h.at)
    down: dict[str, float] = {}
    for h in sorted(record.of(Kind.DISCONNECTED, Kind.MOVED, Kind.HOLDS), key=lambda h: h.at):
        began = down.pop(h.client, None)
        if began is not None and h.kind is not Kind.MOVED:
            ends[h.client].append(began)
        if h.kind is Kind.DISCONNECTED:
            down[h.client] = h.at
    for client, at in down.items():
        ends[client].append(at)
    for times in ends.values():
        times.sort()
    return ends


def _signs(record: Record) -> dict[str, list[float]]:
    """By client who ever held a name: when he said what was accepted, or what came to him was said. Sorted."""
    holders = {h.client for h in record.of(Kind.HOLDS)}
    signs: dict[str, list[float]] = defaultdict(list)
    for h in record.of(Kind.ACCEPTED, Kind.RECEIVED):
        if h.client in holders and h.text in record.sent:
            signs[h.client].append(record.sent[h.text].at)
    for times in signs.values():
        times.sort()
    return signs


def _mapped(name: str) -> str:
    try:
        return nickname(name).mapped
    except BadName:
        return name
