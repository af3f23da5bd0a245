"""The bans as a node reads them with its heartbeat. Beat thread only."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from redis.exceptions import RedisError

from cluster.calls import Caller, status
from cluster.link import Command, Reply
from cluster.mapping import is_no_script, reply_error
from cluster.types import Ban

_NETWORK = "net:"


class BanReader:
    """`tell(bans)`: those of addresses, whenever they have changed; nicknames are the scripts' concern.
    `damaged(why)`: they can't be read; those that are known hold on."""

    def __init__(self, caller: Caller, tell: Callable[[Sequence[Ban]], None], damaged: Callable[[str], None]) -> None:
        self._caller = caller
        self._tell = tell
        self._damaged = damaged
        self._version = b""
        self._is_damaged = False

    def asking(self) -> Command:
        """Whether they have changed: a command of which `look` takes the reply."""
        return self._caller.command("bans", [self._version])

    def look(self, reply: Reply) -> None:
        """What Redis has answered."""
        if isinstance(reply, RedisError):
            # Scripts that Redis has lost come back with the next heartbeat. A key of the wrong type, say, is no reason
            # for a node to stand still.
            if not (self._is_damaged or is_no_script(reply)):
                self._damaged(f"the bans can't be read: {reply_error(reply)}")
            self._is_damaged = self._is_damaged or not is_no_script(reply)
            return
        self._is_damaged = False
        if status(reply) == "ok" and reply[1] != self._version:
            self._tell(_networks(reply))
            self._version = reply[1]


def _networks(reply: list[Reply]) -> list[Ban]:
    now, monotonic = int(reply[2]), time.monotonic()
    found = []
    for what, ends, why in zip(reply[3::3], reply[4::3], reply[5::3], strict=True):
        if what.startswith(_NETWORK.encode()):
            try:
                until = int(ends)
                over = monotonic + (until - now) / 1000 if until else float("inf")
                found.append(Ban(what.decode().removeprefix(_NETWORK), until, why.decode(), over))
            except (ValueError, OverflowError):
                continue  # written by hand
    return found
