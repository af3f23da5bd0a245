"""People with registered nicknames, as the tests of the contract need them. A hash is any text here: what it is a hash
of is the node's business."""

from __future__ import annotations

import secrets
from typing import Any

from cluster.types import Name
from tests.contract.space import Node, Space, User, hashed

HASH = "$argon2id$of-open-sesame"


def register(user: User, hash_of: str = HASH, proof: str = "") -> str:
    """The account's id."""
    _, account = user.node.cluster.register(user.session, user.claim, user.name, hash_of, proof)
    user.relist(owner=account)
    return account


def login(node: Node, nick: str, proof: str = HASH, *proposals: str) -> User:
    """A new session that has shown the password."""
    token = secrets.token_hex(8)
    names = [Name(each, each.casefold()) for each in proposals]
    name = Name(nick, nick.casefold())
    claimed = node.cluster.claim(
        secrets.token_hex(4), secrets.token_hex(4), name, names, hashed(token), "192.0.2.1:5", "", proof
    )
    return User(node, claimed, token)


def account(space: Space, nick: str) -> dict[str, str]:
    found: dict[str, str] = space.admin.hgetall(space.key(f"account:{nick.casefold()}"))
    return found


def skeletons(space: Space) -> dict[str, Any]:
    names = space.admin.keys(space.key("skeleton:*"))
    return {name.removeprefix(space.key("skeleton:")): space.admin.get(name) for name in sorted(names)}


def texts(space: Space, log: str) -> list[str]:
    return [fields["text"] for _, fields in space.stream(log) if fields["kind"] == "message"]
