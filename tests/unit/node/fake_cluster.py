"""A cluster in memory, for one or more nodes: logs, sessions, claims, epochs; faults on demand."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

from cluster.errors import Refused, Stopped
from cluster.seam import Beaten, Health
from cluster.types import (
    LOBBY,
    NOTHING_LOST,
    Claimed,
    Entry,
    Kind,
    Lost,
    Name,
    NodeInfo,
    Position,
    Presence,
    Reason,
    Renamed,
)
from tests.unit.node.fake_memberships import FakeMemberships
from tests.unit.node.fake_sayings import FakeSayings
from tests.unit.node.fake_store import Row, Store


class FakeCluster(FakeSayings, FakeMemberships):
    """Implements `ClusterSeam` for one node. Knobs: `hold_says`, `failing_reads`, `mute`."""

    def __init__(self, store: Store, node: str = "n1") -> None:
        super().__init__(store, node)
        self.boot = f"{node}-boot"
        self.wanted: list[str] = []
        self.infos: list[NodeInfo] = []
        self.owed: dict[str, Position] = {}  # what `resume` says of logs without a cursor
        self.endings: list[Callable[[], None]] | None = None  # of ends that the test lets be carried out
        self.mute = False  # live entries get lost
        store.nodes.append(self)

    # -- for the tests --------------------------------------------------------------------

    def hear(self, entry: Entry) -> None:
        if self.mute or self.events is None:
            return
        if entry.log in self.wanted or (entry.log[0] == "@" and self._is_here(entry.log[1:])):
            self.events.on_entry(entry)
            self.events.on_burst()

    def turn(self, health: Health) -> None:
        self.health = health
        assert self.events is not None
        self.events.on_health(health)

    def beat(self) -> None:
        """One heartbeat's comparison of tops."""
        assert self.events is not None
        self.events.on_tops({log: self.store.top(log) for log in self.events.local_logs()})
        self.events.on_beat(Beaten(0.001, 1_000_000, 2_000_000))

    def await_call(self, *call: str, timeout: float = 5.0) -> None:
        with self.changed:
            done = self.changed.wait_for(lambda: any(each[: len(call)] == call for each in self.calls), timeout)
            assert done, f"{call} not in {self.calls}"

    def _is_here(self, session: str) -> bool:
        row = self.store.rows.get(session)
        return row is not None and row.node is self

    # -- ClusterSeam ----------------------------------------------------------------------

    def start(self) -> None:
        self.turn(Health.SERVING)

    def stop(self, deadline: float) -> None:
        self.stopped = True
        for done, _ in self.held:
            done(Stopped())
        self.held = []

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
        self._check_taking()
        with self.store.lock:
            if not self.store.is_proof(name.mapped, proof):
                raise Refused(Reason.NOT_ADMITTED)
            if session in self.store.rows:
                raise Refused(Reason.SESSION_EXISTS)
            if name.mapped in self.store.nicks:
                free = [each.shown for each in suggestions if each.mapped not in self.store.nicks]
                raise Refused(Reason.NICK_TAKEN, free[0] if free else "")
            row = self.store.rows[session] = Row(session, claim, name, token_hash, self, client=client)
            self.store.nicks[name.mapped] = session
            self._enter(row, LOBBY)
            return self._claimed(row, resumed=False)

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
        self._check_taking()
        with self.store.lock:
            row = self.store.rows.get(session)
            if row is None or not {token_hash, former} & {row.token, *row.open}:
                raise Refused(Reason.RESUME_REFUSED)
            if renewed:
                row.token, row.open = renewed, [token_hash]
            before = row.node
            row.claim, row.node, row.away = claim, self, False
            row.n = max(row.n, n)
            claimed = self._claimed(row, resumed=True)
        if before.events is not None:
            before.events.on_taken(session, claim)
        return claimed

    def _claimed(self, row: Row, *, resumed: bool) -> Claimed:
        logs = {log: self.store.top(log) for log in (f"@{row.session}", *row.rooms)}
        claimed = Claimed(row.session, row.claim, row.name, row.n, 1700000000000, logs, resumed)
        tokens = (row.token, *row.open) if resumed else ()
        told, ahead = dict(self.owed), self.store.ahead[row.session]
        return replace(claimed, owed=told, parted=dict(row.parted), gone=row.gone, ahead=ahead, tokens=tokens)

    def confirm(self, session: str, claim: str, token_hash: str) -> None:
        with self.store.lock:
            self._owned(session, claim).open = []
        self._note("confirm", session, token_hash)

    def rename(self, session: str, claim: str, name: Name, suggestions: Sequence[Name]) -> Renamed:
        self._check_taking()
        with self.store.lock:
            row = self._owned(session, claim)
            if self.store.nicks.get(name.mapped, session) != session:
                free = [each.shown for each in suggestions if each.mapped not in self.store.nicks]
                raise Refused(Reason.NICK_TAKEN, free[0] if free else "")
            former, row.name, entry = row.name, name, None
            if former == name:
                return Renamed(name.shown, 1700000000000, False, 1, "", Position("", 0))
            del self.store.nicks[former.mapped]
            self.store.nicks[name.mapped] = session
            for room in row.rooms:
                entry = self.store.append(room, Kind.JOINED, session, 0, name.shown, former.shown)
            where = Position(entry.epoch, entry.offset) if entry else Position("", 0)
            return Renamed(former.shown, 1700000000000, True, 1, entry.log if entry else "", where)

    def gone(self, session: str, claim: str, text: str | None) -> None:
        self._check_taking()
        with self.store.lock:
            row = self._owned(session, claim)
            row.gone = text
            for room in row.rooms:
                hint = Presence(room, session, row.name.shown, "here" if text is None else "gone", text or "")
                for node in self.store.nodes:
                    if node.events is not None:
                        node.events.on_presence(hint)

    def away(self, session: str, claim: str) -> None:
        with self.store.lock:
            row = self.store.rows.get(session)
            if row is not None and row.claim == claim:
                row.away = True
        self._note("away", session, claim)

    def end(self, session: str, claim: str, reason: str, done: Callable[[], None] | None = None) -> None:
        with self.store.lock:
            row = self.store.rows.get(session)
            if row is not None and row.claim == claim:
                del self.store.rows[session]
                del self.store.nicks[row.name.mapped]
                for room in row.rooms:
                    self.store.append(room, Kind.LEFT, session, 0, row.name.shown, reason)
        self._note("end", session, claim, reason)
        if done is not None and self.endings is not None:
            self.endings.append(done)
        elif done is not None:
            done()

    def acknowledge(self, session: str, claim: str, position: Position, state: str) -> None:
        with self.store.lock:
            row = self.store.rows.get(session)
            if row is not None and row.claim == claim:
                entries = self.store.logs.get(f"@{session}", [])[row.acknowledged : position.offset]
                row.acknowledged = max(row.acknowledged, position.offset)
                for entry in entries:
                    if entry.kind == Kind.MESSAGE:
                        self.store.append(
                            f"@{entry.session}", Kind.RECEIPT, entry.session, entry.n, row.name.shown, state
                        )
        self._note("acknowledge", session, str(position.offset), state)

    def nodes(self) -> list[NodeInfo]:
        return self.infos

    def beat_soon(self) -> None:
        self._note("beat_soon")

    def want(self, room: str) -> None:
        self.wanted.append(room)
        if self.events is not None:
            # From another thread than the caller, as the real subscriber does.
            threading.Thread(target=self.events.on_subscribed, args=(room,)).start()

    def unwant(self, room: str) -> None:
        self.wanted.remove(room)
