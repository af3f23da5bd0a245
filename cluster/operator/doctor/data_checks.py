"""What may be wrong in the data. Each check is a function of the facts alone."""

from __future__ import annotations

from collections.abc import Iterator

from cluster.operator.doctor.facts import Facts
from cluster.operator.doctor.finding import Finding, Verdict, bad, fine, some, warn
from cluster.operator.doctor.node_checks import STALE
from cluster.operator.doctor.orphans import GHOST, KINDS, LOGS, ORPHAN, STUCK, Kind
from cluster.operator.times import counted

FIX = "`hydrachat doctor --fix`"
LATER = f"{FIX}, once no node may come back with what it knows (`term`, above)"


def orphans(facts: Facts) -> list[Finding]:
    """A finding for each kind of thing that is wrong; for a check of which nothing is, one that says so."""
    found = list(_wrong(facts))
    told = {finding.check for finding in found}
    looked = f"none in {counted(facts.data.keys, 'key')}, {counted(facts.data.sessions, 'session')}"
    return found + [fine(check, looked) for check in (STUCK, GHOST, ORPHAN, LOGS) if check not in told]


def _wrong(facts: Facts) -> Iterator[Finding]:
    for name, kind in KINDS.items():
        items = facts.data.wrong.get(name, ())
        if items and not (name == "overdue" and (facts.term.hold or not facts.nodes.alive)):
            mend = _mend(facts, kind, items[0])
            seen = f"{kind.what}: {len(items)} ({some(items)})"
            yield Finding(kind.check, Verdict.BAD, seen, kind.why, mend, items, fixable=not kind.mend)


def _mend(facts: Facts, kind: Kind, item: str) -> str:
    if not kind.mend:
        return LATER if facts.term.hold else FIX
    base = f"inbox:{item[1:]}" if item.startswith("@") else f"room:{item}"
    words = {"prefix": facts.prefix, "item": item, "key": f"{facts.prefix}session:{item}"}
    words["log"] = f"{facts.prefix}{base}:log"
    text = kind.mend
    for word, value in words.items():
        text = text.replace("{" + word + "}", value)
    return text


def spoilt(facts: Facts) -> Finding:
    found = list(facts.data.spoilt)
    if found:
        why = "something else has written under our prefix; whatever needs that key fails"
        key = found[0].partition(" is a ")[0]
        return bad("types", some(found), why, f"`hydrachat redis-cli DEL '{key}'`, and keep others away", found)
    return fine("types", f"right for {counted(facts.data.keys, 'key')}")


def recovery(facts: Facts) -> Finding:
    """What nodes clear up by themselves, a heartbeat or two after a term opened."""
    opened = (facts.term.now - float(facts.term.term.get("opened", 0))) / 1000
    is_due = facts.nodes.alive and opened > facts.term.lease + STALE
    if facts.term.healing and is_due:
        why = "what was lost of these logs should have been brought back long ago"
        mend = "the nodes' logs say `damage` and name a key that is to be deleted"
        return bad("recovery", f"`healing` still has {some(facts.term.healing)}", why, mend, facts.term.healing)
    if facts.term.ghosts and is_due and not facts.term.hold:
        why = "members that nobody has re-claimed get their `left` when the hold is over"
        mend = "wait for a heartbeat; then see the nodes' logs for `damage`"
        return warn("recovery", f"`ghosts` still has {some(facts.term.ghosts)}", why, mend, facts.term.ghosts)
    return fine("recovery", "nothing waits for it")


CHECKS = (spoilt, recovery)
