"""R5: offering what this node remembers of its logs to a new term. Publisher's thread only.

First each log is asked for how far the data has it: after a restart that lost nothing no entry is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from redis.exceptions import RedisError

from cluster.calls import Argument, Caller, status
from cluster.errors import ClusterError, LeaseLost, Unavailable
from cluster.link import Link, Reply
from cluster.mapping import reply_error
from cluster.rights import KeptRights
from cluster.seam import ClusterEvents
from cluster.types import Entry, Position

LOGS_A_PIPELINE = 128
ENTRIES_A_CALL, BYTES_A_PIPELINE = 64, 1 << 20
NOTHING = -1

_Call = tuple[str, list[Argument]]


class Restoring:
    """`forks`: see `Beat.forks`."""

    def __init__(
        self, caller: Caller, events: ClusterEvents, forks: Callable[[str, str], str], rights: KeptRights
    ) -> None:
        self._caller = caller
        self._events = events
        self._forks = forks
        self._rights = rights

    def run(self, link: Link, term: str) -> dict[str, Position]:
        """Up to where each log was offered. Raises Unavailable (also when the data has changed again), LeaseLost."""
        self._events.on_entering(term.rpartition(":")[2])
        kept = [entries for entries in self._events.remembered().values() if entries]
        offered: dict[str, Position] = {}
        for start in range(0, len(kept), LOGS_A_PIPELINE):
            chunk = kept[start : start + LOGS_A_PIPELINE]
            replies = self._ask(link, [self._call(entries, []) for entries in chunk], term)
            asked = list(zip(chunk, replies, strict=True))
            offered |= {entries[-1].log: _place(entries[-1]) for entries, reply in asked if _wants(reply)}
            for pipeline in _pipelines(call for entries, reply in asked for call in self._offers(entries, reply)):
                for call, reply in zip(pipeline, self._ask(link, pipeline, term), strict=True):
                    if reply is None:
                        offered.pop(str(call[1][0]), None)
        return offered

    def rights(self, link: Link, term: str) -> None:
        """Brings back what the data lack of the rights in our rooms. Raises as `run`."""
        kept = list(self._rights.kept())
        for start in range(0, len(kept), LOGS_A_PIPELINE):
            chunk = kept[start : start + LOGS_A_PIPELINE]
            self._ask(link, [("restore_rights", [room, version, lines]) for room, version, lines in chunk], term)

    def _call(self, entries: Sequence[Entry], offered: Sequence[Entry]) -> _Call:
        log, epoch = entries[0].log, entries[0].epoch
        return "restore", [log, epoch, self._forks(log, epoch), *(field for each in offered for field in _fields(each))]

    def _offers(self, entries: Sequence[Entry], reply: Reply) -> Iterator[_Call]:
        wanted = [entry for entry in entries if _wants(reply) and entry.offset > int(reply[1])]
        for start in range(0, len(wanted), ENTRIES_A_CALL):
            yield self._call(entries, wanted[start : start + ENTRIES_A_CALL])

    def _ask(self, link: Link, calls: Sequence[_Call], term: str) -> list[Reply]:
        """The replies; None where something in the data of that log is not what we wrote."""
        return [
            self._checked(call, reply)
            for call, reply in zip(calls, self._caller.try_all(link, calls, term), strict=True)
        ]

    def _checked(self, call: _Call, reply: Reply) -> Reply:
        if isinstance(reply, RedisError):
            error: ClusterError = reply_error(reply)
            if isinstance(error, Unavailable):
                raise error
            self._events.on_damage(f"what is remembered of {call[1][0]!s} can't be restored: {error}")
            return None
        if status(reply) == "recover":
            raise Unavailable("Redis's data changed again during recovery")
        if status(reply) == "lease":
            raise LeaseLost("this node's lease ended")
        return reply


def _wants(reply: Reply) -> bool:
    """Whether the log takes what it lacks; it may be spoilt."""
    return reply is not None and int(reply[1]) != NOTHING


def _place(entry: Entry) -> Position:
    return Position(entry.epoch, entry.offset)


def _fields(entry: Entry) -> list[Argument]:
    was = " ".join([*(["late"] if entry.late else []), *(f"{place.epoch}:{place.offset}" for place in entry.was)])
    return [entry.offset, entry.kind, entry.session, entry.n, entry.nick, entry.time, was, entry.text]


def _pipelines(calls: Iterator[_Call]) -> Iterator[list[_Call]]:
    """Bounded in bytes, so that what a full node remembers is not built up in one piece."""
    pipeline: list[_Call] = []
    size = 0
    for call in calls:
        pipeline.append(call)
        size += sum(len(str(argument)) for argument in call[1])
        if size >= BYTES_A_PIPELINE:
            yield pipeline
            pipeline, size = [], 0
    if pipeline:
        yield pipeline
