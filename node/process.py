"""What a node asks of its system and its interpreter."""

from __future__ import annotations

import gc
import resource
import sys

_COLLECT_AFTER = (20_000, 20, 50)
_PATIENCE, _MOST_PATIENCE, _PATIENCE_EACH = 0.05, 0.5, 0.000_05
"""Seconds, and seconds more for each connection."""
_DESCRIPTORS = 20_000
_OURS = 64
"""Descriptors that no client gets: else one more would cost us the way back to Redis and the answer to a balancer."""


def allow_many_descriptors() -> int:
    """The usual soft limit of 1024 would be the limit of clients. Returns for how many of them there is room."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _DESCRIPTORS if hard == resource.RLIM_INFINITY else min(_DESCRIPTORS, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    return _DESCRIPTORS if soft == resource.RLIM_INFINITY else max(soft - _OURS, soft // 2)


def collect_rarely() -> None:
    """What is said makes no cycles, and each entry is several objects that stay for a while: at the usual 700 the
    collector would look through all of them again and again (6 % of a busy node, measured)."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)


def wait_patiently(connections: int = 0) -> None:
    """How long a thread waits for the interpreter before it demands it, by how many may wait. Each demand wakes a
    thread for nothing where others wait before it: with Python's 5 ms two thousand that wait take all processors by
    their demands alone, so that ever more wait, and nothing gets them out of that (docs/concurrency.md, measured). A
    node's threads give it up at each call of the system, after much less. The process's; any thread."""
    wanted = min(_MOST_PATIENCE, max(_PATIENCE, _PATIENCE_EACH * connections))
    if wanted != sys.getswitchinterval():
        sys.setswitchinterval(wanted)
