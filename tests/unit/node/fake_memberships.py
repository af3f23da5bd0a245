"""Rooms of a cluster in memory, as sessions enter, leave and govern them."""

from __future__ import annotations

from cluster.errors import Refused
from cluster.types import Entry, Guarding, Kind, Membership, Position, Reason, RightHint, Rights
from tests.unit.node.fake_logs import FakeLogs
from tests.unit.node.fake_rights import RIGHT_HINTS
from tests.unit.node.fake_store import Row


class FakeMemberships(FakeLogs):
    """The part of `ClusterSeam` that changes who is in a room, and who may do what there."""

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
