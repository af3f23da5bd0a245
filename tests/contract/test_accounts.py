"""A registered nickname is its owner's: who has not shown the password never gets it, the owner always does."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from cluster.errors import Fenced, Refused
from cluster.types import Name, Reason
from tests.contract.lives import wait_recovered
from tests.contract.owners import HASH, account, login, register, skeletons
from tests.contract.space import LOBBY, Node, Space, User
from tests.support.waiting import wait_until

OTHER = "$argon2id$of-another"


def refused(act: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(Refused) as caught:
        act()
    return caught.value.reason, caught.value.detail


def rename(user: User, nick: str, *proposals: str) -> None:
    names = [Name(each, each.casefold()) for each in proposals]
    user.node.cluster.rename(user.session, user.claim, Name(nick, nick.casefold()), names)


def test_only_the_proof_opens_a_registered_nickname(space: Space) -> None:
    node = space.serve("n1")
    alice = node.claim("Alice")
    own = register(alice)
    assert account(space, "alice")["nick"] == "Alice"
    alice.end()
    wait_until(lambda: not space.row(alice), what="ended")
    assert refused(lambda: node.claim("ALICE")) == (Reason.NOT_ADMITTED, "")
    assert refused(lambda: login(node, "Alice", OTHER)) == (Reason.NOT_ADMITTED, "")
    again = login(node, "Alice")
    assert (again.claimed.owner.partition(" ")[0], space.row(again)["account"]) == (own, own)


def test_a_proof_is_none_where_nothing_is_registered(space: Space) -> None:
    """Registered when the password was compared, and not any more when the nickname is claimed."""
    node = space.serve("n1")
    assert refused(lambda: login(node, "Alice")) == (Reason.NOT_ADMITTED, "")


def test_it_is_not_told_whether_the_owner_is_here(space: Space) -> None:
    node = space.serve("n1")
    register(node.claim("Alice"))
    assert refused(lambda: login(node, "Alice", "", "alice_")) == (Reason.NOT_ADMITTED, "")


def test_the_owner_takes_it_from_a_stranger(space: Space) -> None:
    """Who had it before an operator registered it."""
    one, two = space.serve("n1"), space.serve("n2")
    stranger = one.claim("Alice")
    stranger.join("#ops")
    space.admin.hset(space.key("account:alice"), mapping={"id": "a1", "nick": "Alice", "hash": HASH})
    space.admin.hset(space.key("accounts"), "a1", "alice")
    owner = login(two, "Alice")
    one.events.wait(lambda: stranger.session in one.events.ends, "told")
    assert one.events.ends[stranger.session] == "regained"
    assert owner.rooms == (LOBBY,)  # the stranger's rooms are not his
    assert space.admin.get(space.key("nick:alice")) == owner.session
    assert [fields["text"] for fields in space.kinds("#ops", "left")] == ["regained"]
    assert refused(lambda: stranger.resume_at(two))[0] == Reason.REGAINED
    with pytest.raises(Fenced):
        stranger.join("#more")


def test_the_owner_goes_on_in_the_rooms_of_his_own_lost_session(space: Space) -> None:
    node = space.serve("n1")
    before = node.claim("Alice")
    register(before)
    before.join("#ops")
    again = login(node, "Alice")
    assert set(again.rooms) == {LOBBY, "#ops"}
    members = space.admin.hgetall(space.key("room:#ops:members"))
    assert members == {again.session: "Alice"}
    assert again.claimed.logs["#ops"].offset == 3
    kinds = [fields["kind"] for _, fields in space.stream("#ops")]
    assert kinds == ["joined", "left", "joined"]
    assert again.said("hello", "#ops").n == 1


def _logged_in(node: Node) -> User | None:
    """None: the other's login ended this one before its answer came, on a machine so slow that it was asked twice."""
    try:
        return login(node, "Alice")
    except Refused as error:
        if error.reason != Reason.REGAINED:
            raise
        return None


