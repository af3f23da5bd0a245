"""A cluster in memory, for one or more nodes: logs, sessions, claims, epochs; faults on demand."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace

import msgspec

from cluster.errors import ClusterError, Fenced, Refused, Stopped, Unavailable
from cluster.seam import Beaten, Health, PublishDone
from cluster.types import (
    LOBBY,
    NOTHING_LOST,
    Claimed,
    Company,
    Entry,
    Guarding,
    Kind,
    Lost,
    Member,
    Membership,
    Name,
    NodeInfo,
    Page,
    Person,
    Position,
    Presence,
    Published,
    Reason,
    Renamed,
    RightHint,
    Rights,
    Topic,
)
from tests.unit.node.fake_accounts import FakeAccounts
from tests.unit.node.fake_rights import RIGHT_HINTS
from tests.unit.node.fake_store import Row, Store


class FakeCluster(FakeAccounts):
    """Implements `ClusterSeam` for one node. Knobs: `hold_says`, `failing_reads`, `mute`."""

    def __init__(self, store: Store, node: str = "n1") -> None:
        super().__init__(store, node)
        self.boot = f"{node}-boot"
        self.wanted: list[str] = []
        self.infos: list[NodeInfo] = []
        self.owed: dict[str, Position] = {}  # what `resume` says of logs without a cursor
        self.mute = False  # live entries get lost
        self.failing_reads = 0
        self.hold_says = False
        self.held: list[tuple[PublishDone, Published | ClusterError]] = []
        self.answers: list[ClusterError] = []  # given to the next says instead of doing them
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

    def release_says(self) -> None:
        self.hold_says = False
        held, self.held = self.held, []
        for done, outcome in held:
            done(outcome)

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
        self._check_taking()
        with self.store.lock:
            outcome = self._publish(session, claim, n, to, text, holder, refusal, again)
            if isinstance(outcome, Published):
                self.store.ahead[session] = (ahead, self.store.ahead[session][1])
            if self.hold_says:
                self.held.append((done, outcome))
                return
            done(outcome)

    def _publish(
        self,
        session: str,
        claim: str,
        n: int,
        to: str,
        text: str,
        holder: str,
        refusal: str,
        again: Position | None,
    ) -> Published | ClusterError:
        if self.answers:
            return self.answers.pop(0)
        try:
            row = self._owned(session, claim)
        except Fenced as error:
            return error
        if n > row.n + 1:
            return Refused(Reason.OUT_OF_ORDER, str(row.n))
        if again is not None:
            self._note("again", str(n), again.epoch, str(again.offset))
            row.outcomes[n] = self._again(row, n, to, text)
        if n <= row.n:
            known = row.outcomes.get(n, Reason.FORGOTTEN)
            return known if isinstance(known, Published) else Refused(known)
        outcome = self._outcome(row, n, to, text, holder, refusal)
        row.n = n
        row.outcomes[n] = outcome
        return outcome if isinstance(outcome, Published) else Refused(outcome)

    def _again(self, row: Row, n: int, to: str, text: str) -> Published:
        log = f"@{self.store.nicks[to[1:]]}" if to.startswith("@") else to
        for entry in self.store.logs.get(log, []):
            if (entry.kind, entry.session, entry.n) == (Kind.MESSAGE, row.session, n):
                return Published(n, log, Position(self.store.epoch, entry.offset), entry.time)
        entry = self.store.append(log, Kind.MESSAGE, row.session, n, row.name.shown, text, late=True)
        return Published(n, log, Position(entry.epoch, entry.offset), entry.time)

    def _outcome(self, row: Row, n: int, to: str, text: str, holder: str, refusal: str) -> Published | str:
        if refusal:
            return refusal
        if to.startswith("#") and to not in row.rooms:
            return Reason.NOT_MEMBER
        if self.store.rights.is_muted(to, row.session):
            return Reason.MUTED
        log = to
        if to.startswith("@"):
            addressee = self.store.nicks.get(to[1:])
            if addressee is None:
                return Reason.NO_SUCH_NICK
            if holder and holder != addressee:
                return Reason.ADDRESSEE_CHANGED
            log = f"@{addressee}"
        entry = self.store.append(log, Kind.MESSAGE, row.session, n, row.name.shown, text)
        return Published(n, log, Position(entry.epoch, entry.offset), entry.time)

    def pace(self, session: str, claim: str, ahead: int) -> None:
        with self.store.lock:
            self.store.ahead[session] = (self.store.ahead[session][0], ahead)

    def addresses(self, spent: Sequence[tuple[str, int, int]]) -> list[tuple[int, int]]:
        """As if no time went by."""
        with self.store.lock:
            for address, *taken in spent:
                before = self.store.addresses.get(address, (0, 0))
                self.store.addresses[address] = (before[0] + taken[0], before[1] + taken[1])
            return [self.store.addresses[address] for address, *_ in spent]

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

    def _enter(self, row: Row, room: str) -> Entry:
        row.rooms.append(room)
        row.parted.pop(room, None)
        return self.store.append(room, Kind.JOINED, row.session, 0, row.name.shown, "")

    def join(self, session: str, claim: str, room: str, digest: str = "") -> Membership:
        self._check_taking()
        with self.store.lock:
            row = self._owned(session, claim)
            if room in row.rooms:
                return Membership(room, self.store.top(room), 1700000000000, changed=False)
            self.store.rights.admit(room, session, digest)
            entry = self._enter(row, room)
            return Membership(room, Position(entry.epoch, entry.offset), entry.time, changed=True)

    def leave(self, session: str, claim: str, room: str) -> Membership:
        self._check_taking()
        with self.store.lock:
            row = self._owned(session, claim)
            if room not in row.rooms:
                raise Refused(Reason.NOT_MEMBER)
            row.rooms.remove(room)
            entry = self.store.append(room, Kind.LEFT, session, 0, row.name.shown, "left")
            row.parted[room] = Position(entry.epoch, entry.offset)
            return Membership(room, Position(entry.epoch, entry.offset), entry.time, changed=True)

    def set_topic(self, session: str, claim: str, room: str, text: str) -> Membership:
        self._check_taking()
        with self.store.lock:
            row = self._owned(session, claim)
            if room not in row.rooms:
                raise Refused(Reason.NOT_MEMBER)
            if self.topic(room).text == text:
                return Membership(room, self.store.top(room), 1700000000000, changed=False)
            entry = self.store.append(room, Kind.TOPIC, session, 0, row.name.shown, text)
            return Membership(room, Position(entry.epoch, entry.offset), entry.time, changed=True)

    def govern(self, session: str, claim: str, room: str, act: str, nick: str = "", text: str = "") -> Rights:
        self._check_taking()
        with self.store.lock:
            row = self._owned(session, claim)
            if act == "tell":
                return self.store.rights.told(room, session)
            other = self.store.rows.get(self.store.nicks.get(nick, ""))
            if other is None:
                raise Refused(Reason.NO_SUCH_NICK)
            done = self.store.rights.act(room, session, act, other.session, other.name.shown)
            if act == "remove" and room in other.rooms:
                other.rooms.remove(room)
                self.store.append(room, Kind.LEFT, other.session, 0, other.name.shown, f"removed {text}".strip())
            elif act != "remove":
                self._hint(other, RightHint(other.session, RIGHT_HINTS[act], room, row.name.shown, text))
            return done

    def guard(self, session: str, claim: str, room: str, guarding: Guarding) -> Rights:
        self._check_taking()
        with self.store.lock:
            self._owned(session, claim)
            return self.store.rights.guard(room, session, guarding)

    def _hint(self, row: Row, hint: RightHint) -> None:
        for node in self.store.nodes:
            if node is row.node and node.events is not None:
                node.events.on_right(hint)

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

    def whois(self, nick: str, asks: str = "") -> Person:
        with self.store.lock:
            row = self.store.rows.get(self.store.nicks.get(nick, ""))
            if row is None:
                raise Refused(Reason.NO_SUCH_NICK)
            state, rooms = "away" if row.away else "here", tuple(row.rooms)
            return Person(
                row.name.shown, row.session, row.node.node, state, row.gone is not None, row.gone or "", 1700000000000,
                rooms, row.client,
            )  # fmt: skip

    def away(self, session: str, claim: str) -> None:
        with self.store.lock:
            row = self.store.rows.get(session)
            if row is not None and row.claim == claim:
                row.away = True
        self._note("away", session, claim)

    def end(self, session: str, claim: str, reason: str) -> None:
        with self.store.lock:
            row = self.store.rows.get(session)
            if row is not None and row.claim == claim:
                del self.store.rows[session]
                del self.store.nicks[row.name.mapped]
                for room in row.rooms:
                    self.store.append(room, Kind.LEFT, session, 0, row.name.shown, reason)
        self._note("end", session, claim, reason)

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

    def read(self, log: str, after: Position, limit: int) -> Page:
        with self.store.lock:
            if self.failing_reads:
                self.failing_reads -= 1
                raise Unavailable
            top, offset, lost = self.store.top(log), after.offset, 0
            if after.epoch != top.epoch:
                fork = self.store.forks.get(log, {}).get(after.epoch, 0)
                offset = min(offset, fork)
                lost = after.offset + 1 if after.offset > offset else 0
            offset = min(offset, top.offset)
            entries = tuple(
                msgspec.structs.replace(e, epoch=top.epoch) for e in self.store.logs[log][offset : offset + limit]
            )
            return Page(top, offset + 1, entries, lost_first=lost)

    def history(self, room: str, before: int, limit: int, asks: str = "") -> list[Entry]:
        with self.store.lock:
            said = [e for e in self.store.logs.get(room, []) if e.kind == Kind.MESSAGE]
            return [e for e in said if not before or e.offset < before][-limit:]

    def members(self, room: str | None, asks: str = "") -> list[Member]:
        with self.store.lock:
            rows = [row for row in self.store.rows.values() if room is None or room in row.rooms]
            members = [
                Member(r.name.shown, r.session, r.node.node, "away" if r.away else "here", r.gone is not None)
                for r in rows
            ]
            return sorted(members, key=lambda member: member.nick)

    def company(self, room: str, limit: int) -> Company:
        nicks = [member.nick for member in self.members(room)]
        return Company(len(nicks), nicks[:limit], self.topic(room).text)

    def topic(self, room: str, asks: str = "") -> Topic:
        with self.store.lock:
            set_here = [e for e in self.store.logs.get(room, []) if e.kind == Kind.TOPIC]
            return Topic(set_here[-1].text, set_here[-1].nick, set_here[-1].time) if set_here else Topic("", "", 0)

    def rooms(self, asks: str = "") -> list[tuple[str, int]]:
        with self.store.lock:
            names = {room for row in self.store.rows.values() for room in row.rooms}
            return sorted((name, len(self.members(name))) for name in names)

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
