"""Resume tokens are replaced at each resume, none is lost with a lost welcome, and an old one is noticed."""

from __future__ import annotations

import secrets
from functools import partial

from cluster.types import Claimed, Reason
from tests.contract.lives import wait_recovered
from tests.contract.space import Node, Space, User, hashed
from tests.contract.test_accounts import refused
from tests.support.waiting import wait_until

HERE, ELSEWHERE = "192.0.2.1:7", "198.51.100.9:7"


def resume(node: Node, user: User, token: str, renewed: str = "", address: str = HERE) -> Claimed:
    following = hashed(renewed) if renewed else ""
    return node.cluster.resume(user.session, secrets.token_hex(4), hashed(token), 0, address, "", following)


def confirm(node: Node, claimed: Claimed, token: str) -> None:
    node.cluster.confirm(claimed.session, claimed.claim, hashed(token))


def test_the_former_one_counts_until_the_new_one_has_arrived(space: Space) -> None:
    one, two = space.serve("n1"), space.serve("n2")
    alice = one.claim("Alice")
    resume(two, alice, alice.token, "second")  # the welcome is lost
    claimed = resume(one, alice, alice.token, "third")
    assert claimed.tokens == (hashed("third"), hashed(alice.token), hashed("second"))
    confirm(one, claimed, "third")
    wait_until(lambda: space.row(alice)["open"] == "", what="confirmed")
    for spent in (alice.token, "second"):
        assert refused(partial(resume, one, alice, spent))[0] == Reason.TOKEN_SPENT
    assert resume(one, alice, "third").tokens == (hashed("third"),)


def test_coming_with_it_shows_that_it_arrived(space: Space) -> None:
    node = space.serve("n1")
    alice = node.claim("Alice")
    resume(node, alice, alice.token, "second")
    resume(node, alice, "second", "third")
    assert refused(lambda: resume(node, alice, alice.token))[0] == Reason.TOKEN_SPENT
    assert resume(node, alice, "second").tokens[0] == hashed("third")


def test_a_token_of_a_welcome_that_another_overtook_is_not_lost(space: Space) -> None:
    """Of two resumes with one token each has got a new one, and the client may have heard the first."""
    one, two = space.serve("n1"), space.serve("n2")
    alice = one.claim("Alice")
    first = resume(one, alice, alice.token, "second")
    resume(two, alice, alice.token, "third")  # late; nobody hears it
    confirm(one, first, "second")  # fenced: not its connection any more
    assert resume(one, alice, "second", "fourth").resumed


def test_without_rotation_the_token_stays(space: Space) -> None:
    node = space.serve("n1")
    alice = node.claim("Alice")
    for _ in range(3):
        assert alice.resume_at(node).claimed.tokens == (hashed(alice.token),)
    assert "spent" not in {key for key, value in space.row(alice).items() if value}


def test_beside_a_node_that_replaces_none_the_one_that_came_stays(space: Space) -> None:
    """It knows `token` alone, and who lost the welcome with a new one comes there with the one before."""
    node = space.serve("n1")
    alice = node.claim("Alice")
    resume(node, alice, alice.token, "second")  # the welcome is lost
    space.admin.zadd(space.key("nodes"), {"n2/ff34a882": 1})
    space.admin.hset(space.key("node:n2/ff34a882"), "id", "n2")
    claimed = resume(node, alice, alice.token, "third")
    assert claimed.tokens == (hashed(alice.token), hashed("second"))
    assert space.row(alice)["token"] == hashed(alice.token)
    space.admin.delete(space.key("node:n2/ff34a882"))  # long dead
    assert resume(node, alice, alice.token, "fourth").tokens[0] == hashed("fourth")


def test_only_the_hash_is_in_the_data(space: Space) -> None:
    node = space.serve("n1")
    alice = node.claim("Alice")
    resume(node, alice, alice.token, "second")
    assert not {alice.token, "second"} & set(space.row(alice).values())


def test_the_holder_is_told_of_a_spent_one_from_elsewhere(space: Space) -> None:
    one, two = space.serve("n1"), space.serve("n2")
    alice = one.claim("Alice")
    claimed = resume(one, alice, alice.token, "second")
    confirm(one, claimed, "second")
    wait_until(lambda: space.row(alice)["open"] == "", what="confirmed")
    assert refused(lambda: resume(two, alice, alice.token, "mine", HERE)) == (Reason.TOKEN_SPENT, "1")
    assert refused(lambda: resume(two, alice, alice.token, "mine", ELSEWHERE)) == (Reason.TOKEN_SPENT, "")
    one.events.wait(lambda: one.events.spent, "told")
    assert one.events.spent == [(alice.session, claimed.claim)]
    assert space.row(alice)["claim"] == claimed.claim  # it goes on
    assert one.cluster.join(alice.session, claimed.claim, "#ops").changed


def test_long_after_it_is_no_late_hello_of_ones_own(space: Space) -> None:
    node = space.serve("n1")
    alice = node.claim("Alice")
    resume(node, alice, alice.token, "second")
    resume(node, alice, "second")
    spent = space.row(alice)["spent"].partition(":")[0]
    space.admin.hset(space.key(f"session:{alice.session}"), "spent", f"{spent}:1")
    assert refused(lambda: resume(node, alice, alice.token)) == (Reason.TOKEN_SPENT, "")


def test_tokens_end_with_the_session(space: Space) -> None:
    node = space.serve("n1")
    alice = node.claim("Alice")
    resume(node, alice, alice.token, "second")
    node.cluster.end(alice.session, space.row(alice)["claim"], "quit")
    wait_until(lambda: not space.row(alice), what="ended")
    for token in (alice.token, "second"):
        assert refused(partial(resume, node, alice, token))[0] == Reason.RESUME_REFUSED


def test_present_and_former_survive_a_loss_of_the_data(space: Space) -> None:
    node = space.serve("n1")
    alice = node.claim("Alice")
    claimed = resume(node, alice, alice.token, "second")
    User(node, claimed, "second")
    space.admin.flushall()
    wait_recovered(node)
    row = space.row(alice)
    assert (row["token"], row["open"]) == (hashed("second"), hashed(alice.token))
    assert resume(node, alice, alice.token).resumed


def test_spent_ones_are_few(space: Space) -> None:
    node = space.serve("n1")
    alice = node.claim("Alice")
    token = alice.token
    for i in range(20):
        resume(node, alice, token, f"token {i}")
        token = f"token {i}"
    row = space.row(alice)
    assert len(row["spent"].split()) == 8
    assert len(row["open"].split()) == 1


def test_data_that_were_set_back_know_the_former_one(space: Space) -> None:
    """The node that had replaced it is dead, and Redis has forgotten that it did."""
    node = space.serve("n1")
    alice = node.claim("Alice")
    first, second, third = (hashed(each) for each in (alice.token, "second", "third"))

    def come(former: str) -> Claimed:
        return node.cluster.resume(alice.session, secrets.token_hex(4), second, 0, HERE, "", third, former)

    for useless in ("", hashed("of nobody")):
        assert refused(partial(come, useless))[0] == Reason.RESUME_REFUSED
    assert come(first).tokens == (third, first)
    # Of one that is known to be spent nothing before it counts.
    resume(node, alice, "third")
    spent = node.cluster
    assert refused(lambda: spent.resume(alice.session, "c", first, 0, HERE, "", "", third))[0] == Reason.TOKEN_SPENT
