"""R5: bringing this node into the present term of the Redis data. Publisher's thread only.

Notice (the identity of the server, or a script that answers `recover`), open the term or learn that
another node has, register the boot, re-claim the sessions with what is known of their logs, and mark what else
stands under our name as away. All steps may be run again from the start.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set as AbstractSet

from cluster.calls import Argument, Caller, status
from cluster.errors import LeaseLost, NewerSchema, Unavailable
from cluster.fresh import Fresh
from cluster.link import Identity, Link
from cluster.seam import ClusterEvents
from cluster.settings import SCHEMA
from cluster.term import Standing, new_nonce
from cluster.types import SessionRecord

CHUNK = 128
Pending = Mapping[str, AbstractSet[str]]
Taken = Callable[[str, str, int], None]


class Recovery:
    """`run` brings `standing` into the present term. `taken(session, claim, time)`: as in a notice."""

    def __init__(
        self, standing: Standing, caller: Caller, identity: Identity, events: ClusterEvents, fresh: Fresh, taken: Taken
    ) -> None:
        self._standing = standing
        self._caller = caller
        self._identity = identity
        self._events = events
        self._taken = taken
        self._known_boot = ""  # registered before: it may have sessions
        self._was_in_a_term = False
        self.fresh = fresh
        self.server = ""

    def look(self, link: Link) -> None:
        """Reads who the server behind a new connection is. Raises Unavailable."""
        self.server = self._identity(link)

    def run(self, link: Link, pending: Pending) -> None:
        """`pending`: see `Publisher`. Raises Unavailable (try again), LeaseLost, NewerSchema (give up).

        Others see the new term only when all is done: who reads in it forgets how far the logs were known, and
        that is needed until every loss is told.
        """
        self.look(link)
        term = self._open(link)
        self._enrol(link, term)
        lost = self._reclaim(link, term, pending)
        self._check(self._caller.call(link, "settled", term=term))
        self._standing.term = term
        self._standing.registered = self._known_boot
        if self._was_in_a_term:
            self._events.on_recovered(lost)
        self._was_in_a_term = True

    def register(self, link: Link) -> None:
        """A new boot in the present term. Raises Unavailable."""
        self._enrol(link, self._standing.term)
        self._standing.registered = self._known_boot

    def _enrol(self, link: Link, term: str) -> None:
        """Raises LeaseLost for a boot that slept through the end of its lease."""
        again = self._known_boot == self._standing.boot
        word = self._check(self._caller.call(link, "register", [int(again)], term))
        if word == "superseded":
            self._events.on_superseded()
            raise Unavailable("another process runs under this node's id")
        self._known_boot = self._standing.boot

    def verify(self, link: Link) -> None:
        """Tells which of our sessions are somebody else's by now. Raises Unavailable."""
        for chunk in _chunks(self._records()):
            reply = self._caller.call(link, "holders", [record.session for record in chunk])
            if status(reply) != "ok":
                return  # a recovery is due, which re-claims
            for record, claim, time in zip(chunk, reply[1::2], reply[2::2], strict=True):
                if claim.decode() != record.claim:
                    self._taken(record.session, claim.decode(), int(time))

    def _open(self, link: Link) -> str:
        reply = self._caller.call(link, "recover", [self.server, new_nonce(), SCHEMA])
        if status(reply) == "schema":
            raise NewerSchema(
                f"the data in Redis has schema {int(reply[1])}, this version knows {SCHEMA}: upgrade Hydrachat"
            )
        term: bytes = reply[1]
        return term.decode()

    def _records(self) -> list[SessionRecord]:
        return self.fresh.joined_with(self._events.local_sessions())

    def _reclaim(self, link: Link, term: str, pending: Pending) -> list[str]:
        lost = []
        for chunk in _chunks(self._records()):
            calls = [("reclaim", _arguments(record, pending)) for record in chunk]
            for record, reply in zip(chunk, self._caller.call_all(link, calls, term), strict=True):
                if self._check(reply) == "fenced":
                    lost.append(record.session)
        return lost

    def _check(self, reply: list[object]) -> str:
        word = status(reply)
        if word == "recover":
            raise Unavailable("Redis's data changed again during recovery")
        if word in ("late", "lease"):
            raise LeaseLost("this node's lease ended")
        return word


def _chunks(records: Sequence[SessionRecord]) -> Iterator[Sequence[SessionRecord]]:
    for start in range(0, len(records), CHUNK):
        yield records[start : start + CHUNK]


def _arguments(record: SessionRecord, pending: Pending) -> list[Argument]:
    arguments: list[Argument] = [
        record.session,
        record.claim,
        record.taken,
        record.name.shown,
        record.name.mapped,
        record.token_hash,
        record.address,
        record.since,
        record.n,
        ",".join(record.rooms),
        ",".join(sorted(pending.get(record.session, ()))),
        "away" if record.away else "here",
    ]
    for log, position in record.positions.items():
        arguments += [log, position.epoch, position.offset]
    return arguments
