"""Registered nicknames, as the operator's commands make, end and read them. Main thread."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

import redis

from cluster.calls import status
from cluster.hashing import hasher
from cluster.lookalikes import skeletons
from cluster.operator.acting import Desk
from cluster.operator.errors import Failed
from cluster.operator.read import batched, number
from cluster.types import Name


@dataclass(frozen=True, slots=True)
class AccountRow:
    """A registered nickname. `since`, `seen`: Unix ms, `seen` 0: its owner never came. `here`: whether a session has
    it. `waiting`: direct messages that wait for the owner."""

    nick: str
    since: int
    seen: int
    here: bool
    waiting: int


def register(at: Desk, nick: str, compared: str, password: str) -> bool:
    """Whether it was not registered before; else it has another password now. Raises Failed."""
    name = Name(nick.removeprefix("@"), compared)
    hashed = hasher().hash(password)
    reply = at.do("register_nick", ["", "", name.shown, compared, skeletons(name), hashed, secrets.token_hex(8), ""])
    if status(reply) == "no":
        raise Failed(f"{name.shown} could be taken for {reply[2].decode()}, who is on-line or registered")
    return int(reply[3]) == 1


def unregister(at: Desk, compared: str) -> tuple[str, int] | None:
    """The nickname as shown, and how many messages waited for its owner. None: it isn't registered."""
    reply = at.do("unregister_nick", ["", "", compared, "", secrets.token_hex(8)])
    return None if status(reply) == "no" else (reply[1].decode(), int(reply[2]))


def all_accounts(client: redis.Redis, prefix: str) -> list[AccountRow]:
    """By nickname. Plain commands."""
    db: Any = client
    names: dict[str, str] = db.hgetall(f"{prefix}accounts")
    rows = batched(db, [*names.values()], lambda pipe, name: pipe.hgetall(f"{prefix}account:{name}"))
    here = batched(db, [*names.values()], lambda pipe, name: pipe.exists(f"{prefix}nick:{name}"))
    waiting = batched(db, [*names], lambda pipe, account: pipe.xlen(f"{prefix}inbox:~{account}:log"))
    found = [_row(name, *rest) for name, *rest in zip(names.values(), rows, here, waiting, strict=True)]
    return sorted(found, key=lambda row: row.nick.casefold())


def _row(name: str, fields: dict[str, str], here: int, waiting: int) -> AccountRow:
    return AccountRow(
        nick=fields.get("nick", name),
        since=number(fields.get("since")),
        seen=number(fields.get("seen")),
        here=bool(here),
        waiting=waiting,
    )
