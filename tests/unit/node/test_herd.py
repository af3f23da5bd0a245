"""Many who come back at once, or after very long: what they cost, and what they are told."""

from __future__ import annotations

from typing import cast

import pytest

from cluster.types import Entry, Page, Position
from node.delivery import NEWEST
from node.feed import Feed
from node.metrics import Metrics
from node.pages import LIMIT, SPAN, Pages
from node.workers import Workers
from tests.unit.node.feed_bench import LOG, Reader, Steps
from wire.frames import Gap, Message

HERD = 50


class Log:
    """A log in Redis, trimmed below `first`; counts who reads it."""

    def __init__(self, top: int, first: int = 1, text: str = "hello") -> None:
        self.top, self.first, self.text = top, first, text
        self.reads = 0
        self.steps = Steps()
        self.feed = Feed(LOG, self.read, cast("Workers", self.steps), Metrics())
        self.readers: list[Reader] = []

    @property
    def place(self) -> Position:
        return Position("E1", self.top)

    def entry(self, offset: int) -> Entry:
        return Entry(LOG, "E1", offset, 1, "message", "s", offset, "bob", self.text)

    def read(self, log: str, after: Position, limit: int) -> Page:
        self.reads += 1
        start = max(after.offset + 1, self.first)
        entries = tuple(self.entry(offset) for offset in range(start, min(self.top, start + limit - 1) + 1))
        lost = (after.offset + 1, start - 1) if start > after.offset + 1 else (0, 0)
        return Page(self.place, start, entries, "E1" if lost[0] else "", *lost)

    def come(self, cursor: int, limit: int = 1 << 20) -> Reader:
        self.readers.append(Reader(self.feed, Position("E1", cursor), self.place, limit))
        return self.readers[-1]

    def settle(self) -> None:
        for _ in range(100_000):
            for reader in self.readers:
                if reader.outbox.size:
                    reader.drain()
            if not self.steps.due:
                return
            self.steps.step(0)
        raise AssertionError("it never comes to rest")


def test_a_herd_reads_a_page_once_not_each_for_itself() -> None:
    log = Log(top=1000)
    herd = [log.come(500 - number % 3) for number in range(HERD)]
    log.settle()
    for number, reader in enumerate(herd):
        assert reader.said() == list(range(501 - number % 3, 1001))
    assert log.reads <= 5


def test_live_entries_follow_a_shared_page_without_a_hole() -> None:
    log = Log(top=1000)
    herd = [log.come(450) for _ in range(HERD)]
    log.top += 1
    log.feed.receive(log.entry(1001))
    log.settle()
    log.top += 1
    log.feed.receive(log.entry(1002))
    assert all(reader.said() == list(range(451, 1003)) for reader in herd)


def test_who_must_end_somewhere_is_not_given_a_page_beyond_that() -> None:
    log = Log(top=1000)
    log.come(400)
    log.settle()
    late = log.come(400)
    ended: list[bool] = []
    log.feed.finish(late.delivery, Position("E1", 450), ended.append)
    log.settle()
    assert late.said() == list(range(401, 451))
    assert ended == [False]


@pytest.mark.parametrize("text", ["x", "x" * 2000])
def test_a_room_keeps_few_bytes_of_pages_and_forgets_them(text: str) -> None:
    log = Log(top=40 * SPAN, text=text)
    pages = Pages(lambda after, limit: log.read(LOG, after, limit))
    for number in range(40):
        pages.after(Position("E1", number * SPAN))
        assert pages._size <= LIMIT
    pages.age()
    pages.age()
    assert (pages._size, len(pages._kept)) == (0, 0)


def test_a_page_that_has_grown_is_read_again() -> None:
    log = Log(top=150)
    pages = Pages(lambda after, limit: log.read(LOG, after, limit))
    assert [one.entry.offset for one in pages.after(Position("E1", 100))] == list(range(101, 151))
    log.top = 300
    assert [one.entry.offset for one in pages.after(Position("E1", 150))] == list(range(151, 201))
    assert [one.entry.offset for one in pages.after(Position("E1", 100))] == list(range(101, 201))
    assert log.reads == 2


def test_who_was_away_beyond_the_reach_of_the_log_gets_a_gap_and_the_newest() -> None:
    log = Log(top=20_000, first=10_001)
    reader = log.come(3)
    log.settle()
    gap, *rest = reader.frames()
    assert gap == Gap(log=LOG, former="E1", complete=3, first=4, last=20_000 - NEWEST)
    assert [frame.offset for frame in rest if isinstance(frame, Message)] == list(range(20_001 - NEWEST, 20_001))
    assert log.reads <= 2 + 2 * (NEWEST // SPAN + 1)


def test_one_of_a_former_epoch_is_told_what_was_trimmed_since_though_his_numbers_are_larger() -> None:
    """Redis leads such a cursor to its place first, and says of the trimmed range only to who reads on from there."""
    trimmed = Log(top=3_000, first=2_182)
    present = trimmed.read

    def read(log: str, after: Position, limit: int) -> Page:
        return present(log, after, limit) if after.epoch == "E1" else Page(trimmed.place, 2_014, ())

    trimmed.feed._reader = read
    trimmed.readers.append(Reader(trimmed.feed, Position("E0", 25_683), trimmed.place))
    trimmed.settle()
    (reader,) = trimmed.readers
    gaps = [frame for frame in reader.frames() if isinstance(frame, Gap)]
    assert [(gap.former, gap.complete, gap.first, gap.last) for gap in gaps] == [("E1", 2_013, 2_014, 2_181)]
    assert reader.said() == list(range(2_182, 3_001))


def test_who_has_left_meanwhile_gets_all_that_is_left_up_to_its_leaving() -> None:
    log = Log(top=20_000, first=10_001)
    reader = log.come(3)
    log.feed.finish(reader.delivery, Position("E1", 15_000), lambda _: None)
    log.settle()
    assert reader.said() == list(range(10_001, 15_001))


def test_who_was_away_within_the_reach_of_the_log_gets_all_of_it() -> None:
    log = Log(top=12_000, first=2_031)
    reader = log.come(2_050)
    log.settle()
    assert reader.said() == list(range(2_051, 12_001))
    assert not [frame for frame in reader.frames() if isinstance(frame, Gap)]


def test_replay_of_a_long_absence_waits_for_its_client() -> None:
    log = Log(top=10_000, text="x" * 1000)
    reader = log.come(0, limit=400_000)
    for _ in range(1000):
        log.steps.step(0)
    assert reader.outbox.size < 400_000
    assert not reader.outbox.overflowed
    log.settle()
    assert reader.said() == list(range(1, 10_001))
