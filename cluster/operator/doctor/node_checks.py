"""What may be wrong with the nodes, their leases and the clocks. Each check is a function of the facts alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from cluster.operator.doctor.facts import Boot, Facts
from cluster.operator.doctor.finding import Finding, bad, fine, some, warn
from cluster.operator.read import LOST, STOPPED
from cluster.operator.times import counted, span
from cluster.settings import SCHEMA

CLOCK_AHEAD = 2.0
ON_ITS_WAY = 0.3
STALE = 15.0
"""Seconds after which what nodes clear up with each heartbeat should be cleared up."""
WELL = {"serving", "draining", "starting", "unknown"}
"""Unknown is a boot that has registered and not beaten yet."""
NO_WRITES = "Redis takes no writes, so no heartbeat comes through; the nodes themselves may be well"
REDIS_FIRST = "first what is wrong with Redis, above; the nodes go on by themselves then"


def term(facts: Facts) -> Finding:
    told = facts.term
    if not told.term:
        why = f"no node has written under {facts.prefix} here"
        return bad("term", "there is no term", why, "start a node; or look elsewhere (--redis, --prefix)")
    if told.schema > SCHEMA:
        why = f"this version knows {SCHEMA}, and can't judge the data"
        return bad("term", f"the data have schema {told.schema}", why, "use the version that the nodes have")
    if not told.is_same_server:
        why = "Redis was restarted or another server was promoted, and no node has taken that in yet"
        return bad(
            "term", "the term is that of another server", why, "a living node does it within a heartbeat: start one"
        )
    if told.term.get("state") != "open":
        why = "nodes bring back what Redis has lost; all else waits, for half a lease at most"
        return warn("term", f"recovering, awaited: {told.term.get('awaited', '')}", why, "wait; a living node ends it")
    if told.hold and facts.nodes.alive:
        return fine("term", f"open; no lease is judged for {span(told.hold)} more")
    return fine("term", f"open, schema {told.schema}")


def alive(facts: Facts) -> Finding:
    names = [boot.row.node for boot in facts.nodes.alive]
    if not names and facts.server.refuses:
        return bad("nodes", "none has a lease", NO_WRITES, REDIS_FIRST)
    if not names:
        why = "nobody can chat, and nobody ends what is over"
        return bad("nodes", "none is up", why, "start one: `hydrachat node …` or `hydrachat up`")
    if len(set(names)) == 1:
        why = "when it dies there is none that its clients could move to"
        return warn("nodes", f"only {names[0]} is up", why, "start another one")
    return fine("nodes", f"{len(set(names))} up: {some(sorted(set(names)))}")


def lost(facts: Facts) -> Finding:
    """Leases against reality: dead by its lease."""
    gone = [boot for boot in facts.nodes.boots if boot.row.standing == LOST]
    stopped = [boot.row.node for boot in facts.nodes.boots if boot.row.standing == STOPPED]
    if not gone:
        return fine("leases", f"no node is lost; stopped in order: {some(stopped)}" if stopped else "no node is lost")
    if facts.server.refuses:
        return bad("leases", _lost(gone), NO_WRITES, REDIS_FIRST, _names(gone))
    late = facts.term.lease + facts.term.grace + STALE
    stuck = [boot for boot in gone if boot.row.age > late and facts.nodes.alive and not facts.term.hold]
    if stuck:
        why = "its sessions should have been taken care of by now"
        return bad("leases", _lost(stuck), why, "see the living nodes' logs for `damage` and `error`", _names(stuck))
    back = {boot.row.node for boot in facts.nodes.alive}
    missing = [boot for boot in gone if boot.row.node not in back]
    if not missing:
        return fine("leases", f"no node is lost; back after a crash: {some([boot.row.node for boot in gone])}")
    why = "its clients have until the end of their grace to come back elsewhere; then it is forgotten"
    mend = "start it again, or wait: the others clear up what it leaves"
    return bad("leases", _lost(missing), why, mend, _names(missing))


def _names(boots: Iterable[Boot]) -> list[str]:
    return [boot.name for boot in boots]


def _lost(boots: Iterable[Boot]) -> str:
    return some([f"{boot.row.node} is lost, no heartbeat for {span(boot.row.age)}" for boot in boots])


def strangers(facts: Facts) -> Finding:
    """Leases against reality: alive, but not by its lease."""
    found = list(facts.nodes.listeners)
    if found and facts.server.refuses:
        return bad("processes", f"{some(found)} listens without a lease", NO_WRITES, REDIS_FIRST, found)
    if found:
        why = "its process runs, but the others have taken it for dead: it stands still, or can't write to Redis"
        return bad("processes", f"{some(found)} listens without a lease", why, "look at its log; restart it", found)
    return fine("processes", "none runs without a lease")


def hearing(facts: Facts) -> Finding:
    """Leases against reality: alive by its lease, but not there."""
    deaf = [boot for boot in facts.nodes.alive if not boot.hears]
    if deaf:
        why = "it has died within its lease, or is cut off from what is published: its clients get nothing"
        return bad(
            "subscriptions",
            f"nothing listens for {some(_names(deaf))}",
            why,
            "look at its log; restart it",
            _names(deaf),
        )
    return fine("subscriptions", "each living node listens")


def states(facts: Facts) -> Finding:
    ill = [boot for boot in facts.nodes.alive if boot.row.state not in WELL]
    if ill:
        seen = some([f"{boot.row.node} is {boot.row.state}" for boot in ill])
        return bad("states", seen, "it takes nothing new, or its clients hear nothing", "look at its log", _names(ill))
    return fine("states", "all serve" if facts.nodes.alive else "no node")


def readiness(facts: Facts) -> Finding:
    asked = [boot for boot in facts.nodes.alive if boot.ready is not None and boot.row.state == "serving"]
    silent = [boot for boot in asked if not boot.ready]
    if silent:
        seen = some([f"{boot.row.node} at {boot.row.http}" for boot in silent])
        why = "asked from here; where balancer and nodes can't reach it either, it gets no clients"
        return warn(
            "readiness", f"no 200 from {seen}", why, f"`curl http://{silent[0].row.http}/readyz`", _names(silent)
        )
    return fine("readiness", f"{counted(len(asked), 'node')} ready")


def rivals(facts: Facts) -> Finding:
    boots = defaultdict(list)
    for boot in facts.nodes.alive:
        boots[boot.row.node].append(boot.name)
    twice = [name for names in boots.values() if len(names) > 1 for name in names]
    if twice:
        why = "two processes run under one id; the earlier one is about to stop"
        return bad("node ids", some(twice), why, "give each node an --id of its own", twice)
    return fine("node ids", "each is one process's")


def settings(facts: Facts) -> Finding:
    differing = []
    for name in ("lease", "grace", "retain"):
        values = defaultdict(list)
        for boot in facts.nodes.alive:
            if name in boot.settings:
                values[boot.settings[name]].append(boot.row.node)
        if len(values) > 1:
            differing.append(
                f"--{name}: " + ", ".join(f"{value} at {' '.join(nodes)}" for value, nodes in values.items())
            )
    if differing:
        why = "each node judges the others by its own: sessions end too early, or logs are trimmed"
        return bad("node settings", "; ".join(differing), why, "restart the nodes with the same ones", differing)
    return fine("node settings", "the same everywhere")


def access(facts: Facts) -> Finding:
    """Whoever is refused at one node would be let in at another."""
    found = defaultdict(list)
    for boot in facts.nodes.alive:
        found[boot.settings.get("access", "open")].append(boot.row.node)  # an earlier version asks nobody
    if len(found) > 1:
        seen = "--access: " + ", ".join(f"{value} at {' '.join(nodes)}" for value, nodes in sorted(found.items()))
        why = "whoever is refused at one node comes in at another"
        return warn("access", seen, why, "restart the nodes with the same --access", [seen])
    return fine("access", next(iter(found), "no node"))


def versions(facts: Facts) -> Finding:
    found = sorted({boot.row.version for boot in facts.nodes.alive})
    if len(found) > 1:
        why = "they work side by side; that is meant for the time of an upgrade"
        return warn("versions", some(found), why, "end the upgrade: restart the older nodes (`hydrachat drain`)")
    return fine("versions", found[0] if found else "none")


def clocks(facts: Facts) -> Finding:
    server = facts.server
    replicas = [each for each in server.replicas if each.ahead is not None and abs(each.ahead) > facts.term.lease / 2]
    if replicas:
        seen = some([f"{each.address} is {_ahead(each.ahead)}" for each in replicas])
        why = "Redis's clock alone decides about leases: with a promotion it would jump"
        return bad("clocks", seen, why, "let chrony keep the clocks of all Redis machines")
    # A heartbeat may have been on its way for so long.
    limit = CLOCK_AHEAD + ON_ITS_WAY * facts.term.lease
    nodes = [f"{boot.row.node} is {_ahead(boot.ahead)}" for boot in facts.nodes.alive if abs(boot.ahead or 0) > limit]
    here = [f"this machine is {_ahead(server.ahead)}"] if abs(server.ahead) > CLOCK_AHEAD + server.round_trip else []
    if nodes or here:
        why = "times in messages are Redis's, times in logs are the machine's own: they can't be compared"
        return warn("clocks", some([*nodes, *here]), why, "let chrony keep the clocks of all machines")
    return fine("clocks", f"this machine's is {_ahead(server.ahead)}")


def _ahead(seconds: float | None) -> str:
    off = seconds or 0.0
    return f"{abs(off):.1f} s {'ahead of' if off >= 0 else 'behind'} Redis's"


def replicas(facts: Facts) -> Finding:
    silent = [each.address for each in facts.server.replicas if each.ahead is None]
    if silent:
        why = "asked from here; nodes must reach it once it is promoted"
        return warn(
            "replicas", f"{some(silent)} did not answer", why, "see docs/operations.md, replica-announce-ip", silent
        )
    return fine("replicas", f"{len(facts.server.replicas)} answered")


CHECKS = (
    term, alive, lost, strangers, hearing, states, readiness, rivals, settings, access, versions, clocks, replicas,
)  # fmt: skip
