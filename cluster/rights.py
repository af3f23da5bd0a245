"""What a node remembers of the rights in its rooms (R5), and how the scripts write them down.

With the data a room's guards would be gone, and the first who comes owned it. So each node that hears a room keeps
its rights as they stand in Redis, and brings them into a later term before anybody is let in. They come with each
change on the room's channel; what was missed there shows with the next heartbeat (`Tops`).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator

from cluster.link import Reply
from cluster.types import Guard, Rights


class KeptRights:
    """By room: the version, and what the hash `room:<room>:rights` holds as lines `<field> <value>`.

    Who meets here: any thread says which rooms are heard, the subscriber's and the upkeep's thread note, the
    publisher's reads. The lock guards the dict. Bounded by the rooms that are heard.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rooms: dict[str, tuple[int, str]] = {}  # version 0: not known yet

    def expect(self, room: str) -> None:
        """It is heard from now on."""
        with self._lock:
            self._rooms.setdefault(room, (0, ""))

    def forget(self, room: str) -> None:
        with self._lock:
            self._rooms.pop(room, None)

    def heard(self, room: str, version: int, lines: str) -> bool:
        """Whether that is new."""
        with self._lock:
            known = self._rooms.get(room)
            if known is None or known[0] >= version:
                return False
            self._rooms[room] = (version, lines)
            return True

    def lacks(self, room: str, version: int) -> bool:
        """Whether `version` is a later one than what is known of a room that is heard."""
        with self._lock:
            known = self._rooms.get(room)
            return known is not None and known[0] < version

    def kept(self) -> Iterator[tuple[str, int, str]]:
        """Room, version, lines of each that is known."""
        with self._lock:
            found = list(self._rooms.items())
        return ((room, version, lines) for room, (version, lines) in found if version)


def told_rights(room: str, lines: str, fallen: bool = False) -> Rights:
    """What every member may know of them. Pure."""
    fields = dict(line.partition(" ")[::2] for line in lines.split("\n"))
    return Rights(room, fields.get("nick", ""), _guards(fields.get("guards", "")), fallen=fallen)


def rights_of(room: str, reply: list[Reply]) -> Rights:
    """The reply of govern.lua. Pure."""
    owner, own, guards, yours, *lists, changed = reply[1:]
    invited, muted, removed = (tuple(nick for nick in each.decode().split(",") if nick) for each in lists)
    return Rights(
        room,
        owner.decode(),
        _guards(guards.decode()),
        int(own) == 1,
        yours.decode(),
        invited,
        muted,
        removed,
        int(changed) == 1,
    )


def _guards(words: str) -> frozenset[Guard]:
    """Those of a later version are passed over."""
    return frozenset(guard for guard in Guard if guard in words.split())
