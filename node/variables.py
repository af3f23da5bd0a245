"""Variables of the environment that look like a setting of the node's and are none."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from difflib import get_close_matches

BEGINNING = "HYDRACHAT_"
ALIKE = 0.75
"""How alike two names are that one is taken for the other mistyped: a letter or two."""
OTHERS = frozenset(
    f"{BEGINNING}{name}"
    for name in ("REDIS_PASSWORD", "SENTINEL_PASSWORD", "ACCESS_PASSWORD", "PASSWORD_FILE", "SENTINEL", "MESSAGES")
)
"""Near one of ours and right: those without an option, and of other commands."""


def mistyped(given: Iterable[str], ours: Collection[str]) -> list[tuple[str, str]]:
    """Those of `given` (names of variables) that are none of `ours` but near one, each with that one."""
    ends = [name.removeprefix(BEGINNING) for name in ours]
    strange = sorted(name for name in given if name.startswith(BEGINNING) and name not in OTHERS.union(ours))
    near = ((name, get_close_matches(name.removeprefix(BEGINNING), ends, 1, ALIKE)) for name in strange)
    return [(name, BEGINNING + found[0]) for name, found in near if found]
