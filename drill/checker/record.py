"""A history, arranged for the rules: each looks only at what concerns it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property

from drill.checker.acts import Acts
from drill.checker.stays import FOREVER, Stays
from drill.checker.troubles import Troubles
from drill.history import Happening, Kind

SHOWN = (Kind.RECEIVED, Kind.HISTORY, Kind.LATE)
_SERVED = (Kind.ENTERED, Kind.MOVED, Kind.RENEWED)


class Record(Troubles):
    """`sent` and `accepted`: the first of each, by text. Not to be changed once it is made."""

    def __init__(self, history: Sequence[Happening]) -> None:
        super().__init__(history)
        self.stays = Stays()
        self.sent: dict[str, Happening] = {}
        self.accepted: dict[str, Happening] = {}
        self.last = max((happening.at for happening in history), default=0.0)
        for happening in history:
            self._take(happening)

    def _take(self, h: Happening) -> None:
        if h.kind is Kind.RECEIVED:
            if sent := self.sent.get(h.text):
                self.stays.got(h.client, h.to, sent.at)
        elif h.kind is Kind.SENT:
            self.sent.setdefault(h.text, h)
        elif h.kind is Kind.ACCEPTED:
            self.accepted.setdefault(h.text, h)
            if sent := self.sent.get(h.text):
                self.stays.got(h.client, "", sent.at)
        else:
            self.stays.follow(h)

    @cached_property
    def shown(self) -> dict[str, set[str]]:
        """By client: the texts that it got in any way."""
        shown: dict[str, set[str]] = defaultdict(set)
        for h in self.of(*SHOWN):
            shown[h.client].add(h.text)
        return shown

    @cached_property
    def late(self) -> dict[str, dict[str, float]]:
        """By client: the texts that were brought back to it out of their order, and when."""
        late: dict[str, dict[str, float]] = defaultdict(dict)
        for h in self.of(Kind.LATE):
            late[h.client].setdefault(h.text, h.at)
        return late

    @cached_property
    def places(self) -> dict[str, dict[str, int]]:
        """By text: where it stands in its log, epoch -> offset, as whoever told it first."""
        places: dict[str, dict[str, int]] = {}
        for h in self.of(Kind.ACCEPTED, *SHOWN, Kind.LOGGED):
            if h.offset and h.text:
                places.setdefault(h.text, {}).setdefault(h.epoch, h.offset)
        return places

    @cached_property
    def epochs(self) -> dict[str, int]:
        """The lives of the logs, numbered from 1 as they were first seen: all logs name a life alike. One in which
        something was accepted counts, though nobody was shown anything of it."""
        first: dict[str, float] = {}
        for h in self.of(Kind.ACCEPTED, *SHOWN):
            if h.epoch:
                first[h.epoch] = min(h.at, first.get(h.epoch, h.at))
        return {epoch: i for i, epoch in enumerate(sorted(first, key=first.__getitem__), 1)}

    @cached_property
    def stands(self) -> dict[tuple[str, str], frozenset[int]]:
        """By log and epoch: the offsets at which a message is known to stand. An inbox is its owner's: `@ben`."""
        found: dict[tuple[str, str], set[int]] = defaultdict(set)
        for h in self.of(Kind.ACCEPTED, *SHOWN):
            if h.offset:
                found[f"@{h.client}" if h.to == "@" else h.to, h.epoch].add(h.offset)
        return {place: frozenset(offsets) for place, offsets in found.items()}

    @cached_property
    def gaps(self) -> dict[tuple[str, str], list[Happening]]:
        """By client and log."""
        gaps: dict[tuple[str, str], list[Happening]] = defaultdict(list)
        for gap in self.of(Kind.GAP):
            gaps[gap.client, gap.to].append(gap)
        return gaps

    @cached_property
    def _read(self) -> dict[tuple[str, str], tuple[list[float], list[Happening]]]:
        """By client and log: what it was shown with its place, by time."""
        read: dict[tuple[str, str], list[Happening]] = defaultdict(list)
        for h in sorted(self.of(Kind.RECEIVED, Kind.LATE), key=lambda h: h.at):
            if h.offset:
                read[h.client, h.to].append(h)
        return {place: ([h.at for h in shown], shown) for place, shown in read.items()}

    def goes_on(self, gap: Happening) -> Happening | None:
        """What the client of a gap was shown next in that log; None: nothing any more, or it knows no places."""
        times, shown = self._read.get((gap.client, gap.to), ((), ()))
        after = bisect_left(times, gap.at)
        return shown[after] if after < len(shown) else None

    @cached_property
    def names(self) -> dict[str, set[str]]:
        """By client: all nicknames that it ever had."""
        names: dict[str, set[str]] = defaultdict(set)
        for h in self.of(Kind.HOLDS):
            names[h.client].add(h.who)
        for act in self.acts.of("come", "rename"):
            names[act.client].add(act.who)
        return names

    @cached_property
    def acts(self) -> Acts:
        """What people asked for, and were answered."""
        return Acts(self.of(Kind.ASKED), self.of(Kind.ANSWERED), self.of(Kind.RENEWED, Kind.STOPPED))

    def is_named(self, client: str, nick: str) -> bool:
        """Whether `client` is, or was once, known as `nick`."""
        return client == nick or nick in self.names.get(client, ())

    # -- where and when ----------------------------------------------------------------------

    @cached_property
    def _nodes(self) -> dict[str, tuple[list[float], list[str]]]:
        nodes: dict[str, tuple[list[float], list[str]]] = defaultdict(lambda: ([], []))
        for h in sorted(self.of(*_SERVED), key=lambda h: h.at):
            name = h.who if h.kind is Kind.MOVED else h.node
            if name:
                nodes[h.client][0].append(h.at)
                nodes[h.client][1].append(name)
        return nodes

    def node(self, client: str, at: float = FOREVER) -> str:
        """Where `client` was connected at `at`, or last before; empty: not known."""
        times, names = self._nodes.get(client, ((), ()))
        return names[max(0, bisect_right(times, at) - 1)] if names else ""
