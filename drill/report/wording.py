"""Numbers as people read them. Pure."""

from __future__ import annotations

from drill.checker import Verdict


def span(seconds: float) -> str:
    """As short as it is still exact enough: 0.8 ms, 12 ms, 3.2 s, 12:05 min."""
    if seconds < 0.01:
        return f"{seconds * 1000:.1f} ms"
    if seconds < 1.0:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 100.0:
        return f"{seconds:.1f} s"
    return f"{int(seconds) // 60}:{int(seconds) % 60:02} min"


def judgement(verdict: Verdict) -> str:
    """In one sentence."""
    if verdict.kept:
        return "Every promise was kept."
    total = sum(verdict.totals.values())
    return f"{total:,} broken promise{'s' if total != 1 else ''}."


def facts(verdict: Verdict) -> list[tuple[str, str]]:
    """What was counted: (what, how many)."""
    counts = verdict.counts
    return [
        ("messages said", f"{counts.get('sent', 0):,}"),
        ("accepted", f"{counts.get('accepted', 0):,}"),
        ("shown", f"{counts.get('received', 0):,}"),
        ("fate not known", f"{verdict.unknown:,}"),
        ("missing, and told so", f"{verdict.told:,}"),
        ("not to be judged beside a loss of Redis's data", f"{verdict.vague:,}"),
        ("sessions lost and renewed", f"{verdict.renewed:,}"),
    ]
