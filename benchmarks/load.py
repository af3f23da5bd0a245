"""Who uses the processors, so that a figure taken on a busy machine is known for what it is. Linux only."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")
GENERATOR, STRANGERS = "generator", "strangers"


class Watch:
    """`processes`: name -> pid. This process is watched as the generator; what else runs here, as strangers."""

    def __init__(self, processes: Mapping[str, int]) -> None:
        self._processes = {**processes, GENERATOR: os.getpid()}
        self._seen = self._look()

    def lap(self) -> str:
        """Cores used since the last lap, by each."""
        return "  ".join(f"{name} {cores:.2f}" for name, cores in self.used().items())

    def used(self) -> dict[str, float]:
        """The same as numbers; who has ended meanwhile used nothing, and his is the strangers'."""
        before, self._seen = self._seen, self._look()
        seconds = self._seen["clock"] - before["clock"]
        used = {name: max(0.0, self._seen[name] - before[name]) / seconds for name in before if name != "clock"}
        used[STRANGERS] = max(0.0, used.pop("machine") - sum(used.values()))
        return used

    def _look(self) -> dict[str, float]:
        seen = {name: _spent(pid) for name, pid in self._processes.items()}
        return seen | {"machine": _busy(), "clock": time.monotonic()}


def _spent(pid: int) -> float:
    """Seconds of processor time; 0 for who is gone."""
    try:
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(words[11]) + int(words[12])) / _TICK


def _busy() -> float:
    """Seconds that the machine's processors have worked."""
    words = [int(word) for word in Path("/proc/stat").read_text().splitlines()[0].split()[1:]]
    idle = words[3] + words[4]
    return (sum(words[:8]) - idle) / _TICK
