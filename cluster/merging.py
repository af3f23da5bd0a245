"""What many sessions say goes to Redis as one run of the script, since a run costs several times what it does for one
of them (docs/performance.md). Everything else is a run of its own.

Only what follows each other is merged: nothing overtakes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from redis.exceptions import ResponseError

from cluster.calls import Argument, Caller
from cluster.errors import ClusterError
from cluster.link import Command, Reply
from cluster.settings import INBOX_LIMIT

MERGED = 64
"""Requests of a run at most: Redis does nothing else meanwhile."""
SAID = "publish"


class Run:
    """One run of a script. `arguments`: of each of its requests, at least one."""

    __slots__ = ("_arguments", "_script")

    def __init__(self, script: str, arguments: Sequence[Sequence[Argument]]) -> None:
        self._script = script
        self._arguments = arguments

    def command(self, caller: Caller) -> Command:
        if self._script != SAID:
            return caller.command(self._script, self._arguments[0])
        return caller.command(SAID, [INBOX_LIMIT, *(word for each in self._arguments for word in each)])

    def replies(self, reply: Reply) -> list[Reply]:
        """For each request its own. An error, or a reply that is about the node, is for all. Raises ClusterError."""
        if self._script != SAID or not isinstance(reply, list) or reply[:1] != [b"ok"]:
            return [reply] * len(self._arguments)
        if len(reply) != len(self._arguments) + 1:
            raise ClusterError(f"{len(self._arguments)} were said, and {len(reply) - 1} answered")
        return [_own(each) for each in reply[1:]]


def runs(requests: Iterable[tuple[str, Sequence[Argument]]], most: int = MERGED) -> list[Run]:
    """`requests`: scripts and their arguments, in order. `most`: to be merged."""
    made = []
    for script, group in groupby(requests, lambda request: request[0]):
        arguments = [each for _, each in group]
        size = most if script == SAID else 1
        made += [Run(script, arguments[at : at + size]) for at in range(0, len(arguments), size)]
    return made


def _own(reply: Reply) -> Reply:
    return ResponseError(reply[1].decode()) if reply[0] == b"error" else reply
