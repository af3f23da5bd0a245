"""Restarting the nodes of an `up`, one after the other. Main thread; blocks until it is done or has failed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import redis

from cluster.operator import read
from cluster.operator.drain import LOOK_EVERY, Say, drain
from cluster.operator.errors import Failed
from cluster.readiness import is_ready
from cluster.up.bell import Running

BACK_WITHIN = 30.0
HEARD_AFTER = 0.3
"""Parts of a lease after which every node has heard of one that came back: they look five times in a lease."""


def restart_all(client: redis.Redis, prefix: str, up: Running, over: float | None, force: bool, say: Say) -> None:
    """Drains node after node, each once the one before serves again. Who left by order before is
    started first. Raises Failed at the first that does not come back; the others are left as they are."""
    if not _come(client, prefix, up, up.names, frozenset()):
        raise Failed(
            f"not all of {', '.join(up.names)} are ready; nothing was restarted (`hydrachat nodes` shows them)"
        )
    for name in up.names:
        gone = drain(client, prefix, name, over, force, say)
        if not _come(client, prefix, up, [name], frozenset({gone.boot})):
            raise Failed(f"{name} is not ready again after {BACK_WITHIN:g} s; stopped here (its log says why)")
        say(f"{name} is ready again")
    say(f"all {up.nodes} nodes were restarted")


def _come(client: redis.Redis, prefix: str, up: Running, names: Sequence[str], former: frozenset[str]) -> bool:
    """Whether boots of those names, other than `former`, are ready in time and the other nodes have heard of them."""

    def here() -> bool:
        # Rung for again and again: it may not have noticed yet that the process has ended.
        if not up.ring():
            raise Failed("`hydrachat up` has ended")
        rows = [row for row in read.nodes(client, prefix) if row.alive and row.boot not in former]
        return set(names) <= {row.node for row in rows if row.state == "serving" and is_ready(row.http)}

    if not _wait(here):
        return False
    time.sleep(HEARD_AFTER * read.lease(client, prefix))
    return True


def _wait(done: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + BACK_WITHIN
    while not done():
        if time.monotonic() >= deadline:
            return False
        time.sleep(LOOK_EVERY)
    return True
