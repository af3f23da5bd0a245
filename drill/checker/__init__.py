"""Judges a history by what the design promises. Pure: works on a saved history as well.

The history must be settled: traffic ended, everybody had time to receive. Without a head (RUN) it is a piece of one:
then nobody knows which faults there were, and Redis may have lost data.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from heapq import nsmallest

from drill.checker.accounts import shut_out, undelivered, usurped
from drill.checker.fates import idle, refused_yet_shown, unanswered, unknown
from drill.checker.gaps import false_gaps, told, vague_gaps
from drill.checker.logs import clashing, logged_twice, repeated
from drill.checker.messages import doubled, invented, lost, overheard
from drill.checker.names import two_holders
from drill.checker.order import disordered, shuffled
from drill.checker.people import announcements, displaced, gave_up, put_out, stranded, vague_announcements
from drill.checker.record import Record
from drill.checker.renames import misnamed
from drill.checker.rights import leaked, trespassed, two_owners, unmuted
from drill.checker.tokens import spent_taken, token_refused
from drill.checker.troubles import LOSING
from drill.checker.verdict import KEPT_PER_RULE, Verdict, Violation
from drill.history import Happening, Kind

__all__ = ["LOSING", "RULES", "Verdict", "Violation", "check", "settled", "violations"]

Rule = Callable[[Record], Iterable[Violation]]

RULES: tuple[Rule, ...] = (
    lost,
    doubled,
    disordered,
    shuffled,
    invented,
    overheard,
    repeated,
    logged_twice,
    clashing,
    unanswered,
    refused_yet_shown,
    false_gaps,
    two_holders,
    misnamed,
    usurped,
    shut_out,
    undelivered,
    trespassed,
    leaked,
    unmuted,
    two_owners,
    spent_taken,
    token_refused,
    announcements,
    displaced,
    put_out,
    stranded,
    gave_up,
    idle,
)


def check(history: Sequence[Happening]) -> Verdict:
    """All rules together: in time and memory linear, or nearly so. Raises ValueError for a spoilt head. Any thread."""
    record = Record(history)
    totals: Counter[str] = Counter()
    missing: Counter[tuple[str, str]] = Counter()
    broken: list[Violation] = []
    for rule in RULES:
        found = list(rule(record))
        if rule is lost:
            missing.update((violation.client, violation.node) for violation in found)
        if found:
            totals[rule.__name__] = len(found)
            broken += nsmallest(KEPT_PER_RULE, found, key=lambda violation: violation.at)
    return Verdict(
        broken=tuple(sorted(broken, key=lambda violation: violation.at)),
        totals=totals,
        missing=missing,
        unknown=unknown(record),
        told=told(record),
        vague=vague_gaps(record) + vague_announcements(record),
        renewed=record.count(Kind.RENEWED),
        counts={kind.value: record.count(kind) for kind in Kind if record.count(kind)},
    )


def violations(history: Sequence[Happening]) -> list[str]:
    """What is broken, as sentences that begin with the rule."""
    return [f"{violation.rule}: {violation.text}" for violation in check(history).broken]


def settled(history: Sequence[Happening]) -> bool:
    """Whether everybody has everything that he is owed: what a run waits for before it is judged."""
    record = Record(history)
    return not any(unanswered(record)) and not any(lost(record))
