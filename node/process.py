"""What a node asks of its system and its interpreter."""

from __future__ import annotations

import gc
import resource

_COLLECT_AFTER = (20_000, 20, 50)
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
