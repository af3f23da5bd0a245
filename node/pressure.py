"""Whether this node holds as much as it may, and what then gives way: newcomers first, then who comes back, then
those for whom most waits. Who is here and reads is not harmed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING

from node.admission import come_back
from node.limited import Limited
from node.limits import Limits
from wire import Code
from wire.frames import Error

if TYPE_CHECKING:
    from node.connection import Connection

BEYOND = 1.1
"""Times the mark up to which sessions of a node that died are still taken in: they are the same people."""
EARLY = 0.75
"""Of `outbox_total`, from which on nobody new is taken."""
_STATM = Path("/proc/self/statm")


class Level(IntEnum):
    """What is refused."""

    CALM = 0
    NEWCOMERS = 1
    ALL = 2  # also who would resume: at the door


class Pressure:
    """`look`: the ticker's; the rest: any thread."""

    def __init__(self, limits: Limits, limited: Limited) -> None:
        self._limits = limits
        self._limited = limited
        self._held = (Level.CALM, "")  # replaced whole by the ticker

    def refuses(self, level: Level, peer: str) -> Error | None:
        """The last words to `peer` if what is refused from `level` on is refused now."""
        held, limit = self._held
        if held < level:
            return None
        self._limited.hit(limit, peer)
        return _full()

    def is_full(self) -> bool:
        """Whether newcomers are refused."""
        return self._held[0] >= Level.NEWCOMERS

    def look(self, connections: Sequence[Connection]) -> None:
        """How things stand; cuts those for whom most waits, where all together is too much."""
        waiting = sum(connection.outbox.size for connection in connections)
        self._held = max(self._of_memory(), self._of_waiting(waiting))
        if waiting > self._limits.outbox_total:
            self._shed(connections, waiting)

    def _of_memory(self) -> tuple[Level, str]:
        mark = self._limits.memory_mark
        held = resident() if mark else 0
        level = Level.ALL if held > mark * BEYOND else Level.NEWCOMERS if held > mark else Level.CALM
        return level, "memory_mark"

    def _of_waiting(self, waiting: int) -> tuple[Level, str]:
        most = self._limits.outbox_total
        level = Level.ALL if waiting > most else Level.NEWCOMERS if waiting > most * EARLY else Level.CALM
        return level, "outbox_total"

    def _shed(self, connections: Sequence[Connection], waiting: int) -> None:
        for connection in sorted(connections, key=lambda one: one.outbox.size, reverse=True):
            if waiting <= self._limits.outbox_total:
                return
            size = connection.outbox.size
            connection.shed = True  # first: its own thread looks at it
            if connection.outbox.overflow():
                waiting -= size
                self._limited.hit("outbox_total", connection.peer)
            else:
                connection.shed = False


def _full() -> Error:
    text = "this node holds as much as it may; connect to another one"
    return Error(code=Code.MEMORY_LIMIT, text=text, after=come_back())


def resident() -> int:
    """Bytes of memory that the process takes; 0 where the system does not tell."""
    try:
        return int(_STATM.read_bytes().split()[1]) * _PAGE
    except (OSError, ValueError, IndexError):
        return 0


_PAGE = os.sysconf("SC_PAGE_SIZE")
