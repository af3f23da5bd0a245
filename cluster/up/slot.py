"""A place for a child, and how a child ended."""

from __future__ import annotations

import signal
from dataclasses import dataclass, field

from cluster.up.backoff import Backoff
from cluster.up.child import Child
from cluster.up.logfile import LogFile
from cluster.up.plan import Spec


@dataclass(frozen=True, slots=True)
class Death:
    """A child died unasked. `reason`: signal or exit code in words; `last_words`: the end of its
    output; `wait`: seconds until it is started again (0: it left by order, None: and stays down)."""

    spec: Spec
    reason: str
    last_words: tuple[bytes, ...]
    wait: float | None


@dataclass(slots=True)
class Slot:
    """A place for a child: what to run, who runs now (None: dead), when to start it next (None: not of itself)."""

    spec: Spec
    log: LogFile
    backoff: Backoff = field(default_factory=Backoff)
    child: Child | None = None
    started: float = 0.0
    due: float | None = None
    left: bool = False  # by order


def in_words(code: int) -> str:
    """How a process ended; `code` as subprocess has it."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"signal {-code}, {signal.Signals(-code).name}"
    except ValueError:
        return f"signal {-code}"
