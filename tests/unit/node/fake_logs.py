"""What can be read of a cluster in memory."""

from __future__ import annotations

import msgspec

from cluster.errors import Refused, Unavailable
from cluster.types import Company, Entry, Kind, Member, Page, Person, Position, Reason, Topic
from tests.unit.node.fake_accounts import FakeAccounts
from tests.unit.node.fake_store import Store


class FakeLogs(FakeAccounts):
    """The part of `ClusterSeam` that reads. Knob: `failing_reads`."""

    def __init__(self, store: Store, node: str) -> None:
        super().__init__(store, node)
        self.failing_reads = 0

    def read(self, log: str, after: Position, limit: int) -> Page:
        with self.store.lock:
            if self.failing_reads:
                self.failing_reads -= 1
                raise Unavailable
            top, offset, lost, known = self.store.top(log), after.offset, 0, True
            if after.epoch != top.epoch:
                forks = self.store.forks.get(log, {})
                fork, known = forks.get(after.epoch, 0), after.epoch in forks or not offset
                offset = min(offset, fork)
                lost = after.offset + 1 if after.offset > offset else 0
            offset = min(offset, top.offset)
            entries = tuple(
                msgspec.structs.replace(e, epoch=top.epoch) for e in self.store.logs[log][offset : offset + limit]
            )
            return Page(top, offset + 1, entries, lost_first=lost, is_astray=not known)

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