def test_of_two_logins_at_once_one_stays(space: Space) -> None:
    one, two = space.serve("n1"), space.serve("n2")
    first = one.claim("Alice")
    register(first)
    with ThreadPoolExecutor(2) as pool:
        for _ in range(10):
            users = list(pool.map(_logged_in, (one, two)))
            holder = space.admin.get(space.key("nick:alice"))
            rows = [user.session for user in users if user and space.row(user)]
            assert rows == [holder]
    assert len(space.admin.hgetall(space.key(f"room:{LOBBY}:members"))) == 1


def test_registering_races_with_a_claim(space: Space) -> None:
    """Whoever is first: the nickname never is one's that another has registered."""
    one, two = space.serve("n1"), space.serve("n2")
    with ThreadPoolExecutor(2) as pool:
        for i in range(10):
            mine = one.claim(f"x{i}x")

            def leave_and_take(nick: str = f"x{i}x", mine: User = mine) -> object:
                try:
                    return two.claim(nick)
                except Refused as error:
                    return error.reason

            taken, _ = pool.map(lambda act: act(), (leave_and_take, lambda user=mine: register(user)))
            assert taken in (Reason.NICK_TAKEN, Reason.NOT_ADMITTED)
            assert space.admin.get(space.key(f"nick:x{i}x")) == mine.session


def test_nobody_is_renamed_onto_a_registered_nickname(space: Space) -> None:
    node = space.serve("n1")
    alice = node.claim("Alice")
    register(alice)
    alice.end()
    wait_until(lambda: not space.row(alice), what="ended")
    mallory = node.claim("Mallory")
    assert refused(lambda: rename(mallory, "alice")) == (Reason.NOT_ADMITTED, "")
    assert space.row(mallory)["nick"] == "Mallory"


def test_its_owner_may_go_and_come_back(space: Space) -> None:
    node = space.serve("n1")
    alice = node.claim("Alice")
    register(alice)
    rename(alice, "busy")
    assert refused(lambda: node.claim("Alice")) == (Reason.NOT_ADMITTED, "")
    rename(alice, "Alice")
    assert space.admin.get(space.key("nick:alice")) == alice.session


def test_proposals_are_neither_registered_nor_alike(space: Space) -> None:
    node = space.serve("n1")
    for nick in ("bob_", "bobl"):
        user = node.claim(nick)
        register(user)
        user.end()
    node.claim("bob")
    assert refused(lambda: node.claim("BOB", "bob_", "bob1", "bob2")) == (Reason.NICK_TAKEN, "bob2")


def test_another_password_and_the_same_account(space: Space) -> None:
    node = space.serve("n1")
    alice = node.claim("Alice")
    own = register(alice)
    assert refused(lambda: register(alice, OTHER)) == (Reason.NOT_ADMITTED, "")
    assert refused(lambda: register(alice, OTHER, "$of-another")) == (Reason.NOT_ADMITTED, "")
    assert register(alice, OTHER, HASH) == own
    assert refused(lambda: login(node, "Alice")) == (Reason.NOT_ADMITTED, "")
    assert login(node, "Alice", OTHER).claimed.owner.startswith(own)


def test_of_two_logins_at_once_neither_is_refused_where_the_hash_is_made_anew(space: Space) -> None:
    """Both have compared the password with the former one."""
    one, two = space.serve("n1"), space.serve("n2")
    alice = one.claim("Alice")
    register(alice)
    for node in (one, two):
        node.cluster.admitted("alice", "192.0.2.1", HASH, f"{HASH} by {node.name}")
        login(node, "Alice")
    assert account(space, "alice")["hash"] == f"{HASH} by n1"
    other = login(one, "Alice", f"{HASH} by n1")
    register(other, OTHER, HASH)
    assert refused(lambda: login(two, "Alice")) == (Reason.NOT_ADMITTED, "")  # of another password by now


