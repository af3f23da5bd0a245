"""Workers and supervisor."""

from __future__ import annotations

import io
import json
import sys
import threading
import time
from typing import Any

import pytest

from node.logs import open_log
from node.supervise import Supervisor
from node.workers import Workers


class Scripted:
    """Gives one answer a step; `during` runs within the first."""

    def __init__(self, *answers: float | None) -> None:
        self.answers = list(answers)
        self.steps = 0
        self.done = threading.Event()
        self.entered = threading.Event()
        self.go = threading.Event()
        self.go.set()

    def step(self) -> float | None:
        self.steps += 1
        self.entered.set()
        assert self.go.wait(5)
        answer = self.answers.pop(0)
        if not self.answers:
            self.done.set()
        return answer


def test_workers() -> None:
    workers = Workers()
    threads = [threading.Thread(target=workers.run) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        again, running_one, late = Scripted(0.0, 0.0, None), Scripted(None, None), Scripted(0.01, None)
        workers.schedule(again)
        assert again.done.wait(5)
        running_one.go.clear()
        workers.schedule(running_one)
        assert running_one.entered.wait(5)
        for _ in range(3):
            workers.schedule(running_one)
        assert running_one.steps == 1
        running_one.go.set()
        assert running_one.done.wait(5)
        workers.schedule(late)
        workers.schedule(late)
        assert late.done.wait(5)
        assert (again.steps, running_one.steps, late.steps) == (3, 2, 2)
    finally:
        workers.stop()
        for thread in threads:
            thread.join(5)


@pytest.mark.parametrize("target", [lambda: None, lambda: 1 / 0, sys.exit])
def test_a_thread_that_ends_too_early_is_a_crash(target: Any) -> None:
    crashed = threading.Event()
    stream = io.StringIO()
    supervisor = Supervisor(open_log("n1", "json", stream), crashed.set)
    supervisor.spawn("loop", target)
    assert crashed.wait(5)
    assert supervisor.crashed
    assert supervisor.join(time.monotonic() + 5) == []
    assert json.loads(stream.getvalue())["thread"] == "loop"


def test_an_end_that_was_asked_for_is_none() -> None:
    end = threading.Event()
    supervisor = Supervisor(open_log("n1", "json", io.StringIO()), lambda: pytest.fail("no crash"))

    def loop() -> None:
        end.wait(5)

    supervisor.spawn("loop", loop)
    assert supervisor.join(time.monotonic()) == ["loop"]
    supervisor.stopping()
    end.set()
    assert supervisor.join(time.monotonic() + 5) == []
    assert not supervisor.crashed
