"""The node's door to the others: puts the threads of this package together. See `seam` for its guarantees."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial

from cluster import endings, lookalikes
from cluster.beat import Beat, BeatActions
from cluster.board import Board
from cluster.calls import Caller
from cluster.follow import Follow
from cluster.fresh import Fresh
from cluster.group import is_group, parsed
from cluster.hearing import Hearing
from cluster.keys import Keys
from cluster.link import Identity, Link, server_identity
from cluster.lives import Lives
from cluster.logs import Logs
from cluster.newest import Newest
from cluster.publisher import Publisher, PublisherEvents
from cluster.reader import Reader
from cluster.recovery import Recovery
from cluster.rights import KeptRights, told_rights
from cluster.roster import Alive, alive_of
from cluster.seam import ClusterEvents, Health, PublishDone
from cluster.sentinels import Sentinels
from cluster.sessions import Sessions
from cluster.settings import ClusterSettings
from cluster.subscriber import Subscriber, SubscriberActions
from cluster.term import Standing, new_boot
from cluster.threads import Crew
from cluster.types import (
    NOTHING_LOST,
    Account,
    Claimed,
    Company,
    Entry,
    Guarding,
    Lost,
    Member,
    Membership,
    Name,
    NodeInfo,
    Page,
    Person,
    Position,
    Renamed,
    Rights,
    Topic,
)
from cluster.upkeep import Upkeep
from cluster.witness import Witness

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
        lives = Lives()
        self._newest = Newest()
        self._kept_rights = KeptRights()
        links = {role: self._link(role) for role in ("publisher", "reader", "subscriber", "beat", "upkeep")}
        self._follow = self._following(list(links.values()), identity)
        self._publisher = Publisher(
            links["publisher"], self._caller, self._standing,
            Recovery(
                self._standing, self._caller, identity, events, self._fresh, self._taken, self._alive, self._forks,
                lives, self._kept_rights,
            ),
            PublisherEvents(
                self._lost, self._answers, self._poke_beat, self._new_boot, partial(events.on_waiting, "publisher")
            ),
            self._witness(links["publisher"]),
        )  # fmt: skip
        self._upkeep = Upkeep(links["upkeep"], self._caller, self._standing, identity, events, self._kept_rights)
        self._reader = Reader(links["reader"], self._caller, self._standing, self._publisher.recover_soon)
        self._subscriber = Subscriber(
            links["subscriber"], self._keys, self._channel(), events, self._hearing,
            SubscriberActions(self._poke_beat, self._subscribed, self._taken, self._poke_beat, self._rights_changed),
        )  # fmt: skip
        self._beat = Beat(
            links["beat"], self._caller, self._keys, self._standing,
            self._follow.identity if self._follow else identity, events, self._board, self._hearing,
            BeatActions(
                self._publisher.recover_soon,
                self._publisher.new_boot_soon,
                self._publisher.poke,
                self._subscriber.reset,
                self._upkeep.poke,
                partial(events.on_waiting, "beat"),
            ),
        )  # fmt: skip
        self._sessions = Sessions(self._publisher, self._standing, self._fresh, lives, self._board)
        self._logs = Logs(self._reader, self._keys)
        self._crew = Crew(events.on_fatal)

    def _link(self, role: str) -> Link:
        settings = self._standing.settings
        return Link(settings.redis_url, settings.timeout, f"hydrachat-{settings.node}-{role}", self._newest)

    def _following(self, links: Sequence[Link], identity: Identity) -> Follow | None:
        """Only a Sentinel group can move."""
        settings = self._standing.settings
        if not is_group(settings.redis_url):
            return None
        sentinels = Sentinels(parsed(settings.redis_url), settings.timeout, newest=self._newest)
        return Follow(sentinels, links, identity)

    def _witness(self, link: Link) -> Witness | None:
        return Witness(link, self._keys.witness, self._standing.settings.timeout) if link.is_group else None

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

    def _taken(self, session: str, claim: str, time: int, how: str) -> None:
        # What an operator has ended does not come back, whatever the clock of the server says that did it.
        if self._fresh.taken(session, claim, time) or endings.parsed(how).is_final:
            self._events.on_taken(session, "" if claim == "-" else claim, how)

    def _rights_changed(self, room: str, version: int, lines: str, fallen: bool) -> None:
        if self._kept_rights.heard(room, version, lines) or fallen:
            self._events.on_rights(told_rights(room, lines, fallen))

    def _alive(self) -> Alive:
        return alive_of(self._beat.nodes, self._beat.at)

    def _forks(self, log: str, epoch: str) -> str:
        return self._upkeep.tops.forks(log, epoch)

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
        lookalikes.prepare()
        self._crew.start("publisher", self._publisher.run)
        self._crew.start("reader", self._reader.run)
        self._crew.start("subscriber", self._subscriber.run)
        self._crew.start("upkeep", self._upkeep.run)
        self._crew.start("beat", self._run_beat)

    def _run_beat(self) -> None:
        try:
            self._beat.run()
        finally:
            if self._follow:
                self._follow.close()

    def stop(self, deadline: float) -> None:
        now = time.monotonic()
        drained = now + (deadline - now) * _FOR_PUBLISHING
        self._publisher.stop(drained)
        self._reader.stop(now)
        self._crew.join("publisher", drained)
        self._subscriber.stop()
        self._upkeep.stop()
        self._beat.stop()
        self._crew.join_giving_up("publisher", self._publisher.abort, deadline)
        self._crew.join_giving_up("reader", self._reader.abort, deadline)
        self._crew.join("beat", now + (deadline - now) * _FOR_SIGNING_OFF)
        self._crew.join_giving_up("beat", self._beat.abort, deadline)
        self._crew.join_giving_up("upkeep", self._upkeep.stop, deadline)
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
        again: Position | None = None,
        ahead: int = 0,
    ) -> None:
        self._sessions.publish(session, claim, n, to, text, done, holder, refusal, again, ahead)

    def pace(self, session: str, claim: str, ahead: int) -> None:
        self._sessions.pace(session, claim, ahead)

    def addresses(self, spent: Sequence[tuple[str, int, int]]) -> list[tuple[int, int]]:
        return self._logs.addresses(spent)

    def claim(
        self,
        session: str,
        claim: str,
        name: Name,
        suggestions: Sequence[Name],
        token_hash: str,
        address: str,
        client: str = "",
        proof: str = "",
        lost: Lost = NOTHING_LOST,
    ) -> Claimed:
        return self._sessions.claim(session, claim, name, suggestions, token_hash, address, client, proof, lost)

    def resume(
        self,
        session: str,
        claim: str,
        token_hash: str,
        n: int,
        address: str,
        client: str = "",
        renewed: str = "",
        former: str = "",
    ) -> Claimed:
        return self._sessions.resume(session, claim, token_hash, n, address, client, renewed, former)

    def confirm(self, session: str, claim: str, token_hash: str) -> None:
        self._sessions.confirm(session, claim, token_hash)

    def account(self, mapped: str, whose: str) -> Account | None:
        return self._sessions.account(mapped, whose)

    def admitted(self, mapped: str, whose: str, hashed: str, renewed: str) -> None:
        self._sessions.admitted(mapped, whose, hashed, renewed)

    def register(self, session: str, claim: str, name: Name, hashed: str, proof: str = "") -> tuple[str, str]:
        return self._sessions.register(session, claim, name, hashed, proof)

    def unregister(self, session: str, claim: str, mapped: str, hashed: str) -> str:
        return self._sessions.unregister(session, claim, mapped, hashed)

    def join(self, session: str, claim: str, room: str, digest: str = "") -> Membership:
        return self._sessions.join(session, claim, room, digest)

    def govern(self, session: str, claim: str, room: str, act: str, nick: str = "", text: str = "") -> Rights:
        return self._sessions.govern(session, claim, room, act, nick, text)

    def guard(self, session: str, claim: str, room: str, guarding: Guarding) -> Rights:
        return self._sessions.guard(session, claim, room, guarding)

    def leave(self, session: str, claim: str, room: str) -> Membership:
        return self._sessions.leave(session, claim, room)

    def set_topic(self, session: str, claim: str, room: str, text: str) -> Membership:
        return self._sessions.set_topic(session, claim, room, text)

    def rename(self, session: str, claim: str, name: Name, suggestions: Sequence[Name]) -> Renamed:
        return self._sessions.rename(session, claim, name, suggestions)

    def gone(self, session: str, claim: str, text: str | None) -> None:
        self._sessions.gone(session, claim, text)

    def away(self, session: str, claim: str) -> None:
        self._sessions.away(session, claim)

    def end(self, session: str, claim: str, reason: str) -> None:
        self._sessions.end(session, claim, reason)

    def acknowledge(self, session: str, claim: str, position: Position, state: str) -> None:
        self._sessions.acknowledge(session, claim, position, state)

    def read(self, log: str, after: Position, limit: int) -> Page:
        return self._logs.read(log, after, limit)

    def history(self, room: str, before: int, limit: int, asks: str = "") -> list[Entry]:
        return self._logs.history(room, before, limit, asks)

    def members(self, room: str | None, asks: str = "") -> list[Member]:
        return self._logs.members(room, asks)

    def company(self, room: str, limit: int) -> Company:
        return self._logs.company(room, limit)

    def topic(self, room: str, asks: str = "") -> Topic:
        return self._logs.topic(room, asks)

    def whois(self, nick: str, asks: str = "") -> Person:
        return self._logs.whois(nick, asks)

    def rooms(self, asks: str = "") -> list[tuple[str, int]]:
        return self._logs.rooms(asks)

    def nodes(self) -> list[NodeInfo]:
        return list(self._beat.nodes)

    def beat_soon(self) -> None:
        self._beat.poke()

    def want(self, room: str) -> None:
        self._kept_rights.expect(room)
        self._subscriber.want(room)

    def unwant(self, room: str) -> None:
        self._subscriber.unwant(room)
        self._kept_rights.forget(room)
