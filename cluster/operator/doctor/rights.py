"""Whether Redis lets the nodes' users do what nodes need: asked of Redis itself, and of its record of refusals.

Both need a user who may look at ACLs; an operator's usual one may not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import redis

from cluster.acl import Rule, rules
from cluster.operator.doctor.facts import Lack, Refusal

OURS = "hydrachat-"
OPERATORS = "hydrachat-operator"
RECENT = 600.0
"""Seconds for which a refusal is worth telling."""
IGNORED = {"client|setinfo"}
"""Sent by the library when it connects; it does without."""


def lacking(db: Any, prefix: str, clients: Iterable[Mapping[str, str]], refused: Iterable[Refusal]) -> Sequence[Lack]:
    """Of each user as whom a node is connected, or was refused something, by the rule for nodes. Raises
    redis.ResponseError: not allowed to ask, or older than Redis 7."""
    users = {row.get("user", "default") for row in clients if _is_node(row)} | {row.user for row in refused if row.node}
    return [lack for user in sorted(users) if (lack := _lack(db, user, prefix, rules()["node"])).words]


def _is_node(client: Mapping[str, Any]) -> bool:
    name = str(client.get("name", ""))
    return name.startswith(OURS) and not name.startswith(OPERATORS)


def _lack(db: Any, user: str, prefix: str, rule: Rule) -> Lack:
    asked = {f"+{command}": _filled(db, command) for command in rule.commands}
    asked |= {f"~{prefix}*": ["get", f"{prefix}term"]}
    asked |= {f"&{prefix}{channel}*": ["publish", f"{prefix}{channel}x", "x"] for channel in rule.channels}
    refused = {word: str(db.execute_command("ACL", "DRYRUN", user, *command)) for word, command in asked.items()}
    run = [word for word, said in refused.items() if word.startswith("+") and "to run the" in said]
    reach = [word for word, said in refused.items() if not word.startswith("+") and "to access the" in said]
    return Lack(user, (*reach, *run))


def _filled(db: Any, command: str) -> list[str]:
    """With as many words as it needs at least: what they say is not what is asked about."""
    words = command.split("|")
    (told,) = db.execute_command("COMMAND", "INFO", words[0]).values()
    least = abs(int(told["arity"])) if len(words) == 1 else SUBCOMMANDS[command]
    return words + ["1"] * (least - len(words))


SUBCOMMANDS = {"client|setname": 3, "pubsub|channels": 2, "script|exists": 3, "script|load": 3}
"""Words that they need at least."""


def refusals(db: Any) -> Sequence[Refusal]:
    """Those of late, the newest first. Raises redis.ResponseError: not allowed to ask."""
    found: list[Mapping[str, Any]] = db.acl_log()
    rows = [_refusal(row) for row in found if row["reason"] != "auth"]
    return [row for row in rows if row.age < RECENT and row.what not in IGNORED]


def _refusal(row: Mapping[str, Any]) -> Refusal:
    user, what, reason = (str(row[field]) for field in ("username", "object", "reason"))
    return Refusal(user, what, reason, float(row["age-seconds"]), _is_node(row["client-info"]))


def read(db: Any, prefix: str) -> tuple[Sequence[Lack] | None, Sequence[Refusal] | None]:
    """None: Redis does not let us ask."""
    refused = _allowed(lambda: refusals(db))
    return _allowed(lambda: lacking(db, prefix, db.client_list(), refused or ())), refused


def _allowed(ask: Any) -> Any:
    try:
        return ask()
    except redis.ResponseError:
        return None
