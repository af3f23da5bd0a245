"""When a client came into a room, and when it left: noted so that what it can't know is left open.

A departure lies between LEAVING and GONE. Who leaves in order knows both. Who was cut off, or crashed, was
certainly there only until the last that it heard, and is certainly gone only when the drill is settled.
"""

from __future__ import annotations

import time

from drill.history import Happening, Kind
from drill.workload.notes import Notes

LOBBY = "#lobby"


class Stays:
    """Of one client. One thread at a time."""

    def __init__(self, nick: str, notes: Notes) -> None:
        self._nick = nick
        self._notes = notes
        self._since: dict[str, float] = {}  # room -> when it was opened
        self._in: set[str] = set()
        self._open: list[str] = []  # rooms that it left at a time that it can't know

    @property
    def rooms(self) -> frozenset[str]:
        """Where it certainly is, as far as it was told."""
        return frozenset(self._in)

    @property
    def is_opening(self) -> bool:
        """Whether it is in a room, or on its way into one."""
        return bool(self._since)

    def opening(self, room: str, at: float | None = None) -> None:
        """About to come into `room`."""
        self._since[room] = time.monotonic() if at is None else at
        self._note(Kind.OPENING, room, self._since[room])

    def entered(self, room: str, node: str, session: str = "") -> None:
        """Was told that it is in `room`."""
        if room in self._since and room not in self._in:
            self._in.add(room)
            self._notes.add(Happening(self._nick, Kind.ENTERED, room, node=node, session=session))

    def leaving(self, room: str, at: float | None = None) -> None:
        """About to leave `room`; or has left it, since `at` at the earliest."""
        self._note(Kind.LEAVING, room, at)

    def gone(self, room: str) -> None:
        """Has left `room` for sure."""
        self._note(Kind.GONE, room)
        self._forget(room)

    def lost(self, at: float) -> None:
        """Out of all rooms, at some time after `at`: for sure when `settled` is called. Where it was not yet told
        that it was in, it may never have been."""
        for room in list(self._since):
            self.lost_from(room, at)

    def lost_from(self, room: str, at: float) -> None:
        """The same of one room."""
        self._note(Kind.LEAVING, room, at if room in self._in else self._since[room])
        if room in self._in:
            self._open.append(room)
        self._forget(room)

    def settled(self) -> None:
        """So much time has passed that it is gone from wherever it was lost."""
        for room in self._open:
            self._note(Kind.GONE, room)
        self._open.clear()

    def _forget(self, room: str) -> None:
        self._since.pop(room, None)
        self._in.discard(room)

    def _note(self, kind: Kind, room: str, at: float | None = None) -> None:
        self._notes.add(Happening(self._nick, kind, room, at=time.monotonic() if at is None else at))
