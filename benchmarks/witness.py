"""People at the nodes that live on, on a thread in a process of their own: what they notice is the cluster's doing, not
that of the busy process that plays the herd."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from types import TracebackType

from benchmarks.crowd import Crowd
from benchmarks.person import Manner, Person
from wire.address import Address

PEOPLE = 20
EVERY = 0.2
PREFIX = "w"
_STARTED_WITHIN = 60.0

Times = list[tuple[float, float]]
"""(said, until it came), seconds; the first of the monotonic clock, which all processes share."""


class Witnesses:
    """Use as a context manager, from one thread. `addresses`: of nodes that are not to be killed. Raises EOFError when
    their process has died."""

    def __init__(self, addresses: Sequence[Address]) -> None:
        context = multiprocessing.get_context("spawn")
        self._link, theirs = context.Pipe()
        self._process = context.Process(target=_live, args=(list(addresses), theirs), daemon=True)
        self._process.start()
        theirs.close()

    @property
    def pid(self) -> int:
        return self._process.pid or 0

    def __enter__(self) -> Witnesses:
        """Returns when all of them are in and talk."""
        if not self._link.poll(_STARTED_WITHIN):
            raise TimeoutError(f"the witnesses are not in after {_STARTED_WITHIN:g} s")
        self._link.recv()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._link.close()
        self._process.join(10)
        self._process.kill()

    def report(self) -> tuple[Times, Times, int]:
        """Until what they said was accepted; until another one heard it; how often one of them was cut off."""
        self._link.send("report")
        found: tuple[Times, Times, int] = self._link.recv()
        return found


class _Diary:
    def __init__(self) -> None:
        self.answers: Times = []
        self.hearings: Times = []
        self.cuts = 0

    def disconnected(self, person: Person, now: float) -> None:
        self.cuts += 1

    def moved(self, person: Person, now: float) -> None:
        pass

    def accepted(self, person: Person, said: float, now: float) -> None:
        self.answers.append((said, now - said))

    def heard(self, person: Person, speaker: str, said: float, now: float) -> None:
        if person.nick != speaker and speaker.startswith(PREFIX):  # a stranger's words are no times
            self.hearings.append((said, now - said))


def _live(addresses: list[Address], link: Connection) -> None:
    """The process: until it is asked for the report, or its parent is gone."""
    diary = _Diary()
    manners = [
        Manner(
            [addresses[(number + step) % len(addresses)] for step in range(len(addresses))], "#witness", EVERY, PREFIX
        )
        for number in range(PEOPLE)
    ]
    with Crowd(manners, diary) as crowd:
        crowd.enter(_STARTED_WITHIN)
        for person in crowd.people:
            person.chat(time.monotonic())
            crowd.poke(person)
        link.send("ready")
        try:
            while not link.poll():
                crowd.turn(0.02)
            link.recv()
            link.send((diary.answers, diary.hearings, diary.cuts))
        except (EOFError, OSError):
            pass  # the parent is gone, or wants no report
