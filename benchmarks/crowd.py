"""Many clients on one thread: a selector and a heap of deadlines."""

from __future__ import annotations

import heapq
import resource
import selectors
import time
from collections.abc import Callable, Sequence

from benchmarks.person import Diary, Manner, Person

AT_ONCE = 50
"""People who come in at one time: the herd to be measured is another one."""


class Crowd:
    """One thread only. Use as a context manager."""

    def __init__(self, manners: Sequence[Manner], diary: Diary) -> None:
        _allow_descriptors(len(manners) * 2 + 64)
        self._selector = selectors.DefaultSelector()
        self.people = [Person(number, manner, diary, self._watch) for number, manner in enumerate(manners)]
        self._heap: list[tuple[float, int]] = []
        self._noted = [float("inf")] * len(manners)  # the earliest time in the heap, of each
        self.lag = 0.0  # the longest time away from the selector

    def __enter__(self) -> Crowd:
        return self

    def __exit__(self, *_: object) -> None:
        for person in self.people:
            person.close()
        self._selector.close()

    def enter(self, within: float) -> None:
        """Everybody comes in, and into its room."""
        coming = list(reversed(self.people))
        inside: list[Person] = []
        until = time.monotonic() + within
        while coming or inside:
            while coming and len(inside) < AT_ONCE:
                inside.append(coming.pop())
                inside[-1].start(time.monotonic())
                self._note(inside[-1])
            self.turn(0.05)
            inside = [person for person in inside if not person.settled]
            if time.monotonic() > until:
                raise TimeoutError(f"{len(coming) + len(inside)} people are not in after {within:g} s")

    def run(self, seconds: float, enough: Callable[[], bool] = lambda: False) -> None:
        """Lets it live for so long, or until `enough`."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and not enough():
            self.turn(0.02)

    def turn(self, patience: float) -> None:
        """What is due, once."""
        now = time.monotonic()
        wait = max(0.0, min(patience, self._heap[0][0] - now)) if self._heap else patience
        ready = self._selector.select(wait)
        began = now = time.monotonic()
        for key, events in ready:
            person, link = key.data
            now = time.monotonic()
            person.ready(link, events, now)
            self._note(person)
        while self._heap and self._heap[0][0] <= now:
            self._advance(heapq.heappop(self._heap))
        self.lag = max(self.lag, time.monotonic() - began)

    def poke(self, person: Person) -> None:
        """It has something to do now."""
        person.advance(time.monotonic())
        self._note(person)

    def _advance(self, noted: tuple[float, int]) -> None:
        at, number = noted
        person = self.people[number]
        if at <= self._noted[number]:
            self._noted[number] = float("inf")
        if person.due <= at:
            person.advance(time.monotonic())
        self._note(person)

    def _note(self, person: Person) -> None:
        due = person.due
        if due < self._noted[person.number]:
            self._noted[person.number] = due
            heapq.heappush(self._heap, (due, person.number))

    def _watch(self, person: Person, link: int, fileno: int, events: int) -> None:
        if fileno in self._selector.get_map():
            self._selector.unregister(fileno)
        if events:
            self._selector.register(fileno, events, (person, link))


def _allow_descriptors(wanted: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
