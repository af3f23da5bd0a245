"""Asks each sentinel of a group whether it could have another master promoted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import redis

from cluster.group import Address, Group, is_group, parsed, shown
from cluster.operator.connect import connect
from cluster.operator.doctor.facts import Sentinel
from cluster.operator.errors import Failed

WITHIN = 1.0


def ask(url: str) -> Sequence[Sentinel]:
    """Those that the URL names, which must be a good one; none for a single server."""
    if not is_group(url):
        return []
    group = parsed(url)
    return [_asked(group, address) for address in group.sentinels]


def _asked(group: Group, address: Address) -> Sentinel:
    try:
        with connect(group.sentinel_url(address), WITHIN) as client:
            return Sentinel(shown(address), True, *_word(client, group.name))
    except Failed:
        return Sentinel(shown(address), False, "", "")


def _word(client: redis.Redis, name: str) -> tuple[str, str]:
    """The master that it names, and what keeps it from a promotion, in its own words."""
    db: Any = client
    found = db.execute_command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", name)
    master = shown((str(found[0]), int(found[1]))) if found else "nobody"
    try:
        db.execute_command("SENTINEL", "CKQUORUM", name)
    except redis.ResponseError as error:
        return master, str(error)
    return master, ""
