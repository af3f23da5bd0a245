"""The node's door to the others: puts the threads of this package together. See `seam` for its guarantees."""

from __future__ import annotations

import time
from collections.abc import Sequence

from cluster.beat import Beat, BeatActions
from cluster.board import Board
from cluster.calls import Caller
from cluster.fresh import Fresh
from cluster.hearing import Hearing
from cluster.keys import Keys
from cluster.link import Identity, Link, server_identity
from cluster.logs import Logs
from cluster.publisher import Publisher, PublisherEvents
from cluster.reader import Reader
from cluster.recovery import Recovery
from cluster.seam import ClusterEvents, Health, PublishDone
from cluster.sessions import Sessions
from cluster.settings import ClusterSettings
from cluster.subscriber import Subscriber, SubscriberActions
from cluster.term import Standing, new_boot
from cluster.threads import Crew
from cluster.types import Claimed, Entry, Member, Membership, Name, NodeInfo, Page, Position

# Parts of the time to stop, so that the last steps get some of it even if Redis does not answer.
_FOR_PUBLISHING, _FOR_SIGNING_OFF = 0.7, 0.9


class Cluster:
    """Implements `seam.ClusterSeam`. `identity`: how a server tells its life apart from others (R5)."""

    def __init__(self, settings: ClusterSettings, events: ClusterEvents, identity: Identity = server_identity) -> None:
        self._events = events
        self._standing = Standing(settings, new_boot())
        self._keys = Keys(settings.prefix)
        self._hearing = Hearing()
        self._board = Board(events.on_health)
        self._caller = Caller(self._standing, self._keys)
        self._fresh = Fresh()
        self._publisher = Publisher(
            self._link("publisher"), self._caller, self._standing,
            Recovery(self._standing, self._caller, identity, events, self._fresh, self._taken),
            PublisherEvents(self._lost, self._answers, self._poke_beat, self._new_boot),
        )  # fmt: skip
        self._reader = Reader(self._link("reader"), self._caller, self._standing, self._publisher.recover_soon)
        self._subscriber = Subscriber(
            self._link("subscriber"), self._keys, self._channel(), events, self._hearing,
            SubscriberActions(self._poke_beat, self._subscribed, self._taken),
        )  # fmt: skip
        self._beat = Beat(
            self._link("beat"), self._caller, self._keys, self._standing, identity, events, self._board, self._hearing,
            BeatActions(
                self._publisher.recover_soon,
                self._publisher.new_boot_soon,
                self._publisher.poke,
                self._subscriber.reset,
            ),
        )  # fmt: skip
        self._sessions = Sessions(self._publisher, self._standing, self._fresh, self._board)
        self._logs = Logs(self._reader, self._keys)
        self._crew = Crew(events.on_fatal)

    def _link(self, role: str) -> Link:
        settings = self._standing.settings
        return Link(settings.redis_url, settings.timeout, f"hydrachat-{settings.node}-{role}")

    def _channel(self) -> str:
        return self._keys.node(self._standing.name)

    # -- what the threads tell each other ----------------------------------------------------

    def _lost(self) -> None:
        self._board.publishing(False)
        self._beat.poke()

    def _answers(self) -> None:
        self._board.publishing(True)

    def _poke_beat(self) -> None:
        self._beat.poke()

    def _subscribed(self) -> None:
        """What was said on our channel before is lost: the probe goes out anew, and claims are compared."""
        self._beat.poke()
        self._publisher.verify_soon()

    def _taken(self, session: str, claim: str, time: int) -> None:
        if self._fresh.taken(session, claim, time):
            self._events.on_taken(session, "" if claim == "-" else claim)

    def _new_boot(self) -> None:
        self._subscriber.move(self._channel())
        self._events.on_lease_lost()

    # -- ClusterSeam -------------------------------------------------------------------------

    @property
    def boot(self) -> str:
        return self._standing.boot

    @property
    def health(self) -> Health:
        return self._board.health

    def start(self) -> None:
        self._crew.start("publisher", self._publisher.run)
        self._crew.start("reader", self._reader.run)
        self._crew.start("subscriber", self._subscriber.run)
        self._crew.start("beat", self._beat.run)

    def stop(self, deadline: float) -> None:
        now = time.monotonic()
        drained = now + (deadline - now) * _FOR_PUBLISHING
        self._publisher.stop(drained)
        self._reader.stop(now)
        self._crew.join("publisher", drained)
        self._subscriber.stop()
        self._beat.stop()
        self._crew.join_giving_up("publisher", self._publisher.abort, deadline)
        self._crew.join_giving_up("reader", self._reader.abort, deadline)
        self._crew.join("beat", now + (deadline - now) * _FOR_SIGNING_OFF)
        self._crew.join_giving_up("beat", self._beat.abort, deadline)
        self._crew.join_all(deadline)
        if not self._crew.is_alive("subscriber"):
            self._subscriber.close()

    def publish(
        self,
        session: str,
        claim: str,
        n: int,
        to: str,
        text: str,
        done: PublishDone,
        *,
        holder: str = "",
        refusal: str = "",
    ) -> None:
        self._sessions.publish(session, claim, n, to, text, done, holder, refusal)

    def claim(
        self, session: str, claim: str, name: Name, suggestions: Sequence[Name], token_hash: str, address: str
    ) -> Claimed:
        return self._sessions.claim(session, claim, name, suggestions, token_hash, address)

    def resume(self, session: str, claim: str, token_hash: str, n: int, address: str) -> Claimed:
        return self._sessions.resume(session, claim, token_hash, n, address)

    def join(self, session: str, claim: str, room: str) -> Membership:
        return self._sessions.join(session, claim, room)

    def leave(self, session: str, claim: str, room: str) -> Membership:
        return self._sessions.leave(session, claim, room)

    def away(self, session: str, claim: str) -> None:
        self._sessions.away(session, claim)

    def end(self, session: str, claim: str, reason: str) -> None:
        self._sessions.end(session, claim, reason)

    def acknowledge(self, session: str, claim: str, position: Position, state: str) -> None:
        self._sessions.acknowledge(session, claim, position, state)

    def read(self, log: str, after: Position, limit: int) -> Page:
        return self._logs.read(log, after, limit)

    def history(self, room: str, before: int, limit: int) -> list[Entry]:
        return self._logs.history(room, before, limit)

    def members(self, room: str | None) -> list[Member]:
        return self._logs.members(room)

    def rooms(self) -> list[tuple[str, int]]:
        return self._logs.rooms()

    def nodes(self) -> list[NodeInfo]:
        return list(self._beat.nodes)

    def want(self, room: str) -> None:
        self._subscriber.want(room)

    def unwant(self, room: str) -> None:
        self._subscriber.unwant(room)
