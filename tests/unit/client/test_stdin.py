"""Lines from a file descriptor: a read that a signal or somebody else ends."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from client.terminal.stdin import Lines


class Signalled(Exception):
    pass


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


@pytest.fixture
def lines(pipe: tuple[int, int]) -> Iterator[Lines]:
    made = Lines(pipe[0])
    yield made
    made.close()


def raise_it(*_: object) -> None:
    raise Signalled


@pytest.fixture
def elsewhere() -> Iterator[threading.Timer]:
    """A signal that no system call of the main thread sees: the kernel gives it to another one. It is the same for one
    that comes just before the call."""
    before = signal.signal(signal.SIGUSR1, raise_it)
    timer = threading.Timer(0.1, lambda: signal.pthread_kill(threading.get_ident(), signal.SIGUSR1))
    yield timer
    timer.join()
    signal.signal(signal.SIGUSR1, before)


@pytest.mark.timeout(30)
def test_a_signal_that_interrupts_no_call_ends_the_reading(lines: Lines, elsewhere: threading.Timer) -> None:
    elsewhere.start()
    with pytest.raises(Signalled):
        next(iter(lines))


@pytest.mark.timeout(30)
def test_and_the_waiting(lines: Lines, elsewhere: threading.Timer) -> None:
    elsewhere.start()
    with pytest.raises(Signalled):
        lines.wait()


def test_stopping_ends_what_begins_later_as_well(lines: Lines, pipe: tuple[int, int]) -> None:
    os.write(pipe[1], b"one\n")
    for _ in range(100_000):  # its pipe is full long before
        lines.stop()
    assert list(lines) == []
    lines.wait()


def test_another_thread_may_stop_it(lines: Lines) -> None:
    timer = threading.Timer(0.05, lines.stop)
    timer.start()
    lines.wait()
    timer.join()


def test_lines_come_until_the_end(lines: Lines, pipe: tuple[int, int]) -> None:
    os.write(pipe[1], "eins\nzwei ünï\nhalf".encode())
    reading = iter(lines)
    assert [next(reading), next(reading)] == ["eins", "zwei ünï"]
