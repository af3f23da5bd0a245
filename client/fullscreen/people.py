"""Who is in a room, and how. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

HERE, AWAY, RECONNECTING = "here", "away", "reconnecting"
SIGNS = {HERE: "●", AWAY: "○", RECONNECTING: "~"}
"""Readable without colour."""


@dataclass(slots=True)
class Person:
    nick: str
    state: str = HERE
    spoke: int = 0  # when last, Unix ms; who spoke last is completed first


class People:
    """By session. One thread."""

    def __init__(self) -> None:
        self._by_session: dict[str, Person] = {}
        self._sorted: list[Person] | None = None

    def __len__(self) -> int:
        return len(self._by_session)

    def replace(self, members: Iterable[tuple[str, str, str]]) -> None:
        """(session, nickname, state) of everybody."""
        spoke = {session: one.spoke for session, one in self._by_session.items()}
        self._by_session = {session: Person(nick, state, spoke.get(session, 0)) for session, nick, state in members}
        self._sorted = None

    def enter(self, session: str, nick: str) -> None:
        self._by_session.setdefault(session, Person(nick)).nick = nick
        self._sorted = None

    def rename(self, session: str, nick: str) -> None:
        if session in self._by_session:
            self._by_session[session].nick = nick
            self._sorted = None

    def leave(self, session: str) -> None:
        self._by_session.pop(session, None)
        self._sorted = None

    def hint(self, session: str, state: str) -> None:
        if session in self._by_session:
            self._by_session[session].state = state

    def spoke(self, session: str, when: int) -> None:
        if session in self._by_session:
            self._by_session[session].spoke = when

    def spoke_since(self, session: str, when: int) -> bool:
        """`when`: Unix ms."""
        return session in self._by_session and self._by_session[session].spoke >= when

    def state_of(self, nick: str) -> str | None:
        """None: not here."""
        return next((one.state for one in self._by_session.values() if one.nick.casefold() == nick.casefold()), None)

    def listed(self) -> list[Person]:
        """By nickname."""
        if self._sorted is None:
            self._sorted = sorted(self._by_session.values(), key=lambda one: one.nick.casefold())
        return self._sorted

    def recent(self) -> list[str]:
        """Nicknames, who spoke last first."""
        return [one.nick for one in sorted(self.listed(), key=lambda one: -one.spoke)]
