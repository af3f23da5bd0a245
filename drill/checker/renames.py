"""The rule about renaming."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator

from drill.checker.record import SHOWN, Record
from drill.checker.stays import FOREVER
from drill.checker.verdict import Violation
from drill.history import Happening, Kind


class _Names:
    """Under which nickname a client certainly was: from when it was told so up to when it asked for another one, or may
    have begun anew."""

    def __init__(self, record: Record) -> None:
        self._told: dict[str, list[Happening]] = defaultdict(list)
        self._ends: dict[str, list[float]] = defaultdict(list)
        for act in record.acts.all:
            if act.what in ("rename", "come", "go"):
                self._ends[act.client].append(act.asked)
        for h in record.of(Kind.HOLDS):
            if h.client in self._ends:
                self._told[h.client].append(h)
        for h in record.of(Kind.RENEWED, Kind.STOPPED):
            self._ends[h.client].append(h.at)
        for times in self._ends.values():
            times.sort()

    def at(self, client: str, begin: float, end: float) -> Happening | None:
        """The HOLDS that certainly holds from `begin` to `end`."""
        told = self._told.get(client, [])
        i = bisect_right(told, begin, key=lambda h: h.at)
        if not i:
            return None
        ends = self._ends[client]
        over = bisect_right(ends, told[i - 1].at)
        return told[i - 1] if (ends[over] if over < len(ends) else FOREVER) > end else None

    def took_since(self, client: str, name: str, begin: float, end: float) -> bool:
        """Whether the client took the name between the two."""
        return any(begin < h.at < end and h.who == name for h in self._told.get(client, ()))


def misnamed(record: Record) -> Iterator[Violation]:
    """Somebody was shown under another name than he had since an acknowledged renaming, or got a letter for a name that
    he had given up. A loss of data may undo a renaming: its owner is told then. What it took and its sender says again
    carries the name that he has by then."""
    names = _Names(record)
    for h in record.of(*SHOWN):
        sent, accepted = record.sent.get(h.text), record.accepted.get(h.text)
        if sent is None or accepted is None:
            continue
        held = names.at(sent.client, sent.at, accepted.at)
        again = record.is_spoilt(accepted.at, h.at) and names.took_since(sent.client, h.who, accepted.at, h.at)
        if held and held.who != h.who and not again and not record.is_spoilt(held.at, accepted.at):
            text = f"{h.client} was shown {h.text!r} by {h.who}, but {sent.client} was called {held.who} by then"
            yield Violation("misnamed", text, h.at, h.client, record.node(h.client, h.at))
        held = names.at(h.client, sent.at, h.at) if h.to == "@" else None
        if held and sent.to != f"@{held.who}" and not record.is_spoilt(held.at, h.at):
            text = f"{h.client}, called {held.who} by then, got {h.text!r}, which was said to {sent.to} since"
            yield Violation("misnamed", text, h.at, h.client, record.node(h.client, h.at))
