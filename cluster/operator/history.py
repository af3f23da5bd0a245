"""Reading a room's log as it stands in Redis. No scripts: entries that nodes still have to bring back are not there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import redis

from cluster.operator import read
from cluster.operator.errors import BadSetting, Failed
from cluster.operator.near import folded, hint
from cluster.operator.read import number

PAGE = 500
"""Entries an answer: ten thousand long ones at once would hold up everybody."""


@dataclass(frozen=True, slots=True)
class EntryRow:
    """An entry of a room's log. `time`: Unix ms. `text`: of a message what was said, of a `left` why, of a `gap`
    what is lost. `late`: it came back after others that were said later. `was`: its places in former lives."""

    room: str
    epoch: str
    offset: int
    time: int
    kind: str
    nick: str
    text: str
    session: str
    n: int
    late: bool
    was: list[str]


def named(client: redis.Redis, prefix: str, room: str) -> str:
    """The room as its keys have it; the `#`, which shells take for a comment, may be missing. Raises BadSetting for
    what is no room, Failed for one that never was, with the names that are near it."""
    if room.startswith("@"):
        raise BadSetting("what is said to one person is nobody else's to read; name a room, as in '#lobby'")
    wanted = folded(room if room.startswith("#") else f"#{room}")
    db: Any = client
    for name in (wanted, wanted.lower()):
        if db.exists(f"{prefix}room:{name}:meta", f"{prefix}room:{name}:log"):
            return name
    raise Failed(f"there is no room {wanted}{hint(wanted, all_names(client, prefix))}")


def all_names(client: redis.Redis, prefix: str) -> list[str]:
    """Of all rooms that ever were. SCAN: may be slow, never blocks Redis."""
    db: Any = client
    start, end = f"{prefix}room:", ":meta"
    found = db.scan_iter(read.glob_escaped(start) + "*" + end, count=1000)
    return sorted({key[len(start) : -len(end)] for key in found})


def newest(client: redis.Redis, prefix: str, room: str, limit: int, before: int) -> list[EntryRow]:
    """The last `limit` entries below offset `before` (0: the newest), oldest first."""
    db: Any = client
    end, found = f"{before - 1}-0" if before > 0 else "+", list[Any]()
    while len(found) < limit and end != "0-0":
        page = db.xrevrange(f"{prefix}room:{room}:log", end, "-", count=min(PAGE, limit - len(found)))
        if not page:
            break
        found += page
        end = f"{number(page[-1][0].partition('-')[0]) - 1}-0"
    return entries(room, epoch_of(client, prefix, room), reversed(found))


def epoch_of(client: redis.Redis, prefix: str, room: str) -> str:
    """The life of the log that its offsets belong to."""
    db: Any = client
    return str(db.hget(f"{prefix}room:{room}:meta", "epoch") or "")


def entries(room: str, epoch: str, items: Any) -> list[EntryRow]:
    """`items` as XRANGE gives them."""
    return [_entry(room, epoch, identity, fields) for identity, fields in items]


def _entry(room: str, epoch: str, identity: str, fields: dict[str, str]) -> EntryRow:
    return EntryRow(
        room=room,
        epoch=epoch,
        offset=number(identity.partition("-")[0]),
        time=number(fields.get("time")),
        kind=fields.get("kind", ""),
        nick=fields.get("nick", ""),
        text=fields.get("text", ""),
        session=fields.get("session", ""),
        n=number(fields.get("n")),
        late="late" in fields,
        was=fields.get("was", "").split(),
    )
