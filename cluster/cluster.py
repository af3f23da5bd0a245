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
from cluster.seam import ClusterEvents, Health
from cluster.sentinels import Sentinels
from cluster.sessions import Sessions
from cluster.settings import ClusterSettings
from cluster.subscriber import Subscriber, SubscriberActions
from cluster.term import Standing, new_boot
from cluster.threads import Crew
from cluster.types import (
    NodeInfo,
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
        self._fresh, self._lives = Fresh(), Lives()
        self._newest = Newest()
        self._kept_rights = KeptRights()
        self._links = {role: self._link(role) for role in ("publisher", "reader", "subscriber", "beat", "upkeep")}
        self._follow = self._following(list(self._links.values()), identity)
        self._publisher = self._made_publisher(identity)
        self._upkeep = Upkeep(self._links["upkeep"], self._caller, self._standing, identity, events, self._kept_rights)
        self._reader = Reader(self._links["reader"], self._caller, self._standing, self._publisher.recover_soon)
        self._subscriber = self._made_subscriber()
        self._beat = self._made_beat(self._follow.identity if self._follow else identity)
        self._crew = Crew(events.on_fatal)
        self._give(
            Sessions(self._publisher, self._standing, self._fresh, self._lives, self._board),
            Logs(self._reader, self._keys),
        )

    # -- how it is put together ---------------------------------------------------------------

    def _made_publisher(self, identity: Identity) -> Publisher:
        link, events = self._links["publisher"], self._events
        recovery = Recovery(
            self._standing, self._caller, identity, events, self._fresh, self._taken, self._alive, self._forks,
            self._lives, self._kept_rights,
        )  # fmt: skip
        waits = partial(events.on_waiting, "publisher")
        told = PublisherEvents(self._lost, self._answers, self._poke_beat, self._new_boot, waits)
        return Publisher(link, self._caller, self._standing, recovery, told, self._witness(link))

    def _made_subscriber(self) -> Subscriber:
        actions = SubscriberActions(
            self._poke_beat, self._subscribed, self._taken, self._poke_beat, self._rights_changed
        )
        link = self._links["subscriber"]
        return Subscriber(link, self._keys, self._channel(), self._events, self._hearing, actions)

    def _made_beat(self, identity: Identity) -> Beat:
        actions = BeatActions(
            self._publisher.recover_soon,
            self._publisher.new_boot_soon,
            self._publisher.poke,
            self._subscriber.reset,
            self._upkeep.poke,
            partial(self._events.on_waiting, "beat"),
        )
        return Beat(
            self._links["beat"], self._caller, self._keys, self._standing, identity, self._events, self._board,
            self._hearing, actions,
        )  # fmt: skip

    def _give(self, sessions: Sessions, logs: Logs) -> None:
        """What `ClusterSeam` offers and they do. Theirs are the methods: nothing is handed on twice."""
        self.publish, self.pace, self.addresses = sessions.publish, sessions.pace, logs.addresses
        self.claim, self.resume, self.confirm = sessions.claim, sessions.resume, sessions.confirm
        self.account, self.admitted = sessions.account, sessions.admitted
        self.register, self.unregister = sessions.register, sessions.unregister
        self.join, self.leave, self.set_topic = sessions.join, sessions.leave, sessions.set_topic
        self.govern, self.guard = sessions.govern, sessions.guard
        self.rename, self.gone, self.away, self.end = sessions.rename, sessions.gone, sessions.away, sessions.end
        self.acknowledge = sessions.acknowledge
        self.read, self.history, self.company = logs.read, logs.history, logs.company
        self.members, self.topic, self.whois, self.rooms = logs.members, logs.topic, logs.whois, logs.rooms

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
