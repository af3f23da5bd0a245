"""Rooms, as a session enters, leaves and governs them (R3)."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from cluster.asking import Asking, raise_refusal
from cluster.calls import Argument
from cluster.link import Reply
from cluster.rights import rights_of
from cluster.types import Guarding, Membership, Position, Rights


class Memberships(Asking):
    def join(self, session: str, claim: str, room: str, digest: str = "") -> Membership:
        limits = self._standing.settings
        most = (limits.max_rooms_per_session, limits.max_members, limits.max_rooms)
        arguments: list[Argument] = [session, claim, room, self._ticket(), *most, digest]

        def made(reply: list[Reply]) -> Membership:
            membership = self._membership(arguments, reply, True)
            self._begin([room.encode()], reply[4:5])
            return membership

        return self._call("join", arguments, made)

    def leave(self, session: str, claim: str, room: str) -> Membership:
        arguments: list[Argument] = [session, claim, room, self._ticket()]
        return self._call("leave", arguments, lambda reply: self._membership(arguments, reply, False))

    def set_topic(self, session: str, claim: str, room: str, text: str) -> Membership:
        arguments: list[Argument] = [session, claim, room, self._ticket(), text]
        return self._call("set_topic", arguments, lambda reply: self._placed(room, reply))

    def govern(self, session: str, claim: str, room: str, act: str, nick: str = "", text: str = "") -> Rights:
        return self._govern(room, [session, claim, room, self._ticket(), act, nick, text, "", ""])

    def guard(self, session: str, claim: str, room: str, guarding: Guarding) -> Rights:
        changes = " ".join(f"{'+' if holds else '-'}{guard}" for guard, holds in guarding.changes.items())
        salt = secrets.token_hex(8)
        return self._govern(room, [session, claim, room, self._ticket(), "guard", "", changes, guarding.digest, salt])

    def _govern(self, room: str, arguments: Sequence[Argument]) -> Rights:
        def made(reply: list[Reply]) -> Rights:
            raise_refusal(reply)
            return rights_of(room, reply)

        return self._call("govern", arguments, made)

    def _membership(self, asked: Sequence[Argument], reply: list[Reply], is_member: bool) -> Membership:
        session, claim, room = (str(word) for word in asked[:3])
        done = self._placed(room, reply)
        self._fresh.member(session, claim, room, is_member)
        return done

    def _placed(self, room: str, reply: list[Reply]) -> Membership:
        raise_refusal(reply)
        return Membership(room, Position(self._standing.epoch, int(reply[1])), int(reply[2]), int(reply[3]) == 1)
