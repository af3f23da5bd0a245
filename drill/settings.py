"""How a drill is to be run. Times are seconds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Times:
    """The cluster's times, and how long faults last. `pause`: shortest and longest. `every`: the mean time from
    one fault's beginning to the next one's. `settle`: how long everybody may take to have everything at the end."""

    lease: float = 1.0
    grace: float = 4.0
    pause: tuple[float, float] = (1.0, 8.0)
    drain: float = 4.0
    every: float = 2.0
    settle: float = 60.0


SHORT = Times()
LONG = Times(lease=5.0, grace=30.0, pause=(1.0, 60.0), drain=20.0, every=15.0, settle=180.0)


@dataclass(frozen=True, slots=True)
class DrillSettings:
    """`seconds`: of traffic with faults (0: until `messages` were accepted). `faults`: names of classes, in the
    order given. `rate`: messages a second that all senders say together. `redis`: single or sentinel. `upgrade_from`:
    the earlier version of `upgrade`: a folder, what git takes for a commit, or empty for the latest tag or commit."""

    out: Path
    faults: tuple[str, ...]
    seconds: float = 60.0
    messages: int = 0
    nodes: int = 3
    clients: int = 20
    rate: float = 200.0
    seed: int = 1
    redis: str = "single"
    times: Times = SHORT
    upgrade_from: str = ""
