"""The rights in rooms, in memory: as the scripts decide them, without accounts and heirs."""

from __future__ import annotations

from dataclasses import dataclass, field

from cluster.errors import Refused
from cluster.types import LOBBY, Guard, Guarding, Reason, Rights

RIGHT_HINTS = {"invite": "invited", "mute": "muted", "unmute": "unmuted", "owner": "owner"}


@dataclass
class _Room:
    owner: str
    guards: frozenset[Guard] = frozenset()
    digest: str = ""
    named: dict[str, dict[str, str]] = field(default_factory=lambda: {"invite": {}, "mute": {}, "remove": {}})


class FakeRights:
    """The store's lock guards it."""

    def __init__(self) -> None:
        self._rooms: dict[str, _Room] = {}

    def admit(self, room: str, session: str, digest: str) -> None:
        """Raises Refused. The first one owns the room."""
        if room == LOBBY:
            return
        it = self._rooms.setdefault(room, _Room(session))
        if session in (it.owner, *it.named["invite"]):
            return
        if session in it.named["remove"]:
            raise Refused(Reason.REMOVED)
        if Guard.INVITE in it.guards:
            raise Refused(Reason.NOT_INVITED)
        if Guard.KEY in it.guards and digest != it.digest:
            raise Refused(Reason.WRONG_KEY)

    def is_muted(self, room: str, session: str) -> bool:
        return room in self._rooms and session in self._rooms[room].named["mute"]

    def told(self, room: str, session: str, *, changed: bool = False) -> Rights:
        it = self._rooms.get(room, _Room(""))
        own = it.owner == session
        names = {act: tuple(nicks.values()) if own else () for act, nicks in it.named.items()}
        yours = "muted" if self.is_muted(room, session) else ""
        return Rights(
            room, it.owner, it.guards, own, yours, names["invite"], names["mute"], names["remove"], changed=changed
        )

    def act(self, room: str, session: str, act: str, other: str, nick: str) -> Rights:
        it = self._owned(room, session)
        if act == "owner":
            it.owner = other
        elif act == "unmute":
            it.named["mute"].pop(other, None)
        else:
            it.named[act][other] = nick
        if act in ("invite", "remove"):
            it.named["remove" if act == "invite" else "invite"].pop(other, None)
        return self.told(room, session, changed=True)

    def guard(self, room: str, session: str, guarding: Guarding) -> Rights:
        it = self._owned(room, session)
        it.guards = frozenset(each for each in Guard if guarding.changes.get(each, each in it.guards))
        it.digest = guarding.digest or it.digest
        return self.told(room, session, changed=True)

    def _owned(self, room: str, session: str) -> _Room:
        if room not in self._rooms or self._rooms[room].owner != session:
            raise Refused(Reason.NOT_OWNER)
        return self._rooms[room]
