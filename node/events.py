"""What the cluster tells this node (`ClusterEvents`). Nothing here blocks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from cluster import endings
from cluster.seam import Beaten, Health, NodeStatus
from cluster.types import Ban, Entry, Position, Presence, RightHint, Rights, SessionRecord
from node import faults
from node.drain import Order
from node.house import House
from node.session import Session
from node.verbs.refusals import LEASE_LOST, SPENT, farewell
from node.verbs.rights import hint_frame as right_hint_frame, rights_frame
from node.workers import Workers
from wire.frames import Recovered


class Events:
    """Implements `ClusterEvents`. `house` is set once, before the cluster starts. `on_trouble` starts what
    a deaf or degraded node does for its clients (R9), `on_order` takes an order to drain, `fail` stops the process."""

    house: House

    def __init__(
        self,
        workers: Workers,
        on_trouble: Callable[[], None],
        on_order: Callable[[Order], None],
        fail: Callable[[], None],
    ) -> None:
        self._workers = workers
        self._on_trouble = on_trouble
        self._on_order = on_order
        self._fail = fail

    def on_entry(self, entry: Entry) -> None:
        self.house.rooms.receive(entry)

    def on_burst(self) -> None:
        self.house.rooms.flush()

    def on_subscribed(self, room: str | None) -> None:
        self.house.rooms.subscribed(room)

    def on_tops(self, tops: Mapping[str, Position]) -> None:
        self.house.rooms.tops(tops)

    def on_beat(self, beat: Beaten) -> None:
        self.house.metrics.beaten(beat)
        self._workers.schedule(self.house.addresses)
        self._workers.schedule(self.house.gate)

    def on_taken(self, session: str, claim: str, how: str = "") -> None:
        if not claim:
            ended = self.house.registry.end(session, how)
            if ended is not None:
                self._end(ended, how)
            return
        ours = self.house.registry.notice(session, claim)
        if ours is not None:
            self.house.doubt(ours)

    def on_spent(self, session: str, claim: str) -> None:
        ours = self.house.registry.get(session)
        if ours is not None and ours.claim == claim:
            self.house.log.warning("token_spent_of", session=session, nick=ours.name.shown)
            ours.connection.tell(SPENT)

    def on_health(self, health: Health) -> None:
        self.house.standing.turn(health)
        if health in (Health.DEAF, Health.DEGRADED):
            self._on_trouble()

    def on_lease_lost(self) -> None:
        lost = self.house.registry.take_all()
        self.house.metrics.leases_lost.inc()
        self.house.log.warning("lease_lost", sessions=len(lost))
        for session in lost:
            session.connection.dismiss(LEASE_LOST)

    def on_drain(self, order: str, over: float | None, force: bool) -> None:
        self._on_order(Order(order, over, force))

    def on_bans(self, bans: Sequence[Ban]) -> None:
        # First the copy, then the look at who is here: who comes meanwhile looks into the copy when he is listed.
        self.house.bans.replace(bans)
        for connection in self.house.roster.all():
            # Whose header has not come is nobody yet: a ban of his balancer's network is not for him.
            ban = None if connection.proxied else self.house.bans.of(connection.peer)
            if ban is not None:
                connection.expel(ban)

    def on_presence(self, hint: Presence) -> None:
        self.house.rooms.hint(hint)

    def on_rights(self, rights: Rights) -> None:
        if rights.fallen:
            self.house.rooms.forget_past(rights.room)
        self.house.rooms.tell(rights.room, rights_frame(rights))

    def on_right(self, hint: RightHint) -> None:
        session = self.house.registry.get(hint.session)
        if session is not None:
            session.connection.tell(right_hint_frame(hint))

    def on_superseded(self) -> None:
        self.house.log.error("superseded", reason="another process runs under this node's id")
        self._fail()

    def on_waiting(self, thread: str, seconds: float, why: str) -> None:
        self.house.log.info("waiting", thread=thread, seconds=round(seconds, 1), reason=why)

    def on_damage(self, what: str) -> None:
        self.house.log.error("damage", reason=what)

    def on_fatal(self, error: BaseException) -> None:
        self.house.log.error("error", reason=faults.told(error))
        self._fail()

    def on_recovered(self, lost: Sequence[str]) -> None:
        self.house.metrics.recoveries.inc()
        self.house.log.warning("recovered", lost=len(lost))
        for name in lost:
            session = self.house.registry.get(name)
            if session is not None and self.house.registry.remove(session):
                # It may live on at another node. Whoever asks there for it is told; ENDED from here would be a guess.
                session.connection.dismiss(LEASE_LOST)
        for session in self.house.registry.all():
            session.connection.acks.renew()
        # A sender whose direct message was lost may see nothing else of the new life: senders say again (R5).
        for session in self.house.registry.all():
            if session.connection.native:
                session.connection.tell(Recovered())

    def on_opened(self) -> None:
        self.house.rooms.recovered()
        self._workers.hurry()

    def local_sessions(self) -> Sequence[SessionRecord]:
        return [session.record(*self._positions(session)) for session in self.house.registry.all()]

    def on_entering(self, epoch: str) -> None:
        self.house.rooms.enter(epoch)

    def remembered(self) -> Mapping[str, Sequence[Entry]]:
        return self.house.rooms.remembered()

    def local_logs(self) -> Sequence[str]:
        return self.house.rooms.logs()

    def status(self) -> NodeStatus:
        standing = self.house.standing
        return NodeStatus(standing.state, len(self.house.roster), standing.answer)

    def _positions(self, session: Session) -> tuple[dict[str, Position], dict[str, Position]]:
        """Up to where its logs were offered here, of each in the last life that was read to its end; and where they are
        now."""
        rooms, logs = self.house.rooms, (*session.rooms, session.inbox)
        whole = {log: place for log in logs if (place := rooms.whole(log))}
        return whole, {log: place for log in logs if (place := rooms.place(log))}

    def _end(self, session: Session, how: str) -> None:
        reason = endings.parsed(how).reason or ("expired" if session.away_since else "ended")
        for room in session.rooms:
            self.house.log.info("left", room=room, reason=reason, session=session.id, nick=session.name.shown)
        if endings.parsed(how).is_final:
            # Redis may have lost it since, and we have brought the session back before we heard of it.
            self.house.cluster.end(session.id, session.claim, how)
        session.connection.dismiss(farewell(how))
