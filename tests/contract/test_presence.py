"""Who is away by his own choice or since his connection broke, who is told of it, and who is who."""

from __future__ import annotations

import pytest

from cluster.errors import Fenced, Refused
from cluster.types import Member, Name, Person, Presence, Reason
from tests.contract.lives import wait_recovered
from tests.contract.space import LOBBY, Node, Space, User
from tests.support.waiting import wait_until


def choose(user: User, text: str | None) -> None:
    user.node.cluster.gone(user.session, user.claim, text)
    user.relist(gone=text)


def gone(space: Space, user: User) -> str | None:
    found: str | None = space.row(user).get("gone")
    return found


def wait_hint(node: Node, user: User, state: str, text: str = "", room: str = LOBBY) -> None:
    hint = Presence(room, user.session, user.name.shown, state, text)
    node.events.wait(lambda: hint in node.events.hints, f"{hint} among {node.events.hints}")


def test_one_s_own_choice_is_kept_apart_from_the_connection(space: Space) -> None:
    one, two = space.serve("n1"), space.serve("n2")
    alice, bob = one.claim("Alice"), two.claim("Bob")
    choose(alice, "")
    assert gone(space, alice) == ""
    choose(alice, "for tea, 黒")
    wait_hint(two, alice, "gone", "for tea, 黒")
    assert space.row(alice)["state"] == "here"
    assert space.admin.hget(space.key("presence"), "Alice") == "n1 here"
    listed = [Member("Alice", alice.session, "n1", "here", True), Member("Bob", bob.session, "n2", "here")]
    assert two.cluster.members(None) == two.cluster.members(LOBBY) == listed
    alice.said("talking does not end it")
    assert gone(space, alice) == "for tea, 黒"
    choose(alice, None)
    wait_hint(two, alice, "here")
    assert gone(space, alice) is None
    before = len(two.events.hints)
    choose(alice, None)
    choose(bob, "last")
    wait_hint(two, bob, "gone", "last")
    assert len(two.events.hints) == before + 1, "what is so already is not told again"


def test_it_outlives_the_connection_and_the_node(space: Space) -> None:
    one, two = space.serve("n1"), space.serve("n2")
    alice = one.claim("Alice")
    assert alice.claimed.gone is None
    choose(alice, "tea")
    alice.away()
    wait_hint(two, alice, "away")
    later = alice.resume_at(two)
    assert later.claimed.gone == "tea"
    wait_hint(two, later, "gone", "tea")
    with pytest.raises(Fenced):
        choose(alice, None)
    choose(later, None)
    later.away()
    wait_until(lambda: space.row(later)["state"] == "away", what="away")
    assert later.resume_at(one).claimed.gone is None
    two.events.wait(lambda: [hint.state for hint in two.events.hints].count("here") == 2, "back, twice")


@pytest.mark.parametrize("listed", [True, False])
def test_it_is_brought_back_when_redis_has_lost_all(space: Space, listed: bool) -> None:
    node = space.serve("n1")
    alice, bob = node.claim("Alice"), node.claim("Bob")
    choose(alice, "tea")
    choose(bob, "tea")
    choose(bob, None)
    if not listed:  # the node's own list lags behind the publisher's thread
        alice.relist(gone=None)
        bob.relist(gone="tea")
    space.admin.flushall()
    wait_recovered(node)
    assert (gone(space, alice), gone(space, bob)) == ("tea", None)
    assert node.cluster.whois("alice").text == "tea"


def test_the_death_of_a_node_is_told_in_small_rooms_only(space: Space) -> None:
    dying, other = space.serve("n1", lease=1.0), space.serve("n2", lease=1.0)
    alice, bob = dying.claim("Alice"), other.claim("Bob")
    alice.join("#crowd")
    bob.join("#crowd")
    other.hear("#crowd")
    crowd = {f"s{number}": f"u{number}" for number in range(99)}
    space.admin.hset(space.key("room:#crowd:members"), mapping=crowd)
    choose(alice, "told in crowds too")
    wait_hint(other, alice, "gone", "told in crowds too", "#crowd")
    dying.stop()
    space.end_hold()
    wait_hint(other, alice, "away")
    assert not [hint for hint in other.events.hints if (hint.room, hint.state) == ("#crowd", "away")]


def test_whois_tells_all_but_the_address(space: Space) -> None:
    node = space.serve("n1")
    claimed = node.cluster.claim("s1", "c1", Name("Alice", "alice"), [], "t", "192.0.2.1:5", "bot/1")
    node.cluster.join("s1", "c1", "#ops")
    node.cluster.gone("s1", "c1", "tea")
    found = node.cluster.whois("alice")
    assert found == Person("Alice", "s1", "n1", "here", True, "tea", claimed.since, (LOBBY, "#ops"), "bot/1")
    node.cluster.resume("s1", "c2", "t", 0, "192.0.2.1:5", "other/2")
    assert node.cluster.whois("alice").client == "other/2"
    with pytest.raises(Refused) as refused:
        node.cluster.whois("nobody")
    assert refused.value.reason == Reason.NO_SUCH_NICK
