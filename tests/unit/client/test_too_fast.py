"""A node says that we are too fast: what waits, what goes on, and how slowly."""

from __future__ import annotations

import random

import pytest

from client.requests import CAREFUL, MAX_TRIES, Requests
from client.unsent import Saying, Unsent
from wire.frames import ClientFrame, Say

WINDOW = 64


class Limited:
    """A node whose bucket holds `burst`, and gets `rate` a second."""

    def __init__(self, rate: float, burst: int) -> None:
        self.rate, self.burst = rate, burst
        self.tokens, self.at, self.rest = float(burst), 0.0, 0.0
        self.last, self.refused = 0, 0

    def hears(self, line: Unsent, frames: list[Say], now: float) -> None:
        """Answers in order, refusals first: accepted comes later, from Redis."""
        self.tokens = min(self.burst, self.tokens + (now - self.at) * self.rate)
        self.at = now
        taken: list[int] = []
        for frame in frames:
            if now >= self.rest and self.tokens >= 1 and frame.n == self.last + 1:
                self.tokens -= 1
                self.last = frame.n
                taken.append(frame.n)
                continue
            if now >= self.rest:
                self.rest = now + max(0.2, (1 - self.tokens) / self.rate)
            self.refused += 1
            line.too_fast(frame.n, self.rest - now, now)
        for n in taken:
            line.outcome(n)


def unsent(count: int) -> Unsent:
    line = Unsent(WINDOW, 0.1, 2.0, random.Random(1))
    for ticket in range(1, count + 1):
        line.add(Saying(ticket, "#lobby", "x", None))
    return line


@pytest.mark.parametrize("rate", [2.0, 50.0])
def test_all_is_said_in_order_at_the_rate_and_without_a_storm(rate: float) -> None:
    line, node, now = unsent(400), Limited(rate, 100), 0.0
    for _ in range(10_000):
        while frames := line.due(now):
            node.hears(line, frames, now)
        if not line.pending:
            break
        deadline = line.deadline()
        assert deadline is not None
        assert deadline > now, "or it would spin"
        now = deadline
    assert line.pending == 0
    assert node.last == 400
    assert now <= 300 / rate * 1.5 + 1
    # Each wave is at most about twice of what comes through.
    assert node.refused < 3 * 400


def test_the_pause_holds_though_earlier_answers_come() -> None:
    line = unsent(4)
    line.due(10.0)
    first = line.too_fast(3, 0.5, 10.0)
    assert first is not None
    assert first.tries == 1
    assert line.too_fast(4, 0.5, 10.0) is None, "told once for all that was on its way"
    line.outcome(1)
    line.outcome(2)
    assert line.due(10.4) == []
    assert line.deadline() == 10.5
    assert [frame.n for frame in line.due(10.5)] == [3, 4]


def test_it_holds_on_another_connection_too() -> None:
    line = unsent(2)
    line.due(10.0)
    line.too_fast(1, 5.0, 10.0)
    line.resumed(0)
    assert line.due(11.0) == []
    assert [frame.n for frame in line.due(15.0)] == [1, 2]


def asked(requests: Requests, now: float) -> list[ClientFrame]:
    return list(requests.due(now))


def test_questions_keep_their_order_and_go_one_by_one() -> None:
    requests = Requests(0.1, 2.0, random.Random(1))
    requests.join("#a", 1)
    requests.leave("#a", 2)
    requests.join("#b", 3)
    assert len(asked(requests, 10.0)) == 3
    assert all(requests.too_fast(number, 0.5, 10.0) for number in (1, 2, 3))
    assert asked(requests, 10.4) == []
    assert requests.deadline() == 10.5
    order = []
    for number in (1, 2, 3):
        (frame,) = requests.due(10.5)
        order.append(frame.id)
        assert asked(requests, 10.5) == [], "its answer is owed"
        deadline = requests.deadline()
        assert deadline is None or deadline > 10.5, "or it would spin"
        requests.answered(number)
    assert order == [1, 2, 3]


def test_being_too_fast_is_never_final() -> None:
    requests = Requests(0.1, 2.0, random.Random(1))
    requests.join("#a", 1)
    now = 0.0
    for _ in range(3 * MAX_TRIES):
        assert len(asked(requests, now)) == 1
        assert requests.too_fast(1, 0.2, now)
        now += 0.2


def test_care_ends_also_if_an_answer_never_comes() -> None:
    requests = Requests(0.1, 2.0, random.Random(1))
    requests.who("#a", 1)
    requests.who("#b", 2)
    requests.due(0.0)
    requests.too_fast(2, 0.5, 0.0)
    assert asked(requests, 1.0) == []
    assert requests.deadline() == 0.5 + CAREFUL
    assert len(asked(requests, 0.5 + CAREFUL)) == 1


def test_what_is_not_ours_is_not_retried() -> None:
    assert not Requests(0.1, 2.0, random.Random(1)).too_fast(7, 0.2, 0.0)
