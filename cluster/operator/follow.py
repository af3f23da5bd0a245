"""Following a room's log from outside, through losses of Redis's data and changes of its server."""

from __future__ import annotations

from typing import Any

import redis

from cluster.operator import history
from cluster.operator.history import EntryRow
from cluster.operator.read import number

PAGE = 500
WAIT_MS = 1000
"""For which Redis holds the answer back while there is nothing new; below the time after which it counts as away."""


class Following:
    """Where one reader is in a log. `epoch` and `last`: up to which entry he has seen it. Not for threads."""

    def __init__(self, prefix: str, room: str, epoch: str, last: int) -> None:
        self._prefix = prefix
        self._room = room
        self._seen = {epoch: last}  # life -> last offset seen in it
        self._epoch = epoch

    def more(self, client: redis.Redis) -> list[EntryRow]:
        """What came since, perhaps nothing; waits up to `WAIT_MS`. Raises redis.RedisError."""
        self._turn(client)
        db: Any = client
        stream = f"{self._prefix}room:{self._room}:log"
        found = db.xread({stream: f"{self._seen[self._epoch]}-0"}, count=PAGE, block=WAIT_MS)
        items = [item for _, items in found for item in items]
        rows = history.entries(self._room, self._epoch, items)
        if rows and history.epoch_of(client, self._prefix, self._room) != self._epoch:
            return []  # it turned meanwhile: read again, under its new name
        if rows:
            self._seen[self._epoch] = rows[-1].offset
        return [row for row in rows if not self._is_known(row)]

    def _turn(self, client: redis.Redis) -> None:
        """Into the log's present life, if it has turned: from the place where ours ended."""
        epoch = history.epoch_of(client, self._prefix, self._room)
        if epoch in ("", self._epoch):
            return
        last = self._seen[self._epoch]
        self._seen[epoch] = min(last, self._fork(client, last))
        self._epoch = epoch

    def _fork(self, client: redis.Redis, last: int) -> int:
        """Up to where the log is the same as in our life. What is unknown has begun anew."""
        db: Any = client
        forks = dict(
            part.split("=", 1)
            for part in (db.hget(f"{self._prefix}room:{self._room}:meta", "former") or "").split(",")
            if "=" in part
        )
        names = list(forks)  # the newest first: each is the same as the next younger one up to its fork
        if self._epoch not in names:
            return 0
        younger = names[: names.index(self._epoch) + 1]
        return min(last, *(number(forks[name]) for name in younger))

    def _is_known(self, row: EntryRow) -> bool:
        """Whether it was seen in a former life, before it was lost and brought back."""
        places = (word.rpartition(":") for word in row.was)
        return any(number(offset) <= self._seen.get(epoch, 0) for epoch, _, offset in places if epoch)
