"""A session that was refused, since its node was late in a new term, and is there when its client begins anew."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import partial

import pytest

from cluster.errors import Unavailable
from cluster.types import Guard, Guarding, Lost, Name, Reason
from tests.contract.conftest import RealRedis
from tests.contract.lives import restart, wait_recovered
from tests.contract.owners import HASH, register
from tests.contract.space import LOBBY, Node, Space, User, hashed
from tests.contract.test_accounts import refused
from tests.support.proxy import Proxy


def begin(node: Node, nick: str, lost: User, *tokens: str) -> User:
    """A hello as of a client that was refused: it has these tokens of its former session."""
    token, name = secrets.token_hex(4), Name(nick, nick.casefold())
    former = Lost(lost.session, tuple(hashed(each) for each in tokens))
    claimed = node.cluster.claim(secrets.token_hex(4), "c", name, [], hashed(token), "192.0.2.1:5", lost=former)
    return User(node, claimed, token)


def test_a_node_that_comes_late_brings_back_a_session_whose_client_begins_anew(
    own_redis: RealRedis, own_space: Space, proxied: Callable[[Space], Proxy]
) -> None:
    """`FLUSHALL` while n1 is cut off: its client finds no session elsewhere, n1 comes, and has the nickname."""
    proxy = proxied(own_space)
    late, other = own_space.serve("n1", url=proxy.url), own_space.serve("n2")
    alice = late.claim("Alice")
    alice.join("#ops")
    proxy.refuse()
    own_space.admin.flushall()
    wait_recovered(other)
    assert refused(lambda: alice.resume_at(other))[0] == Reason.RESUME_REFUSED
    proxy.accept()
    wait_recovered(late)
    again = begin(other, "Alice", alice, alice.token)
    assert own_space.row(alice) == {}
    assert own_space.row(again)["rooms"] == LOBBY
    again.join("#ops")
    late.events.wait(lambda: alice.session not in late.events.listed, "n1 let it go")
    assert again.said("here").n == 1
    for room in (LOBBY, "#ops"):
        assert [fields["session"] for fields in own_space.kinds(room, "left")] == [alice.session]
    # Not even with one more life does it come back.
    restart(own_redis)
    wait_recovered(late, other, times=2)
    assert own_space.row(alice) == {}


def test_the_token_before_will_do(space: Space) -> None:
    node = space.serve("n1")
    alice = node.claim("Alice")
    again = begin(node, "Alice", alice, "of a welcome that nobody knows", alice.token)
    assert space.admin.get(space.key("nick:alice")) == again.session


def test_who_only_knows_the_session_does_not_end_it(space: Space) -> None:
    """Sessions are no secret, and a spent token proves nothing."""
    node = space.serve("n1")
    alice = node.claim("Alice")
    node.cluster.resume(alice.session, "c", hashed(alice.token), 0, "", "", hashed("second"))
    node.cluster.resume(alice.session, "c", hashed("second"), 0, "", "", hashed("third"))
    for tokens in ((), ("guessed",), (alice.token, "guessed")):
        assert refused(partial(begin, node, "Alice", alice, *tokens))[0] == Reason.NICK_TAKEN
    assert space.row(alice)["mapped"] == "alice"


def test_another_nickname_leaves_no_ghost_of_the_former_one(space: Space) -> None:
    node = space.serve("n1")
    alice = node.claim("Alice")
    again = begin(node, "Alicia", alice, alice.token)
    assert (space.row(alice), space.admin.get(space.key("nick:alice"))) == ({}, None)
    assert again.said("here").n == 1


def test_nobody_gets_past_the_guards_of_a_room_by_it(space: Space) -> None:
    """Muted, and in a room by invitation: as who has left he needs another one."""
    node = space.serve("n1")
    bob, alice = node.claim("Bob"), node.claim("Alice")
    bob.join("#ops")
    alice.join("#ops")
    node.cluster.guard(bob.session, bob.claim, "#ops", Guarding({Guard.INVITE: True}))
    again = begin(node, "Alicia", alice, alice.token)
    assert refused(lambda: again.join("#ops"))[0] == Reason.NOT_INVITED


def test_the_owner_of_a_registered_nickname_goes_on_in_his_rooms(space: Space) -> None:
    node = space.serve("n1")
    alice = node.claim("Alice")
    register(alice)
    alice.join("#ops")
    former = Lost(alice.session, (hashed(alice.token),))
    name = Name("Alice", "alice")
    claimed = node.cluster.claim("another", "c", name, [], hashed("t"), "192.0.2.1:5", "", HASH, former)
    assert set(claimed.logs) == {"@another", LOBBY, "#ops"}
    assert space.row(alice) == {}


def test_what_was_set_back_beyond_the_tokens_is_waited_for(space: Space) -> None:
    """Older data are back, with the session but without the tokens that its client has had since; its node is dead. By
    nothing can it be told whose it is, but it goes by itself: the client tries on and is not sent away for good."""
    node = space.serve("n1")
    alice = node.claim("Alice")
    row = space.key(f"session:{alice.session}")
    space.admin.hset(row, "epoch", "of an earlier life")
    with pytest.raises(Unavailable):
        begin(node, "Alice", alice, "newest", "newer")
    space.admin.hset(row, "epoch", space.admin.hget(space.key("term"), "term").rpartition(":")[2])
    assert refused(partial(begin, node, "Alice", alice, "newest", "newer"))[0] == Reason.NICK_TAKEN
    assert space.row(alice)["mapped"] == "alice"
