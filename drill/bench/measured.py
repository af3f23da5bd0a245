"""What one run of one row found, and what processes have used."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from drill.bench.member import Counted
from drill.processes.process import Process

PYTHON, C = "Python", "C"
TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds, and seconds of processor time of all server processes and of the load itself."""

    seconds: float = 0.0
    servers: float = 0.0
    load: float = 0.0


@dataclass(frozen=True, slots=True)
class Measured:
    """One run of one row. Seconds of processor time, of all server processes and of the load itself; bytes of memory
    that each connection took; what it took until all were in their rooms; cores that the servers took while nobody said
    anything (0: not looked at), which is no part of `servers`; the language of the load; seconds that the store was
    busy with one thing at the longest."""

    counted: Counted
    servers: float
    load: float
    memory: float = 0.0
    entering: Spent = Spent()
    resting: float = 0.0
    load_in: str = PYTHON
    stood: float = 0.0

    @property
    def rate(self) -> float:
        """Deliveries a second."""
        return self.counted.deliveries / self.counted.seconds

    @property
    def cost(self) -> float:
        """Processor time of the servers for each delivery, µs."""
        return 1e6 * self.servers / max(1, self.counted.deliveries)


class Meter:
    """From where it is made on."""

    def __init__(self, processes: Sequence[Process]) -> None:
        self._processes = processes
        self._before = self._now()

    def read(self) -> Spent:
        then, now = self._before, self._now()
        return Spent(now.seconds - then.seconds, now.servers - then.servers, now.load - then.load)

    def _now(self) -> Spent:
        return Spent(time.monotonic(), spent(self._processes), time.process_time())


def spent(processes: Sequence[Process]) -> float:
    """Seconds of processor time that they have used so far."""
    return sum(_ticks(process.pid) for process in processes) / TICK


def resident(processes: Sequence[Process]) -> int:
    """Bytes of memory in use."""
    return sum(process.resident() for process in processes)


def _ticks(pid: int) -> int:
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(words[11]) + int(words[12])
