"""R5: bringing this node into the present term of the Redis data. Publisher's thread only.

Notice (the identity of the server, or a script that answers `recover`), open the term or learn that
another node has, register the boot, re-claim the sessions with what is known of their logs, and mark what else
stands under our name as away. All steps may be run again from the start.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import islice

from cluster.calls import Argument, Caller, status
from cluster.errors import NewerSchema, Unavailable
from cluster.link import Identity, Link
from cluster.seam import ClusterEvents
from cluster.settings import SCHEMA
from cluster.term import Standing, new_nonce
from cluster.types import SessionRecord

CHUNK = 128
_FRESH_SECONDS = 60.0


class Fresh:
    """Sessions whose claim was answered on this thread just now, which the node may not list yet."""

    def __init__(self) -> None:
        self._records: dict[str, tuple[float, SessionRecord]] = {}

    def add(self, record: SessionRecord) -> None:
        now = time.monotonic()
        for session, (since, _) in list(islice(self._records.items(), 8)):
            if now - since > _FRESH_SECONDS:
                del self._records[session]
        self._records.pop(record.session, None)
        self._records[record.session] = (now, record)

    def drop(self, session: str) -> None:
        self._records.pop(session, None)

    def joined_with(self, listed: Sequence[SessionRecord]) -> list[SessionRecord]:
        known = {record.session for record in listed}
        return [*listed, *(record for _, record in self._records.values() if record.session not in known)]


class Recovery:
    """`run` brings `standing` into the present term."""

    def __init__(self, standing: Standing, caller: Caller, identity: Identity, events: ClusterEvents) -> None:
        self._standing = standing
        self._caller = caller
        self._identity = identity
        self._events = events
        self.fresh = Fresh()
        self.server = ""

    def look(self, link: Link) -> None:
        """Reads who the server behind a new connection is. Raises Unavailable."""
        self.server = self._identity(link)

    def run(self, link: Link) -> None:
        """Raises Unavailable (try again), NewerSchema (give up)."""
        self.look(link)
        first = not self._standing.term
        term = self._open(link)
        if term != self._standing.term:
            self._standing.term = term
            self._expect_ok(link, "register")
        lost = self._reclaim(link)
        self._expect_ok(link, "settled")
        if not first:
            self._events.on_recovered(lost)

    def register(self, link: Link) -> None:
        """A new boot within the same term. Raises Unavailable."""
        self._expect_ok(link, "register")

    def _open(self, link: Link) -> str:
        reply = self._caller.call(link, "recover", [self.server, new_nonce(), SCHEMA])
        if status(reply) == "schema":
            raise NewerSchema(
                f"the data in Redis has schema {int(reply[1])}, this version knows {SCHEMA}: upgrade Hydrachat"
            )
        term: bytes = reply[1]
        return term.decode()

    def _reclaim(self, link: Link) -> list[str]:
        records = self.fresh.joined_with(self._events.local_sessions())
        lost = []
        for start in range(0, len(records), CHUNK):
            chunk = records[start : start + CHUNK]
            replies = self._caller.call_all(link, [("reclaim", _arguments(record)) for record in chunk])
            for record, reply in zip(chunk, replies, strict=True):
                self._check(status(reply))
                if status(reply) == "fenced":
                    lost.append(record.session)
        return lost

    def _expect_ok(self, link: Link, script: str) -> None:
        self._check(status(self._caller.call(link, script)))

    def _check(self, word: str) -> None:
        if word == "recover":
            self._standing.term = ""
            raise Unavailable("Redis's data changed again during recovery")


def _arguments(record: SessionRecord) -> list[Argument]:
    arguments: list[Argument] = [
        record.session,
        record.claim,
        record.name.shown,
        record.name.mapped,
        record.token_hash,
        record.address,
        record.since,
        record.n,
        ",".join(record.rooms),
        "away" if record.away else "here",
    ]
    for log, position in record.positions.items():
        arguments += [log, position.epoch, position.offset]
    return arguments
