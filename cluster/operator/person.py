"""One person in detail."""

from __future__ import annotations

from dataclasses import dataclass, fields as fields_of
from typing import Any

import redis

from cluster.operator import read
from cluster.operator.errors import Failed
from cluster.operator.near import folded, hint
from cluster.operator.read import SessionRow, number
from cluster.operator.times import ago, clock, counted, span
from cluster.operator.view import View


@dataclass(frozen=True, slots=True)
class PersonRow(SessionRow):
    """`connected`: Unix ms at which the present connection took the session; `said`: how many messages it has said;
    `waiting`: direct messages and receipts that it has not acknowledged; `alive`: whether its node is; `client`: the
    program, as it calls itself; `gone`: whether the user is away by his own choice, `gone_text`: what he says of it."""

    connected: int
    said: int
    waiting: int
    alive: bool
    client: str
    gone: bool
    gone_text: str


def find(client: redis.Redis, prefix: str, nick: str) -> PersonRow:
    """Who has that nickname, in whatever case it is written. Raises Failed, with the names that are near it."""
    db: Any = client
    session = db.get(f"{prefix}nick:{folded(nick)}") or db.get(f"{prefix}nick:{nick.lower()}")
    fields = db.hgetall(f"{prefix}session:{session}") if session else {}
    if not fields:
        session = _looked_for(client, prefix, nick)
        fields = db.hgetall(f"{prefix}session:{session}")
    return _row(client, prefix, session, fields)


def _looked_for(client: redis.Redis, prefix: str, nick: str) -> str:
    """Among all: a name that is compared in another way than ours, or whose key is gone."""
    everybody = read.sessions(client, prefix)
    found = next((row.session for row in everybody if folded(row.nick) == folded(nick)), None)
    if found is None:
        raise Failed(f"nobody is called {nick}{hint(nick, (row.nick for row in everybody))}")
    return found


def _row(client: redis.Redis, prefix: str, session: str, fields: dict[str, str]) -> PersonRow:
    db: Any = client
    common = read.session_row(session, fields)
    top, acknowledged = db.hmget(f"{prefix}inbox:{session}:meta", "top", "acknowledged")
    nodes = read.nodes(client, prefix)
    return PersonRow(
        **{field.name: getattr(common, field.name) for field in fields_of(common)},
        connected=number(fields.get("taken")) // 1000,
        said=number(fields.get("n")),
        waiting=max(0, number(top) - number(acknowledged)),
        alive=any(each.alive and (each.node, each.boot) == (common.node, common.boot) for each in nodes),
        client=fields.get("client", ""),
        gone="gone" in fields,
        gone_text=fields.get("gone", ""),
    )


def view(client: redis.Redis, prefix: str, nick: str) -> View:
    """A line for each thing that is known of the person."""
    row, now = find(client, prefix, nick), read.now_ms(client)
    lines = [
        ("nick", row.nick),
        ("state", _state(row, now)),
        ("node", row.node if row.alive else f"{row.node}, which is lost"),
        ("address", row.address or "-"),
        ("client", row.client or "-"),
        ("since", f"{clock(row.since)} ({ago(row.since, now)})"),
        ("connected", f"{clock(row.connected)} ({ago(row.connected, now)})"),
        ("rooms", " ".join(row.rooms) or "-"),
        ("said", counted(row.said, "message")),
        ("inbox", f"{row.waiting} unacknowledged"),
        ("session", row.session),
    ]
    return View(PersonRow, [row], ("", ""), lines)


def _state(row: PersonRow, now: int) -> str:
    if row.state == "away" and row.until:
        return f"away, ends in {span((row.until - now) / 1000)}"
    return f"{row.state}, gone by choice: {row.gone_text}" if row.gone else row.state
