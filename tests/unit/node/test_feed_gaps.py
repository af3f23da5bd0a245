"""What a feed tells of gaps, and to whom."""

from __future__ import annotations

from msgspec.structs import replace

from cluster.types import Entry, Position
from tests.unit.node.feed_bench import LOG, Bench
from wire import Dialect
from wire.frames import Gap


def test_a_gap_entry_is_told_to_each_as_far_as_it_concerns_him() -> None:
    bench = Bench()
    for _ in range(5):
        bench.publish()
    everything, little = bench.join(), bench.join(Position("E1", 2))
    bench.store.rewind("E2", {LOG: 2})
    # What the cluster writes when a node could tell what was lost; the cursor's own reading is silent then.
    bench.store.forks[LOG]["E1"] = 5
    bench.store.logs[LOG] += [Entry(LOG, "E2", o, 0, "message", "s", 90 + o, "bob", "again") for o in (4, 5)]
    bench.store.append(LOG, "gap", "", 0, "", "E1 4 5")
    bench.settle()
    gaps = [next(f for f in reader.frames() if isinstance(f, Gap)) for reader in (everything, little)]
    assert [(gap.complete, gap.first, gap.last, gap.offset) for gap in gaps] == [(5, 4, 5, 6), (2, 4, 5, 6)]


def test_who_reads_lines_is_told_of_a_gap_from_where_he_had_come_to() -> None:
    bench = Bench()
    bench.publish()
    before = bench.join(dialect=Dialect.PLAIN)
    bench.store.rewind("E2", {LOG: 0})
    bench.settle()
    after = bench.join(dialect=Dialect.PLAIN)
    bench.store.append(LOG, "gap", "", 0, "", "E1 1 700")
    bench.settle()
    told = []
    for reader in (before, after):
        reader.drain()
        told.append(b"".join(reader.taken))
    assert b"complete to #1; 2-700 may be missing" in told[0]
    # Whether he had come before, and left, or was answered late, is not known here: better once too often than never.
    assert b"1-700 may be missing" in told[1]


def test_who_reads_lines_is_not_told_of_a_gap_once_more_when_that_has_come_back() -> None:
    bench = Bench()
    for _ in range(3):
        bench.feed.receive(bench.publish())
    plain = bench.join(dialect=Dialect.PLAIN)
    for place in (3, 4):
        bench.store.rewind(f"E{place}", {})
        bench.store.append(LOG, "gap", "", 0, "", f"E0 {place} {place}")
        bench.store.logs[LOG][-1] = replace(bench.store.logs[LOG][-1], was=(Position("E1", place),))
        bench.settle()
    plain.drain()
    # The first one had stood in front of its coming.
    assert [line for line in plain.taken if b"missing" in line] == [b"! #room: complete to #3; 4 may be missing"]
