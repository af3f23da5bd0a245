"""Who is on-line in the cluster."""

from __future__ import annotations

from cluster.types import Member
from tests.contract.space import LOBBY, Space
from tests.support.waiting import wait_until


def test_everybody_is_told_with_his_session_wherever_he_is(space: Space) -> None:
    one, two = space.serve("n1"), space.serve("n2")
    alice, bob, carol, dave = one.claim("Alice"), two.claim("Bob"), one.claim("Carol"), one.claim("Dave")
    carol.resume_at(two)
    dave.away()
    gone = two.claim("Eve")
    gone.end()
    bob.leave(LOBBY)
    bob.said("psst", "@alice")  # answered: so are those before
    wait_until(lambda: space.row(dave)["state"] == "away", what="away")
    wait_until(lambda: not space.row(gone), what="ended")
    assert one.cluster.members(None) == [
        Member("Alice", alice.session, "n1", "here"),
        Member("Bob", bob.session, "n2", "here"),
        Member("Carol", carol.session, "n2", "here"),
        Member("Dave", dave.session, "n1", "away"),
    ]
    # Of one who stands in no node's list any more, since the node is dead, the list of the absent knows.
    space.admin.srem(space.key(f"node:n1/{one.cluster.boot}:sessions"), dave.session)
    assert dave.session in {member.session for member in two.cluster.members(None)}
