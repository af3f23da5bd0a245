"""All checks, and the mending of what `--fix` may mend."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import redis

from cluster.operator.doctor import data_checks, node_checks, redis_checks, right_checks
from cluster.operator.doctor.facts import Facts
from cluster.operator.doctor.finding import Finding, Verdict
from cluster.operator.doctor.gather import gather
from cluster.operator.doctor.orphans import FIXABLE, KINDS
from cluster.operator.doctor.script import Mender, NotNow

Check = Callable[[Facts], Finding]
CHECKS: Sequence[Check] = (*redis_checks.CHECKS, *right_checks.CHECKS, *node_checks.CHECKS, *data_checks.CHECKS)
TWICE = 2
"""Rounds of mending: what is mended may show what else was wrong."""


def judged(facts: Facts) -> list[Finding]:
    """What all checks find. Pure."""
    return [check(facts) for check in CHECKS] + data_checks.orphans(facts)


def examine(client: redis.Redis, url: str, prefix: str) -> list[Finding]:
    """Raises redis.RedisError."""
    return judged(gather(client, url, prefix))


def fix(client: redis.Redis, url: str, prefix: str) -> list[Finding]:
    """Mends what may be mended, looks again, and says both. May be repeated, also under a running cluster. Raises
    redis.RedisError."""
    facts, mended = gather(client, url, prefix), dict[str, list[str]]()
    for _ in range(TWICE):
        for kind, items in _mend(client, prefix, facts).items():
            mended.setdefault(kind, []).extend(items)
        facts = gather(client, url, prefix)
    return [*_told(mended), *judged(facts)]


def _mend(client: redis.Redis, prefix: str, facts: Facts) -> dict[str, list[str]]:
    """By kind, what was mended."""
    if not facts.term.is_same_server:
        return {}  # no node has taken in yet that the data may be older than what it knows
    mender = Mender(client, prefix, facts.term)
    try:
        done = {kind: mender.mend(kind, facts.data.wrong.get(kind, ())) for kind in FIXABLE}
    except NotNow:
        return {}
    return {kind: items for kind, items in done.items() if items}


def _told(mended: dict[str, list[str]]) -> list[Finding]:
    return [
        replace(
            Finding(KINDS[kind].check, Verdict.OK, f"mended: {KINDS[kind].what}: {len(items)}"),
            items=tuple(items),
            mended=len(items),
        )
        for kind, items in mended.items()
    ]
