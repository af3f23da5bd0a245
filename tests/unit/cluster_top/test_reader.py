"""The thread that reads."""

from __future__ import annotations

import queue
import threading

import pytest

from cluster.top.facts import NODES, ROOMS, Reading, Want
from cluster.top.reader import Reader
from tests.support.waiting import wait_until
from tests.unit.cluster_top.world import Script

FAR = 3600.0


class Heard:
    """A reader that has been started, and what came of it."""

    def __init__(self, source: Script, interval: float = FAR) -> None:
        self.readings: queue.Queue[Reading] = queue.Queue()
        self.failures: queue.Queue[Exception] = queue.Queue()
        self.source = source
        self.reader = Reader(source, interval, self.readings.put, self.failures.put)
        self.reader.start()

    def next(self) -> Reading:
        found = self.readings.get(timeout=30)
        self.reader.taken()
        return found

    def stop(self) -> None:
        self.reader.stop()
        self.reader.stop()
        assert self.source.closed.wait(30)
        wait_until(lambda: not any(one.name == "top-read" for one in threading.enumerate()))


def script() -> Script:
    return Script(lambda at, want: Reading(at))


def test_it_reads_at_once_when_something_else_is_wanted() -> None:
    heard = Heard(script())
    heard.next()
    heard.reader.want(Want(ROOMS))
    heard.next()
    heard.reader.hurry()
    heard.next()
    heard.reader.want(Want(ROOMS))  # nothing else
    with pytest.raises(queue.Empty):
        heard.readings.get(timeout=0.2)
    heard.stop()
    assert heard.source.wants == [Want(NODES), Want(ROOMS), Want(ROOMS)]


def test_it_goes_on_by_itself() -> None:
    heard = Heard(script(), interval=0.01)
    for _ in range(3):
        heard.next()
    heard.stop()


def test_a_screen_that_takes_nothing_gets_nothing_more() -> None:
    heard = Heard(script(), interval=0.001)
    heard.readings.get(timeout=30)
    heard.reader.hurry()
    with pytest.raises(queue.Empty):
        heard.readings.get(timeout=0.2)
    heard.stop()
    assert len(heard.source.wants) == 1


def test_what_can_not_go_on_is_told_once() -> None:
    def fail(at: float, want: Want) -> Reading:
        raise ValueError("no")

    heard = Heard(Script(fail))
    assert str(heard.failures.get(timeout=30)) == "no"
    heard.stop()
    assert heard.failures.empty()


def test_the_end_does_not_wait_for_a_reading_that_hangs() -> None:
    go = threading.Event()

    def hang(at: float, want: Want) -> Reading:
        go.wait(30)
        return Reading(at)

    heard = Heard(Script(hang))
    heard.reader.stop()  # returns, though nothing was read
    go.set()
    heard.stop()
    assert heard.readings.empty()
