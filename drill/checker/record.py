"""A history, arranged for the rules: each looks only at what concerns it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import msgspec

from drill.checker.acts import Acts
from drill.checker.stays import FOREVER, Stays
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
SHOWN = (Kind.RECEIVED, Kind.HISTORY, Kind.LATE)
_SERVED = (Kind.ENTERED, Kind.MOVED, Kind.RENEWED)


class Record:
    """`sent` and `accepted`: the first of each, by text. Not to be changed once it is made."""

    def __init__(self, history: Sequence[Happening]) -> None:
        self.stays = Stays()
        self.sent: dict[str, Happening] = {}
        self.accepted: dict[str, Happening] = {}
        self.last = max((happening.at for happening in history), default=0.0)
        self._by_kind: dict[Kind, list[Happening]] = defaultdict(list)
        for happening in history:
            self._by_kind[happening.kind].append(happening)
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

    def of(self, *kinds: Kind) -> Iterator[Happening]:
        """Kind by kind, each in the order of the history."""
        for kind in kinds:
            yield from self._by_kind.get(kind, ())

    def count(self, kind: Kind) -> int:
        return len(self._by_kind.get(kind, ()))

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

    # -- what was done to the cluster -----------------------------------------------------------

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
