"""Thousands of clients of one node, which was held up for a moment."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from drill.bench.compiled import CompiledLoad
from drill.bench.kinds import KINDS, running
from drill.bench.measured import Meter
from drill.processes.process import Process
from tests.support.programs import required

CLIENTS, HELD_UP, AFTER = 6000, 2.5, 5.0
"""Each says a ping every two seconds. How many, and seconds."""


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.usefixtures("redis_server")
def test_a_crowd_that_waits_at_once_does_not_take_the_processors_by_waiting(tmp_path: Path) -> None:
    """What all threads of a node have to do at once takes it a few tenths of a second. With Python's switch interval of
    5 ms they woke each other for nothing, for many seconds or for good: nine times what its neighbour took then."""
    required("cc")
    hydrachat = KINDS["hydrachat"]
    with (
        running("hydrachat", tmp_path) as servers,
        CompiledLoad(hydrachat.dialect, servers.addresses, CLIENTS, 0, 100) as crowd,
    ):
        crowd.enter()
        crowd.settle()
        _hold_up(crowd, servers.processes[1])
        meters = [Meter([process]) for process in servers.processes[1:]]
        crowd.idle(AFTER)
        held_up, other = (meter.read().servers for meter in meters)
    assert held_up < 4 * other


def _hold_up(crowd: CompiledLoad, node: Process) -> None:
    """Meanwhile all its clients ping."""
    os.kill(node.pid, signal.SIGSTOP)
    until = time.monotonic() + HELD_UP
    while time.monotonic() < until:
        crowd.idle(0.1)
    os.kill(node.pid, signal.SIGCONT)
