"""What a check found. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

SHOWN = 5


class Verdict(StrEnum):
    """`warn`: it works, but an operator should know; `bad`: something is wrong."""

    OK = "ok"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """`seen`: what is there; `why`: why that matters; `mend`: how to mend it, with the exact command. `items`: what
    is concerned. `fixable`: whether `--fix` mends it; `mended`: how many it has just mended."""

    check: str
    verdict: Verdict
    seen: str
    why: str = ""
    mend: str = ""
    items: Sequence[str] = field(default=())
    fixable: bool = False
    mended: int = 0


def fine(check: str, seen: str) -> Finding:
    return Finding(check, Verdict.OK, seen)


def warn(check: str, seen: str, why: str, mend: str, items: Sequence[str] = ()) -> Finding:
    return Finding(check, Verdict.WARN, seen, why, mend, items)


def bad(check: str, seen: str, why: str, mend: str, items: Sequence[str] = ()) -> Finding:
    return Finding(check, Verdict.BAD, seen, why, mend, items)


def some(items: Sequence[str]) -> str:
    """The first few, and how many more there are."""
    more = len(items) - SHOWN
    return ", ".join(items[:SHOWN]) + (f" and {more} more" if more > 0 else "")
