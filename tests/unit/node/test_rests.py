"""The deliverer's rounds and rests, on its own loop, with a clock that goes on by 2 ms whenever it is looked at."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest

from node.deliverer import MANY, Deliverer
from node.outbox import Outbox
from node.pace import NAP

CROWD = MANY + 4


class Kernel:
    """Socket `number`: takes all, and tells."""

    def __init__(self, number: int, told: Callable[[int, bytes], None]) -> None:
        self._number, self._told = number, told

    def fileno(self) -> int:
        return -1

    def send(self, data: bytes | memoryview, flags: int) -> int:
        self._told(self._number, bytes(data))
        return len(data)

    def shutdown(self, how: int) -> None:
        pass


class Stage:
    """A crowd, and one (`single`, the last number) to whom something is said alone. What happens meanwhile is put into
    `at_send`, by how many sends there were before, and `at_nap`, by how many naps."""

    def __init__(self) -> None:
        self.sends: list[tuple[int, bytes]] = []
        self.naps = 0
        self.at_send: dict[int, Callable[[], None]] = {}
        self.at_nap: dict[int, Callable[[], None]] = {}
        self.deliverer = Deliverer()
        outboxes = [Outbox(Kernel(number, self._sent), 1 << 20, self.deliverer.schedule) for number in range(CROWD + 1)]
        *self.crowd, self.single = outboxes

    def _sent(self, number: int, data: bytes) -> None:
        self.sends.append((number, data))
        self.at_send.pop(len(self.sends), lambda: None)()

    def nap(self, seconds: float) -> None:
        assert seconds == NAP
        self.naps += 1
        self.at_nap.pop(self.naps, lambda: None)()

    def say(self, data: bytes) -> None:
        Outbox.offer_all(self.crowd, data)

    def speak(self) -> None:
        self.single.offer(b"alone\n")

    def run(self) -> None:
        self.say(b"first\n")
        self.deliverer.run()

    def stop_after(self, sends: int) -> None:
        self.at_send[sends] = self.deliverer.stop


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    stage, clock = Stage(), itertools.count()
    watch = SimpleNamespace(monotonic=lambda: next(clock) / 500, sleep=stage.nap)
    monkeypatch.setattr("node.deliverer.time", watch)
    yield stage
    stage.deliverer.close()


def test_what_comes_in_a_rest_goes_out_in_one_call(stage: Stage) -> None:
    stage.at_send[CROWD] = lambda: stage.say(b"2\n")
    stage.at_nap[1] = lambda: stage.say(b"3\n")
    stage.stop_after(2 * CROWD)
    stage.run()
    assert [data for _, data in stage.sends] == [b"first\n"] * CROWD + [b"2\n3\n"] * CROWD
    assert stage.naps


def test_what_is_for_one_alone_does_not_wait_for_the_end_of_a_round(stage: Stage) -> None:
    stage.at_send[1] = stage.speak
    stage.stop_after(CROWD)
    stage.run()
    assert stage.sends[1] == (CROWD, b"alone\n")


def test_nor_for_that_of_a_rest(stage: Stage) -> None:
    stage.at_send[CROWD] = lambda: stage.say(b"2\n")
    stage.at_nap[1] = stage.speak
    naps: list[int] = []
    stage.at_send[CROWD + 1] = lambda: naps.append(stage.naps)
    stage.stop_after(CROWD + 2)
    stage.run()
    assert stage.sends[CROWD] == (CROWD, b"alone\n")
    assert naps == [1] != [stage.naps]


def test_one_who_is_spoken_to_all_the_time_does_not_stop_a_large_room(stage: Stage) -> None:
    def again() -> None:
        if len(stage.sends) < 20 * CROWD:
            stage.at_send[len(stage.sends) + 1] = again
            for _ in range(2):
                stage.single._schedule((stage.single,))
            stage.single.offer(b"alone\n")
        else:
            stage.deliverer.stop()

    stage.at_send[1] = again
    stage.run()
    at = [turn for turn, (number, _) in enumerate(stage.sends) if number < CROWD]
    assert len(at) >= CROWD
    assert max(at[:CROWD]) < 6 * CROWD


def test_a_further_burst_for_those_who_are_due_already_ends_a_rest(stage: Stage) -> None:
    """It rings for nobody: the rest has to look."""
    stage.at_send[CROWD] = lambda: stage.say(b"2\n")
    stage.at_nap[1] = lambda: stage.say(b"3\n")
    stage.stop_after(2 * CROWD)
    stage.run()
    assert stage.naps <= 2
