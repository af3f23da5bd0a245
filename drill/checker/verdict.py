"""What a check finds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

KEPT_PER_RULE = 1000


@dataclass(frozen=True, slots=True)
class Violation:
    """A promise was broken. `rule`: the name of the rule; `at`: when, in the history's seconds; `node`: where
    `client` was connected then, if that is known."""

    rule: str
    text: str
    at: float = 0.0
    client: str = ""
    node: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`broken`: of each rule the first `KEPT_PER_RULE`, by time; `totals`: how many there are, by rule.
    `missing`: acknowledged but missing, by client and by node. Not violations, but worth knowing: `unknown`, sends
    whose fate can't be known; `told`, messages that are missing and were told to be; `vague`, gaps, notices and
    refusals that can't be judged because Redis lost data about then; `renewed`, sessions that were lost."""

    broken: tuple[Violation, ...] = ()
    totals: Mapping[str, int] = field(default_factory=Counter)
    missing: Mapping[tuple[str, str], int] = field(default_factory=Counter)
    unknown: int = 0
    told: int = 0
    vague: int = 0
    renewed: int = 0
    counts: Mapping[str, int] = field(default_factory=Counter)

    @property
    def kept(self) -> bool:
        """Whether all promises were kept."""
        return not self.broken
