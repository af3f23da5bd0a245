"""The tables of `nodes`, `who`, `rooms` and `sessions`."""

from __future__ import annotations

import redis

from cluster.operator import accounts as registered, bans as acts, read
from cluster.operator.errors import Failed
from cluster.operator.near import hint
from cluster.operator.read import NodeRow, RoomRow, SessionRow
from cluster.operator.times import ago, clock, counted, span
from cluster.operator.view import View


def nodes(client: redis.Redis, prefix: str) -> View:
    """A node whose last heartbeat is older than the lease is lost, unless it has signed off."""
    rows = read.nodes(client, prefix)
    cells = [(r.node, r.address, r.standing, str(r.clients), f"{r.age:.1f} s", r.version, r.http) for r in rows]
    return View(NodeRow, rows, ("node", "address", "state", "clients", "heartbeat", "version", "http"), cells)


def who(client: redis.Redis, prefix: str) -> View:
    """Everybody, by nickname. Who is here at a node that is lost is so too, until another node ends or takes him."""
    rows = read.sessions(client, prefix)
    lost = {(each.node, each.boot) for each in read.nodes(client, prefix) if not each.alive}
    states = ["lost" if r.state == "here" and (r.node, r.boot) in lost else r.state for r in rows]
    cells = [
        (r.nick, r.node, state, clock(r.since), " ".join(r.rooms), r.address)
        for r, state in zip(rows, states, strict=True)
    ]
    return View(SessionRow, rows, ("nick", "node", "state", "since", "rooms", "address"), cells)


def rooms(client: redis.Redis, prefix: str) -> View:
    """All rooms with members, by name."""
    rows, now = read.rooms(client, prefix), read.now_ms(client)
    cells = [
        (r.room, str(r.members), str(r.top), str(r.entries), ago(r.last, now), r.owner, " ".join(r.guards), r.topic)
        for r in rows
    ]
    return View(RoomRow, rows, ("room", "members", "top", "entries", "last", "owner", "guards", "topic"), cells)


def bans(client: redis.Redis, prefix: str) -> View:
    """Those that hold."""
    rows = acts.all_bans(client, prefix)
    cells = [(r.kind, r.name, clock(r.since), clock(r.until) if r.until else "for good", r.reason) for r in rows]
    return View(acts.BanRow, rows, ("kind", "name", "since", "until", "reason"), cells)


def accounts(client: redis.Redis, prefix: str) -> View:
    """Registered nicknames."""
    rows = registered.all_accounts(client, prefix)
    cells = [
        (r.nick, clock(r.since), clock(r.seen) if r.seen else "never", "yes" if r.here else "no", str(r.waiting))
        for r in rows
    ]
    return View(registered.AccountRow, rows, ("nick", "since", "seen", "here", "waiting"), cells)


def sessions(client: redis.Redis, prefix: str, node: str) -> View:
    """What a node holds, also one that is lost, by nickname. Raises Failed for a name that nothing is known of."""
    everybody, known = read.sessions(client, prefix), read.nodes(client, prefix)
    rows = [row for row in everybody if row.node == node]
    boots = [each for each in known if each.node == node]
    if not rows and not boots:
        names = {each.node for each in known} | {row.node for row in everybody}
        raise Failed(f"no node {node} is known{hint(node, names)} (`hydrachat nodes` shows all)")
    now = read.now_ms(client)
    cells = [(r.nick, r.state, _left(r, now), clock(r.since), " ".join(r.rooms), r.address, r.session) for r in rows]
    columns = ("nick", "state", "ends in", "since", "rooms", "address", "session")
    return View(SessionRow, rows, columns, cells, _standing(node, boots, len(rows)))


def _left(row: SessionRow, now: int) -> str:
    """Of the grace."""
    return span((row.until - now) / 1000) if row.state == "away" and row.until else "-"


def _standing(node: str, boots: list[NodeRow], held: int) -> str:
    """How the node is, in a line."""
    youngest = min(boots, key=lambda each: each.age, default=None)
    what = f"holds {counted(held, 'session')}"
    if youngest is None:
        return f"{node} is gone, and still {what}"
    if youngest.standing == read.STOPPED:
        return f"{node} has stopped, and still {what}"
    if not youngest.alive:
        return f"{node} is lost, no heartbeat for {span(youngest.age)}; it {what}"
    return f"{node} is {youngest.state}, {what}"
