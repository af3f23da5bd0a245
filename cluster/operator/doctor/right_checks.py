"""What may be wrong with the users of Redis. Each check is a function of the facts alone."""

from __future__ import annotations

import shlex

from cluster.operator.doctor.facts import Facts
from cluster.operator.doctor.finding import Finding, bad, fine, some, warn

WHY = "what is refused fails each time that it is needed, perhaps seldom"


def rights(facts: Facts) -> Finding:
    """Whether the users of the nodes may do what nodes do."""
    lacking, refusals = facts.server.lacking, facts.server.refusals
    if lacking:
        words = [f"{lack.user} lacks {' '.join(lack.words)}" for lack in lacking]
        orders = [f"`hydrachat redis-cli ACL SETUSER {shlex.join([lack.user, *lack.words])}`" for lack in lacking]
        mend = "; ".join(orders) + ", and the same in its file of users; docs/redis.md has the rules"
        return bad("user rights", some(words), WHY, mend)
    if refusals:
        words = [f"{each.user}: {each.reason} {each.what}, {each.age:.0f} s ago" for each in refusals]
        mend = "compare the user's rule with docs/redis.md; `ACL LOG RESET` clears the record"
        return warn("user rights", f"Redis has refused {some(words)}", WHY, mend, words)
    if lacking is None:
        return fine("user rights", "not known: only a user who may do ACL DRYRUN (Redis 7) can ask")
    return fine("user rights", "nodes may do all that they need")


CHECKS = (rights,)
