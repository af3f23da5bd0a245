"""What is measured: a row for each load, the same for servers of every kind."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from drill.bench.load import Load
from drill.bench.member import Counted
from drill.bench.peer import Dialect, Servers
from drill.processes.process import Process

TICK = os.sysconf("SC_CLK_TCK")
SIZE = 100


@dataclass(frozen=True, slots=True)
class Row:
    """`outstanding`: messages that each of the speakers has under way; 0: `rate` messages a second in all; neither:
    nobody says anything, and memory is looked at."""

    name: str
    listeners: int
    speakers: int
    outstanding: int = 0
    rate: float = 0.0


ROWS = {
    row.name: row
    for row in (
        Row("1000x4", 1000, 10, 4),
        Row("100x4", 100, 10, 4),
        Row("4000x4", 4000, 10, 4),
        Row("200x20", 200, 10, 20),
        Row("4000x1", 4000, 10, 1),
        Row("1000x40", 1000, 10, 40),
        Row("1000-20/s", 1000, 10, rate=20.0),
        Row("idle-4000", 4000, 0),
    )
}


@dataclass(frozen=True, slots=True)
class Measured:
    """One run of one row. Seconds of processor time, of all server processes and of the load itself; bytes of memory
    that each connection took."""

    counted: Counted
    servers: float
    load: float
    memory: float = 0.0

    @property
    def rate(self) -> float:
        """Deliveries a second."""
        return self.counted.deliveries / self.counted.seconds

    @property
    def cost(self) -> float:
        """Processor time of the servers for each delivery, µs."""
        return 1e6 * self.servers / max(1, self.counted.deliveries)


def measure(
    servers: Servers, dialect: Callable[[int, int], Dialect], row: Row, warm_up: float, seconds: float
) -> Measured:
    """Raises crowd.TooSlow, OSError. Blocks for as long as it takes."""
    empty = resident(servers.processes)
    with Load(dialect, servers.addresses, row.listeners, row.speakers, SIZE) as crowd:
        crowd.enter()
        # From the beginning of the warm-up on: what it costs is the same then, and the figure has no edge.
        before, own, began = spent(servers.processes), time.process_time(), time.monotonic()
        if row.outstanding:
            counted = crowd.closed_loop(row.outstanding, warm_up, seconds)
        elif row.rate:
            counted = crowd.open_loop(row.rate, warm_up, seconds)
        else:
            counted = crowd.idle(warm_up + seconds)
        share = counted.seconds / (time.monotonic() - began)
        memory = (resident(servers.processes) - empty) / (row.listeners + row.speakers)
        return Measured(
            counted, (spent(servers.processes) - before) * share, (time.process_time() - own) * share, memory
        )


def spent(processes: Sequence[Process]) -> float:
    """Seconds of processor time that they have used so far."""
    return sum(_ticks(process.pid) for process in processes) / TICK


def resident(processes: Sequence[Process]) -> int:
    """Bytes of memory in use."""
    return sum(process.resident() for process in processes)


def _ticks(pid: int) -> int:
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(words[11]) + int(words[12])
