"""Feeds and deliveries: whatever gets lost, repeated or rewound, each client sees each entry once, in order.

The workers are replaced by a set of tasks that the test steps in an order of its own, and a read can
be interrupted by live entries: so every interleaving that threads could make can be drawn.
"""

from __future__ import annotations

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from cluster.types import Entry, Position
from tests.unit.node.feed_bench import LOG, Bench, Reader


class FeedMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        # Two or three entries are kept: so who is a little behind goes on from memory, who is more so reads.
        self.bench = Bench(recent=1600)
        self.late: list[Entry] = []
        self.away: list[tuple[Reader, Position]] = []
        self.lost: set[int] = set()
        self.epochs = 1
        self.bench.store.top(LOG)

    @rule(heard=st.sampled_from(["live", "lost", "late", "twice"]))
    def publish(self, heard: str) -> None:
        entry = self.bench.publish()
        if heard in ("live", "twice"):
            self.bench.feed.receive(entry)
        if heard in ("late", "twice"):
            self.late.append(entry)

    @rule(number=st.integers(0, 5))
    def hear_late(self, number: int) -> None:
        if self.late:
            self.bench.feed.receive(self.late.pop(number % len(self.late)))

    @rule(number=st.integers(0, 5), meanwhile=st.integers(0, 3), rewind=st.integers(0, 9))
    def step(self, number: int, meanwhile: int, rewind: int) -> None:
        def during() -> None:
            self.bench.during_read = lambda: None
            for _ in range(meanwhile):
                self.bench.feed.receive(self.bench.publish())
            self.hear_late(number)

        if rewind < 3:
            self.rewind(rewind)
        self.bench.during_read = during
        self.bench.steps.step(number)
        self.bench.during_read = lambda: None

    @rule()
    def newcomer(self) -> None:
        self.bench.join()

    @rule(back=st.integers(0, 6))
    def returner(self, back: int) -> None:
        top = self.bench.store.top(LOG)
        self.bench.join(Position(top.epoch, max(0, top.offset - back)))

    @rule(number=st.integers(0, 5))
    def go_away(self, number: int) -> None:
        """A client leaves with its cursor; rewinds may come before it is back."""
        if self.bench.readers:
            old = self.bench.readers.pop(number % len(self.bench.readers))
            place = self.bench.feed.place(old.delivery)
            self.bench.feed.detach(old.delivery)
            if place is not None:
                self.away.append((old, place))

    @rule(number=st.integers(0, 5))
    def come_back(self, number: int) -> None:
        if self.away:
            old, place = self.away.pop(number % len(self.away))
            new = self.bench.join(place)
            new.start = old.start
            new.taken = old.taken + self._rest(old)

    @staticmethod
    def _rest(reader: Reader) -> list[bytes]:
        reader.taken, kept = [], reader.taken
        reader.drain()
        rest, reader.taken = reader.taken, kept
        return rest

    @rule(lost=st.integers(0, 2))
    def rewind(self, lost: int) -> None:
        entries = self.bench.store.logs.get(LOG, [])
        lost = min(lost, len(entries))
        self.lost |= {entry.n for entry in entries[len(entries) - lost :]}
        self.epochs += 1
        self.bench.store.rewind(f"E{self.epochs}", {LOG: lost})

    @rule()
    def recovered(self) -> None:
        self.bench.feed.missing()

    @invariant()
    def nothing_twice_and_in_order(self) -> None:
        for reader in self.bench.readers:
            said = reader.said()
            assert said == sorted(set(said))

    def teardown(self) -> None:
        self.bench.settle()
        present = [entry for entry in self.bench.store.logs.get(LOG, []) if entry.n not in self.lost]
        for reader in self.bench.readers:
            owed = [entry.n for entry in present if self._is_owed(reader, entry)]
            said = [n for n in reader.said() if n not in self.lost]
            assert said == owed, (reader.start, reader.taken)
            assert reader.delivery in self.bench.feed._live

    def _is_owed(self, reader: Reader, entry: Entry) -> bool:
        # Offsets that a rewind took away are used again, so what is owed after the fork is all of it.
        fork = reader.start.offset
        for epoch, top in self.bench.store.forks.get(LOG, {}).items():
            if int(epoch[1:]) >= int(reader.start.epoch[1:]):
                fork = min(fork, top)
        return entry.offset > fork


FeedMachine.TestCase.settings = settings(max_examples=300, stateful_step_count=40, deadline=None)
TestFeed = FeedMachine.TestCase
