"""Asking the sentinels of a group which server is the master now."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from cluster.errors import Unavailable
from cluster.group import Address, Group, shown
from cluster.knock import knock
from cluster.newest import Answer, Newest

LONGEST = 0.5
"""Seconds for one answer of a sentinel: they stand near, and others answer too."""
REST = 2.0
"""Seconds for which a sentinel that failed is not asked, as long as others answer."""


class Sentinels:
    """Belongs to one thread. `timeout`: seconds for each answer of a server, which is the most for a sentinel's too.
    `newest`: what all who ask the same group have been told."""

    def __init__(
        self,
        group: Group,
        timeout: float,
        now: Callable[[], float] = time.monotonic,
        newest: Newest | None = None,
    ) -> None:
        self._name = group.name
        self._now = now
        self._newest = newest or Newest()
        self._limit = min(LONGEST, timeout)
        self._lines = [Line(group.sentinel_url(address), address, self._limit) for address in group.sentinels]

    def master(self) -> Address:
        """By the newest of all their answers, also former ones: one that is cut off with the old master still names it.

        Raises Unavailable if none answers, or none knows the group."""
        awake = [line for line in self._lines if line.rests_until <= self._now()]
        answers = self._ask(awake) or self._ask(line for line in self._lines if line not in awake)
        if not answers:
            told = "; ".join(f"{line.label}: {line.trouble}" for line in self._lines)
            raise Unavailable(f"no sentinel names the master {self._name} ({told})")
        return self._newest.of(answers, len(self._lines), self._now()).master

    def close(self) -> None:
        """Idempotent. They are opened again when they are asked."""
        for line in self._lines:
            line.close()

    def _ask(self, lines: Iterable[Line]) -> list[Answer]:
        """All are asked before the first answer is waited for, so that slow ones cost their time together."""
        asked = [line for line in self._there(list(lines)) if self._tried(line, line.ask)]
        return [answer for line in asked if (answer := self._tried(line, line.answer))]

    def _there(self, lines: list[Line]) -> list[Line]:
        """Those that are open or can be opened. Who is gone is waited for only as long as most are not there."""
        shut = [line for line in lines if not line.is_open]
        missing = len(self._lines) // 2 + 1 - (len(lines) - len(shut))
        for line, trouble in zip(shut, knock([line.address for line in shut], self._limit, missing), strict=True):
            if trouble:
                self._rest(line, trouble)
                lines.remove(line)
        return lines

    def _rest(self, line: Line, trouble: str) -> None:
        line.close()
        line.trouble = trouble
        line.rests_until = self._now() + REST

    def _tried(self, line: Line, step: Callable[[str], Any]) -> Any:
        try:
            return step(self._name)
        except (RedisError, OSError, ValueError) as error:
            self._rest(line, str(error))
            return None


class Line:
    """A connection to one sentinel."""

    def __init__(self, url: str, address: Address, timeout: float) -> None:
        pool = redis.ConnectionPool.from_url(
            url,
            protocol=2,
            retry=Retry(NoBackoff(), 0),
            socket_timeout=timeout,
            socket_connect_timeout=timeout,
            health_check_interval=0,
        )
        self._connection: Any = pool.make_connection()
        self.is_open = False
        self.address = address
        self.label = shown(address)
        self.trouble = "not asked"
        self.rests_until = 0.0

    def ask(self, name: str) -> bool:
        """Raises RedisError, OSError."""
        if not self.is_open:
            self._connection.connect()
            self.is_open = True
        # The address of the first already names who is being promoted, the epoch of the second goes with it.
        commands = [("SENTINEL", "GET-MASTER-ADDR-BY-NAME", name), ("SENTINEL", "MASTER", name)]
        self._connection.send_packed_command(self._connection.pack_commands(commands))
        return True

    def answer(self, name: str) -> Answer:
        """What it says to `ask`. Raises RedisError, OSError, ValueError for what is no answer."""
        found = self._connection.read_response()
        row = self._connection.read_response()
        if found is None:
            raise ValueError(f"it knows no master {name}")
        told = {key.decode(): value.decode() for key, value in zip(row[::2], row[1::2], strict=True)}
        host, port = found
        return Answer(int(told["config-epoch"]), (host.decode(), int(port)))

    def close(self) -> None:
        """Idempotent."""
        self.is_open = False
        try:
            self._connection.disconnect()
        except (RedisError, OSError):
            pass  # it was broken already, which is why it is being closed
