"""The seam between the nemesis and the faults."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import random

    from drill.settings import DrillSettings
    from drill.world import World


@dataclass(frozen=True, slots=True)
class Planned:
    """One fault of a schedule: it begins `at` seconds after the start and lasts `seconds`. `target`: a node's
    name, `redis`, `balancer`, or a client's; `detail`: whatever else was drawn for it, for the report."""

    number: int
    fault: str
    at: float
    seconds: float
    target: str
    detail: str = ""


class Fault(Protocol):
    """A class of fault. No state between two injections: all of it is in `World`.

    `begin` and `end` are called on the nemesis's threads and may block for seconds; `end` follows each `begin`
    that returned, also when the drill is interrupted. What is broken twice at a time (a node frozen and killed)
    is kept apart by `exclusive`: two faults whose words meet never overlap.
    """

    name: str
    """As in `--faults`."""

    def cannot(self, world: World) -> str:
        """Why it can't be injected on this machine or in this cluster; empty: it can."""

    def exclusive(self, planned: Planned) -> frozenset[str]:
        """What it needs for itself alone, as `node:n1`, `redis`, `balancer`."""

    def draw(self, rng: random.Random, settings: DrillSettings) -> tuple[float, str, str]:
        """Seconds, target and detail of one injection. Pure: the same `rng` gives the same."""

    def begin(self, world: World, planned: Planned) -> None:
        """Breaks it."""

    def end(self, world: World, planned: Planned) -> None:
        """Mends it, and returns when it is mended as far as one can see from outside."""
