"""Bans, as the operator's commands set, lift and read them. Main thread."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import redis

from cluster import endings
from cluster.addresses import Network, host_of, network, shown
from cluster.lookalikes import skeletons
from cluster.operator import read, words
from cluster.operator.acting import Desk
from cluster.operator.acts import Kicked
from cluster.operator.errors import Failed
from cluster.operator.read import SessionRow, number
from cluster.types import Name

ROUNDS = 5
"""Looks at who is there from a banned address: who moves to another node meanwhile is met in the next."""


@dataclass(frozen=True, slots=True)
class Target:
    """Whom a ban is for. `kind`: nick or net; `name`: as nicknames are compared, or the network; `shown`: for
    people."""

    kind: str
    name: str
    shown: str
    net: Network | None = None

    @property
    def what(self) -> str:
        """As the scripts and keys name it."""
        return f"{self.kind}:{self.name}"


@dataclass(frozen=True, slots=True)
class BanRow:
    """A ban. `kind`: nick or address; `since`, `until`: Unix ms, `until` 0: for good."""

    kind: str
    name: str
    since: int
    until: int
    reason: str


def target(text: str) -> Target:
    """What looks like an address is one, but for an @ before it. Raises click.BadParameter."""
    if not text.startswith("@"):
        try:
            net = network(text)
            return Target("net", str(net), shown(net), net)
        except ValueError as error:
            if re.fullmatch(r"[\d.]+/\d+|.*:.*", text):
                raise words.wrong(f"{text!r} is no address ({error})") from None
    return Target("nick", words.mapped(text), text.removeprefix("@"))


def from_there(net: Network, rows: list[SessionRow]) -> list[SessionRow]:
    """Those of the sessions whose last connection came from the network."""
    hosts = ((row, host_of(row.address)) for row in rows)
    return [row for row, host in hosts if host is not None and host.version == net.version and host in net]


def check_spares_somebody(net: Network, rows: list[SessionRow]) -> None:
    """Raises Failed where the ban would be of everybody."""
    hit = from_there(net, rows)
    if hit and len(hit) == len(rows):
        who = f"all {len(rows)} sessions come" if len(rows) > 1 else "the only session comes"
        text = f"{who} from {shown(net)}; is it the balancer's address?"
        raise Failed(f"{text} Nodes see no other behind one, and nobody could come in (--force bans it anyway)")
    if net.prefixlen == 0:
        raise Failed(f"{net} is every address there is (--force bans it anyway)")


def ban(at: Desk, whom: Target, seconds: float | None, why: str) -> tuple[int, Kicked | None]:
    """Until when (Unix ms, 0: for good), and whose session ended with it, if a nickname was banned."""
    length = 0 if seconds is None else max(1, int(seconds * 1000))
    looks = skeletons(Name(whom.shown, whom.name)) if whom.kind == "nick" else ""
    reply = at.do("ban", [whom.what, whom.shown, length, why, looks])
    nick, node, state, rooms = (word.decode() for word in reply[2:6])
    ended = Kicked(nick, node, state, [room for room in rooms.split(",") if room]) if nick else None
    return int(reply[1]), ended


def expel(
    at: Desk, client: redis.Redis, prefix: str, net: Network, until: int, why: str, before: list[SessionRow]
) -> list[str]:
    """Ends all sessions from there, also those that are away or at a dead node: their nicknames, with those of
    `before` from there. Nodes do the same for those that they have, perhaps sooner; each session ends once."""
    nicks = {row.session: row.nick for row in from_there(net, before)}
    for _ in range(ROUNDS):
        hit = from_there(net, read.sessions(client, prefix))
        for row in hit:
            (claim,) = at.ask(["HGET", at.keys.session(row.session), "claim"])
            if claim is not None:
                at.do("end", [row.session, claim, endings.banned(until, why)])
            nicks[row.session] = row.nick
        if not hit:
            break
    return sorted(nicks.values())


def unban(at: Desk, whom: Target) -> bool:
    """Whether there was such a ban."""
    return int(at.do("unban", [whom.what])[1]) == 1


def all_bans(client: redis.Redis, prefix: str) -> list[BanRow]:
    """By kind and name. Plain commands."""
    db: Any = client
    names = db.zrange(f"{prefix}bans", 0, -1)
    rows = [(what, db.hgetall(f"{prefix}ban:{what}")) for what in names]
    return sorted((_row(what, fields) for what, fields in rows if fields), key=lambda row: (row.kind, row.name))


def _row(what: str, fields: dict[str, str]) -> BanRow:
    kind, _, name = what.partition(":")
    return BanRow(
        kind={"net": "address"}.get(kind, kind),
        name=fields.get("shown", name),
        since=number(fields.get("since")),
        until=number(fields.get("until")),
        reason=fields.get("reason", ""),
    )


def covering(rows: list[BanRow], whom: Target) -> str:
    """The ban that holds an address all the same; ''."""
    nets = [(row.name, network(row.name)) for row in rows if row.kind == "address"]
    wanted = whom.net
    found = (
        name for name, net in nets if wanted is not None and net.version == wanted.version and _within(wanted, net)
    )
    return next(found, "")


def _within(inner: Network, outer: Network) -> bool:
    return inner.network_address in outer and inner.prefixlen >= outer.prefixlen
