"""R5: bringing this node into the present term of the Redis data. Publisher's thread only.

Notice (the identity of the server, or a script that answers `recover`), open the term or learn that
another node has, register the boot, offer what is remembered of logs, re-claim the sessions with what is known of
theirs, and mark what else stands under our name as away. All steps may be run again from the start. The term opens
when all nodes that were alive have done so, or after half a lease.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set as AbstractSet

from redis.exceptions import RedisError

from cluster.calls import Argument, Caller, status
from cluster.errors import LeaseLost, NewerSchema, Unavailable
from cluster.fresh import Fresh
from cluster.link import Identity, Link, Reply
from cluster.lives import Lives
from cluster.lookalikes import skeletons
from cluster.mapping import reply_error
from cluster.restoring import Restoring
from cluster.rights import KeptRights
from cluster.roster import Alive
from cluster.seam import ClusterEvents
from cluster.settings import SCHEMA
from cluster.term import Standing, new_nonce
from cluster.types import SessionRecord

CHUNK = 128
Pending = Mapping[str, AbstractSet[str]]
"""Session -> rooms of joins and leaves, and RENAMING, that may have been done."""
RENAMING = "nick"
Taken = Callable[[str, str, int, str], None]
Forks = Callable[[str, str], str]


class Recovery:
    """`run` brings `standing` into the present term. `taken(session, claim, time, how)`: as in a notice.
    `alive`: the nodes at our last heartbeat: others may know their sessions.
    `forks`: see `Tops.forks`."""

    def __init__(
        self,
        standing: Standing,
        caller: Caller,
        identity: Identity,
        events: ClusterEvents,
        fresh: Fresh,
        taken: Taken,
        alive: Callable[[], Alive],
        forks: Forks,
        lives: Lives,
        rights: KeptRights,
    ) -> None:
        self._standing = standing
        self._caller = caller
        self._identity = identity
        self._events = events
        self._taken = taken
        self._alive = alive
        self._forks = forks
        self._known_boot = ""  # registered before: it may have sessions
        self._was_in_a_term = False
        self.fresh = fresh
        self.server = ""
        self.is_open = True  # nobody is waited for; only `has_opened` makes it so again
        self.awaited = ""  # who is waited for, with commas
        self.step = ""  # what `run` is at, for people; '': it is done
        self._restoring = Restoring(caller, events, forks, rights)
        self._lives = lives

    def look(self, link: Link) -> None:
        """Reads who the server behind a new connection is. Raises Unavailable."""
        self.server = self._identity(link)

    def run(self, link: Link, pending: Pending) -> None:
        """`pending`: see `Publisher`. Raises Unavailable (try again), LeaseLost, NewerSchema (give up).

        Others see the new term only when all is done: who reads in it forgets how far the logs were known, and
        that is needed until every loss is told.
        """
        self.step = "looking for the term of Redis's data"
        self.look(link)
        term = self._open(link)
        self._enrol(link, term, self._alive() if self._was_in_a_term else Alive())
        self.step = "bringing back rights in rooms"
        self._restoring.rights(link, term)  # before anybody may come in
        self.step = "bringing back what was said"
        offered = self._restoring.run(link, term)
        self.step = "claiming the sessions again"
        lost = self._reclaim(link, term, pending)
        self.step = "ending the recovery"
        self.is_open, in_time = self._settled(link, term)
        self.step = ""
        if in_time:
            self._lives.offer(_epoch(term), offered)
        self._standing.term = term
        self._standing.registered = self._known_boot
        if self._was_in_a_term:
            self._events.on_recovered(lost)
        self._was_in_a_term = True
        if self.is_open:
            self._events.on_opened()

    def has_opened(self, link: Link) -> bool:
        """Whether anything may be asked in the term that we are in; also if that is over, which the scripts will
        tell. Raises Unavailable."""
        reply = self._caller.call(link, "settled", ["asks"], self._standing.term)
        self.is_open = status(reply) != "ok" or reply[2] == b"open"
        self.awaited = "" if self.is_open else reply[3].decode()
        if self.is_open:
            self._events.on_opened()
        return self.is_open

    def _settled(self, link: Link, term: str) -> tuple[bool, bool]:
        """Whether nobody is waited for any more, and whether we were in time: nothing was done in the term before."""
        reply = self._caller.call(link, "settled", term=term)
        self._check(reply)
        return reply[2] == b"open", int(reply[3]) == 1

    def register(self, link: Link) -> None:
        """A new boot in the present term. Raises Unavailable."""
        self._enrol(link, self._standing.term, Alive())
        self._standing.registered = self._known_boot

    def _enrol(self, link: Link, term: str, alive: Alive) -> None:
        """`alive`: at the end of the former term. Raises LeaseLost for a boot that slept through its lease's end."""
        again = self._known_boot == self._standing.boot
        word = self._check(self._caller.call(link, "register", [int(again), ",".join(alive.boots), alive.at], term))
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
            for record, claim, time, how in zip(chunk, reply[1::3], reply[2::3], reply[3::3], strict=True):
                if claim.decode() != record.claim:
                    self._taken(record.session, claim.decode(), int(time), how.decode())

    def _open(self, link: Link) -> str:
        awaited = {self._standing.settings.node, *self._alive().ids} if self._was_in_a_term else ()
        arguments: list[Argument] = [self.server, new_nonce(), SCHEMA, ",".join(sorted(awaited))]
        reply = self._caller.call(link, "recover", arguments)
        if status(reply) == "schema":
            raise NewerSchema(
                f"the data in Redis has schema {int(reply[1])}, this version knows {SCHEMA}: upgrade Hydrachat"
            )
        term: str = reply[1].decode()
        self._lives.enter(_epoch(term))
        return term

    def _records(self) -> list[SessionRecord]:
        return self.fresh.joined_with(self._events.local_sessions())

    def _reclaim(self, link: Link, term: str, pending: Pending) -> list[str]:
        lost, spoilt = [], set()
        for chunk in _chunks(self._records()):
            calls = [("reclaim", _arguments(record, pending, self._forks, self._lives)) for record in chunk]
            for record, reply in zip(chunk, self._caller.try_all(link, calls, term), strict=True):
                word, keys = self._reclaimed(record, reply)
                if word == "fenced":
                    lost.append(record.session)
                spoilt |= keys
        for key in sorted(spoilt):
            self._events.on_damage(f"{key} is no stream: what was lost of that log can't be told; delete it")
        return lost

    def _reclaimed(self, record: SessionRecord, reply: Reply) -> tuple[str, set[str]]:
        """How the script ended, and the keys that it found spoilt."""
        if isinstance(reply, RedisError):
            error = reply_error(reply)
            if isinstance(error, Unavailable):
                raise error
            # Something in the data of this one session is not what we wrote. The others must not go down with it.
            self._events.on_damage(f"session {record.session} ({record.name.shown}) can't be re-claimed: {error}")
            return "fenced", set()
        return self._check(reply), {key.decode() for key in reply[1:]}

    def _check(self, reply: list[object]) -> str:
        word = status(reply)
        if word == "recover":
            raise Unavailable("Redis's data changed again during recovery")
        if word in ("late", "lease"):
            raise LeaseLost("this node's lease ended")
        return word


def _epoch(term: str) -> str:
    return term.rpartition(":")[2]


def _chunks(records: Sequence[SessionRecord]) -> Iterator[Sequence[SessionRecord]]:
    for start in range(0, len(records), CHUNK):
        yield records[start : start + CHUNK]


def _arguments(record: SessionRecord, pending: Pending, forks: Forks, lives: Lives) -> list[Argument]:
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
        "" if record.gone is None else f"1{record.gone}",
        record.client,
        skeletons(record.name),
        record.owner,
        record.open_tokens,
    ]
    for log, position in lives.known_of(record):
        epoch = position.epoch
        arguments += [log, epoch, position.offset, forks(log, epoch), lives.began(log, epoch), lives.had(log, epoch)]
    return arguments