def test_what_an_operator_has_registered_is_not_its_holders_to_register(space: Space) -> None:
    node = space.serve("n1")
    squatter = node.claim("Alice")
    space.admin.hset(space.key("account:alice"), mapping={"id": "a1", "nick": "Alice", "hash": HASH})
    assert refused(lambda: register(squatter, OTHER)) == (Reason.NOT_REGISTERED, "")
    assert account(space, "alice")["hash"] == HASH


def test_unregistering_makes_it_anybodys(space: Space) -> None:
    node = space.serve("n1")
    alice = node.claim("Alice")
    register(alice)
    cluster = node.cluster
    assert refused(lambda: cluster.unregister(alice.session, alice.claim, "alice", OTHER))[0] == Reason.NOT_REGISTERED
    assert cluster.unregister(alice.session, alice.claim, "alice", HASH) == "Alice"
    assert account(space, "alice") == {}
    assert space.admin.hgetall(space.key("accounts")) == {}
    alice.end()
    wait_until(lambda: not space.row(alice), what="ended")
    assert node.claim("Alice").name.shown == "Alice"


def test_the_rooms_of_who_unregisters_stay_his(space: Space) -> None:
    node = space.serve("n1")
    alice, bob = node.claim("Alice"), node.claim("Bob")
    register(alice)
    for user in (alice, bob):
        user.join("#ops")
    node.cluster.unregister(alice.session, alice.claim, "alice", HASH)
    assert node.cluster.govern(alice.session, alice.claim, "#ops", "tell", "", "").own
    alice.end()
    wait_until(lambda: not space.row(alice), what="ended")
    assert node.cluster.govern(bob.session, bob.claim, "#ops", "tell", "", "").own


def test_wrong_tries_slow_down_an_address_and_right_ones_do_not(space: Space) -> None:
    one, two = space.serve("n1"), space.serve("n2")
    register(one.claim("Alice"))
    for _ in range(50):
        assert one.cluster.account("alice", "192.0.2.1") is not None
        one.cluster.admitted("alice", "192.0.2.1", HASH, "")
    tries = [one.cluster.account("nobody", "192.0.2.2") for _ in range(10)]
    assert tries == [None] * 10
    for node in (one, two):  # whichever node is asked
        reason, after = refused(partial(node.cluster.account, "alice", "192.0.2.2"))
        assert reason == Reason.RATE_LIMITED
        assert 0 < int(after) <= 1000
    assert one.cluster.account("alice", "192.0.2.3") is not None  # nobody else waits
    key = space.key("tries:192.0.2.2")
    space.admin.hset(key, "until", 0)  # as if the second were over
    one.cluster.account("alice", "192.0.2.2")
    assert 1000 < int(refused(lambda: one.cluster.account("alice", "192.0.2.2"))[1]) <= 2000
    assert 0 < space.admin.pttl(key) <= 900_000


def test_a_password_is_hashed_anew_unless_it_was_changed_meanwhile(space: Space) -> None:
    node = space.serve("n1")
    register(node.claim("Alice"))
    node.cluster.admitted("alice", "192.0.2.1", "an older one", "$new")
    node.cluster.admitted("alice", "192.0.2.1", HASH, "$newer")
    wait_until(lambda: account(space, "alice")["hash"] == "$newer", what="hashed anew")


def test_a_re_claimed_session_is_still_its_owners(space: Space) -> None:
    """Accounts are lost with Redis's data, whole; but of a rewind they are not."""
    node = space.serve("n1")
    alice = node.claim("Alice")
    own = register(alice)
    space.admin.delete(space.key(f"session:{alice.session}"), space.key("nick:alice"), space.key("term"))
    for name in space.admin.keys(space.key("skeleton:*")):
        space.admin.delete(name)
    wait_recovered(node)
    assert space.row(alice)["account"] == own
    assert skeletons(space) == {"alice": "alice"}
    assert refused(lambda: node.claim("alice")) == (Reason.NOT_ADMITTED, "")
