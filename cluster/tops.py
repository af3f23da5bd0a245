"""R6: where the local logs stand, by what Redis says; and their former lives, which a recovery needs (R5).

A log that has not been asked for in the present epoch is asked for at once; of the others some with each heartbeat,
in turn, so that a node with ten thousand of them costs Redis and itself no more than one with `A_ROUND`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cluster.calls import Caller, status
from cluster.link import Link
from cluster.rights import KeptRights, told_rights
from cluster.seam import ClusterEvents
from cluster.types import Position

LOGS_A_CALL = 250
A_ROUND = 1000


class Tops:
    """`ask` is one thread's, that of the link; `forks` may be called by any."""

    def __init__(self, link: Link, caller: Caller, events: ClusterEvents, rights: KeptRights) -> None:
        self._link = link
        self._caller = caller
        self._events = events
        self._rights = rights
        self._forks: dict[str, tuple[str, str]] = {}  # log -> its epoch, and those before it; replaced whole
        self._epoch = ""  # in which all of these were asked for, but for new ones
        self._turn: list[str] = []  # whose turn is still to come, the next one last

    def forks(self, log: str, epoch: str) -> str:
        """Epochs of a local log before `epoch`, with their forks, newest first; '-' if there is none, '' if that
        isn't known. Any thread."""
        present, former = self._forks.get(log, ("", ""))
        if epoch == present:
            return former or "-"
        _, found, earlier = f",{former}".partition(f",{epoch}=")
        return (earlier.partition(",")[2] or "-") if found else ""

    def ask(self) -> None:
        """Asks, and tells the node all at once. Raises Unavailable, ClusterError."""
        logs, told = self._events.local_logs(), dict[str, Position]()
        forks = {log: self._forks[log] for log in logs if log in self._forks}
        epoch = self._ask(self._next(_of(forks, self._epoch), logs), self._epoch, forks, told)
        # After a turn of the epoch those are all.
        current = set(_of(forks, epoch))
        self._epoch = self._ask([log for log in logs if log not in current], "", forks, told) or epoch
        self._forks = forks
        self._events.on_tops(told)

    def _next(self, known: Sequence[str], logs: Sequence[str]) -> list[str]:
        """Of those `known` the ones whose turn it is."""
        if len(known) <= A_ROUND:
            return list(known)
        self._turn = self._turn or list(logs)
        now, self._turn = self._turn[-A_ROUND:], self._turn[:-A_ROUND]
        there = set(known)
        return [log for log in now if log in there]

    def _ask(
        self, logs: Sequence[str], known: str, forks: dict[str, tuple[str, str]], told: dict[str, Position]
    ) -> str:
        """`known`: the epoch in which their former ones are in `forks`. The epoch in which they are now."""
        epoch = known
        for start in range(0, len(logs), LOGS_A_CALL):
            chunk = logs[start : start + LOGS_A_CALL]
            reply = self._caller.call(self._link, "tops", [known, *chunk])
            if status(reply) != "ok":
                break
            epoch = reply[1].decode()
            found = list(zip(chunk, reply[2::3], reply[3::3], strict=True))
            self._compare(dict(zip(chunk, reply[4::3], strict=True)))
            told |= {log: Position(epoch, int(top)) for log, top, _ in found if top}
            # Of one that is to be healed first what was known holds: the next recovery may need it.
            forks |= {log: (epoch, former.decode()) for log, top, former in found if top and epoch != known}
        return epoch

    def _compare(self, versions: Mapping[str, bytes]) -> None:
        """Of which rooms we know not the present rights: those are asked for."""
        rooms = [log for log, version in versions.items() if version and self._rights.lacks(log, int(version))]
        if not rooms:
            return
        reply = self._caller.call(self._link, "rights_of", rooms)
        if status(reply) != "ok":
            return
        for room, version, lines in zip(rooms, reply[1::2], reply[2::2], strict=True):
            if version and self._rights.heard(room, int(version), lines.decode()):
                self._events.on_rights(told_rights(room, lines.decode()))


def _of(forks: dict[str, tuple[str, str]], epoch: str) -> list[str]:
    return [log for log, (of, _) in forks.items() if of == epoch]
