"""What PyPI tells of the newest version of a package. pip-audit asks for each version by itself, which not every
stand-in for PyPI answers; of what is locked at its newest version this is the same answer.

The source: https://docs.pypi.org/api/json/.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence, Set
from functools import cache
from typing import Any

PLACE = "https://pypi.org/pypi/{}/json"
WITHIN = 10.0
"""Seconds for one answer."""
Ask = Callable[[str], "Mapping[str, Any] | None"]


@cache  # what runs stands in several locks
def asked(name: str) -> Mapping[str, Any] | None:
    """The newest version of `name`, as pip-audit tells of one; None: no answer, or none that says anything of
    vulnerabilities. Blocks for WITHIN at most."""
    try:
        with urllib.request.urlopen(PLACE.format(name), timeout=WITHIN) as answer:
            told = json.load(answer)
        faults = [_fault(each) for each in told["vulnerabilities"] if not each.get("withdrawn")]
        return {"name": name, "version": told["info"]["version"], "vulns": faults}
    except (OSError, ValueError, LookupError, TypeError):
        return None


def _fault(told: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": told["id"], "fix_versions": told.get("fixed_in") or []}


def completed(known: Sequence[Mapping[str, Any]], wanted: Set[tuple[str, str]], ask: Ask) -> list[Mapping[str, Any]]:
    """`known`, and those of `wanted` (name and version) that are not in it and turn out to be the newest."""
    there = {(each["name"], each["version"]) for each in known}
    more = (ask(name) for name in sorted({name for name, _ in wanted - there}))
    return [*known, *(each for each in more if each is not None and (each["name"], each["version"]) in wanted - there)]
