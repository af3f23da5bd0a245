"""Rules about what was told to be missing."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator
from enum import Enum

from drill.checker.messages import is_told, missing
from drill.checker.record import Record
from drill.checker.verdict import Violation
from drill.history import Happening, Kind


class _Judgement(Enum):
    TRUE = "something that was owed is missing, or was and came late"
    VAGUE = "what it names may be a joined or a left that was lost, or is missing without having been owed"
    FALSE = "all that it names was shown, or had its turn before"


def false_gaps(record: Record) -> Iterator[Violation]:
    """A gap was told although nothing was lost. Where Redis lost nothing there is none to tell."""
    renewed = {h.client: h.at for h in reversed(list(record.of(Kind.RENEWED)))}  # the first time
    for gap, judgement in _judged(record):
        # Who lost a session was not there for a while, and is told what passed him by.
        was_away = renewed.get(gap.client, gap.at + 1) <= gap.at
        if judgement is _Judgement.FALSE or not (record.may_lose or was_away):
            why = "though Redis lost nothing" if not record.may_lose else "but it had all that"
            text = f"{gap.client} was told that {gap.first}-{gap.last or '?'} of {gap.to} may be missing, {why}"
            yield Violation("false_gaps", text, gap.at, gap.client, gap.node or record.node(gap.client, gap.at))


def vague_gaps(record: Record) -> int:
    """How many can't be judged."""
    return sum(judgement is _Judgement.VAGUE for _, judgement in _judged(record)) if record.may_lose else 0


def told(record: Record) -> int:
    """How many messages are missing, but were told to be."""
    return sum(is_told(record, client, accepted) for client, accepted in missing(record))


class _Entries:
    """Known messages of the logs, by log and epoch in the order of their offsets."""

    def __init__(self, record: Record) -> None:
        found: dict[tuple[str, str], dict[int, str]] = defaultdict(dict)
        for text, places in record.places.items():
            if sent := record.sent.get(text):
                for epoch, offset in places.items():
                    found[sent.to, epoch][offset] = text
        self._logs = {log: (sorted(entries), entries) for log, entries in found.items()}

    def within(self, gap: Happening) -> list[str]:
        """What is known to stand where the gap is, in each epoch that it may mean."""
        log = gap.to if gap.to.startswith("#") else f"@{gap.client}"
        texts: list[str] = []
        for (name, epoch), (offsets, entries) in self._logs.items():
            if name == log and gap.epoch in ("", epoch):
                end = bisect_right(offsets, gap.last) if gap.last else len(offsets)
                texts += (entries[offset] for offset in offsets[bisect_left(offsets, gap.first) : end])
        return texts


def _judged(record: Record) -> Iterator[tuple[Happening, _Judgement]]:
    gaps = list(record.of(Kind.GAP))
    if not gaps:
        return
    entries = _Entries(record)
    passed = _Passed(record)
    owed: dict[str, set[str]] = defaultdict(set)
    for client, accepted in missing(record):
        owed[client].add(accepted.text)
    for gap in gaps:
        yield gap, _judge(record, gap, entries.within(gap), owed[gap.client], passed.by(gap))


class _Passed:
    """How far each client who was told a gap had read each log: logs are read in order, so all up to there had been
    told before, one way or the other."""

    def __init__(self, record: Record) -> None:
        told = {gap.client for gap in record.of(Kind.GAP)}
        self._read: dict[tuple[str, str, str], list[Happening]] = defaultdict(list)
        for h in record.of(Kind.RECEIVED):
            if h.client in told and h.offset:
                self._read[h.client, h.to, h.epoch].append(h)

    def by(self, gap: Happening) -> int:
        """The highest offset that had been read when the gap was told."""
        read = self._read.get((gap.client, gap.to, gap.epoch), [])
        before = bisect_right(read, gap.at, key=lambda h: h.at)
        return read[before - 1].offset if before else 0


def _judge(record: Record, gap: Happening, texts: list[str], owed: set[str], passed: int) -> _Judgement:
    shown = record.shown[gap.client]
    unseen = [text for text in texts if text not in shown and record.sent[text].at <= gap.at]
    late = record.late[gap.client]
    if any(text in owed for text in unseen) or any(late.get(text, -1.0) >= gap.at for text in texts):
        return _Judgement.TRUE
    if unseen or not gap.last or not gap.epoch:
        return _Judgement.VAGUE
    whole = len(texts) == gap.last - gap.first + 1 or gap.last <= passed
    return _Judgement.FALSE if whole else _Judgement.VAGUE
