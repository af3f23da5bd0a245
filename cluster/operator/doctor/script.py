"""Running scripts/mend.lua: what looks wrong is looked at again at one moment, and mended if that is wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import redis

from cluster.operator.doctor.facts import TermFacts
from cluster.scripts import load

CHUNK = 200
"""Items a call: a script holds up everybody while it runs."""
NO_LIMIT = 10_000_000
"""Entries of a room's log: what a node is told to keep is not known here, and nothing may be trimmed by us."""


class NotNow(Exception):
    """Nothing may be mended at present: the cluster is recovering."""


class Mender:
    """`term`: as it was read. Raises redis.RedisError. Main thread."""

    def __init__(self, client: redis.Redis, prefix: str, term: TermFacts) -> None:
        self._script: Any = client.register_script(load()["mend"].text)
        self._key = prefix + "term"
        lease, grace = round(term.lease * 1000), round(term.grace * 1000)
        self._common = [term.term.get("term", ""), "doctor/0", lease, grace, NO_LIMIT]

    def confirmed(self, suspects: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
        """Those that are wrong indeed. Writes nothing."""
        return {kind: found for kind, items in suspects.items() if (found := self._run(kind, "look", items))}

    def mend(self, kind: str, items: Sequence[str]) -> list[str]:
        """Mends those of them that are still wrong; returns them. Raises NotNow."""
        return self._run(kind, "mend", items)

    def _run(self, kind: str, what: str, items: Sequence[str]) -> list[str]:
        found: list[str] = []
        for start in range(0, len(items), CHUNK):
            arguments = [*self._common, kind, what, *items[start : start + CHUNK]]
            word, *wrong = self._script(keys=[self._key], args=arguments)
            if word != "ok":
                raise NotNow(word)
            found += wrong
        return found
