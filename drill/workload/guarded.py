"""A room with a lock: its owner lets in, mutes, puts out and hands over; somebody whom nobody wants
tries to come in."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count, cycle
from typing import Any

from client import ChatClient
from client.handles import Reply
from drill.workload.notes import CAST
from drill.workload.role import UNKNOWN, Role
from drill.workload.scene import Scene

KEY, WRONG = "sesame", "barley"
INVITE, BY_KEY = "invite", "key"
Question = Callable[[ChatClient], Reply[Any]]


class Undone(Exception):
    """Something was not done, or nobody knows: this round is over."""


class Guarded(Scene):
    """Each round in a room of its own, which is the lord's: he comes first."""

    name = "guarded"

    def _cast(self) -> None:
        names = ("lord", "guest", "heir", "stray")
        roles = [Role(f"{CAST}{name}", self._turned(), self._notes, self._patience) for name in names]
        self._lord, self._roles = roles[0], roles
        self._rooms, self._room = count(1), ""
        self._guards = cycle((INVITE, BY_KEY))

    def _play(self) -> None:
        if not all(role.is_in or role.come() == "" for role in self._roles):
            return
        self._room = f"#{CAST}den-{next(self._rooms)}"
        try:
            self._round(next(self._guards))
        except Undone:
            pass
        finally:
            self._disperse()

    def _round(self, guard: str) -> None:
        lord, guest, heir, stray = self._roles
        self._do(lord, "join", lord, lambda chat: chat.join(self._room))
        self._do(lord, "guard", lord, self._locked(guard), proof=True)
        self._intrude(stray, guard)
        self._let_in(guest, guard)
        self._let_in(heir, guard)
        self._chat(guest, lord)
        self._silence(guest)
        self._intrude(stray, guard)
        self._do(lord, "remove", guest, lambda chat: chat.remove(self._room, guest.name))
        self._chat(guest, lord, heir)
        self._try(guest, guard)
        self._hand_on(lord, heir)
        self._chat(guest, lord, heir)
        self._intrude(stray, guard)

    def _locked(self, guard: str) -> Question:
        room, by_key = self._room, guard == BY_KEY
        return lambda chat: chat.guard(
            room, key=KEY if by_key else None, invite=None if by_key else True, private=self._rng.random() < 0.5
        )

    def _let_in(self, role: Role, guard: str) -> None:
        if guard == INVITE:
            self._do(self._lord, "invite", role, lambda chat: chat.invite(self._room, role.name))
        self._join(role, KEY if guard == BY_KEY else None, must=True)

    def _intrude(self, role: Role, guard: str) -> None:
        """Nobody has let him in, nor told him the key: he asks what was said there, and tries to come in."""
        self._do(role, "history", role, lambda chat: chat.history(self._room), must=False)
        self._join(role, WRONG if guard == BY_KEY and self._rng.random() < 0.5 else None)

    def _try(self, role: Role, guard: str) -> None:
        """Who was put out comes with what had let him in."""
        self._join(role, KEY if guard == BY_KEY else None)

    def _join(self, role: Role, key: str | None, *, must: bool = False) -> None:
        question: Question = lambda chat: chat.join(self._room, key)  # noqa: E731
        self._do(role, "join", role, question, proof=key == KEY, must=must)

    def _silence(self, guest: Role) -> None:
        self._do(self._lord, "mute", guest, lambda chat: chat.mute(self._room, guest.name))
        self._chat(guest, guest, self._lord)
        self._do(self._lord, "unmute", guest, lambda chat: chat.unmute(self._room, guest.name))
        self._chat(guest)

    def _hand_on(self, lord: Role, heir: Role) -> None:
        self._do(lord, "owner", heir, lambda chat: chat.hand_over(self._room, heir.name))
        for role in (lord, heir, lord):
            self._do(role, "guard", role, lambda chat: chat.guard(self._room, topic=True), proof=True, must=False)
            self._pause(0.5)

    def _chat(self, *roles: Role) -> None:
        """Each says something; the stray one hears it if a node lets him."""
        for role in roles:
            role.say(self._room)
            self._pause(0.3)

    def _do(
        self, role: Role, act: str, whom: Role, question: Question, *, proof: bool = False, must: bool = True
    ) -> None:
        """Raises Undone when it was not done and `must` be, when nobody knows, and when all is over."""
        answer = role.ask(act, self._room, whom.name, question, proof=proof)
        if answer == UNKNOWN or (must and answer) or self._over.is_set():
            raise Undone
        self._pause()

    def _disperse(self) -> None:
        """All leave the room."""
        for role in self._roles:
            if role.chat is None or role.chat.error:
                continue
            if self._room in role.chat.joined:
                role.ask("leave", self._room, role.name, lambda chat: chat.leave(self._room))
