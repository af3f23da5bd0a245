"""Nicknames that could be taken for one that is present or registered (UTS #39)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from cluster.errors import Refused
from cluster.types import Reason
from tests.contract.lives import wait_recovered
from tests.contract.owners import login, register, skeletons
from tests.contract.space import Space, User
from tests.contract.test_accounts import refused, rename
from tests.support.waiting import wait_until

PAIRS = [
    ("bob1", "bobl"),
    ("alice", "aIice"),
    ("paypal", "раypal"),
    ("modern", "rnodern"),
    ("zero0", "zeroo"),
    ("Bill", "BiII"),
]


def is_over(space: Space, user: User) -> bool:
    return not space.row(user)


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_neither_of_two_that_look_alike_is_let_beside_the_other(space: Space, one: str, other: str) -> None:
    node = space.serve("n1")
    for first, second in ((one, other), (other, one)):
        user = node.claim(first)
        assert refused(partial(node.claim, second, "somebody_else")) == (
            Reason.LOOKS_ALIKE,
            "somebody_else",
        )
        user.end()
        wait_until(partial(is_over, space, user), what="ended")
    assert skeletons(space) == {}


def test_who_is_registered_and_away_is_not_looked_like(space: Space) -> None:
    node = space.serve("n1")
    alice = node.claim("alice")
    register(alice)
    alice.end()
    wait_until(lambda: not space.row(alice), what="ended")
    assert skeletons(space) == {"alice": "alice"}
    assert refused(lambda: node.claim("aIice"))[0] == Reason.LOOKS_ALIKE
    assert login(node, "alice").name.shown == "alice"


def test_a_rename_takes_the_look_along(space: Space) -> None:
    node = space.serve("n1")
    bob, carol = node.claim("bob1"), node.claim("carol")
    assert refused(lambda: rename(carol, "bobl", "carol_"))[0] == Reason.LOOKS_ALIKE
    rename(bob, "bobl")  # like oneself one may look
    assert skeletons(space) == {"bobl": "bobl", "carol": "carol"}
    rename(bob, "dave")
    assert node.claim("bob1").name.shown == "bob1"


def test_of_two_at_once_one_is_let_in(space: Space) -> None:
    one, two = space.serve("n1"), space.serve("n2")

    def attempt(where: tuple[object, str]) -> bool:
        node, nick = where
        try:
            node.claim(nick)  # type: ignore[attr-defined]
        except Refused as error:
            return error.reason != Reason.LOOKS_ALIKE
        return True

    with ThreadPoolExecutor(2) as pool:
        for i in range(10):
            assert sorted(pool.map(attempt, ((one, f"x{i}xO"), (two, f"x{i}x0")))) == [False, True]


def test_a_claim_that_was_left_behind_keeps_nobody_out(space: Space) -> None:
    """As of a version that knows of no looks, and ends a session."""
    node = space.serve("n1")
    space.admin.set(space.key("skeleton:bobl"), "bob1")
    assert node.claim("bobl").name.shown == "bobl"
    assert skeletons(space) == {"bobl": "bobl"}


def test_looks_survive_a_loss_of_the_data(space: Space) -> None:
    node = space.serve("n1")
    node.claim("bob1")
    space.admin.flushall()
    wait_recovered(node)
    assert skeletons(space) == {"bobl": "bob1"}
    assert refused(lambda: node.claim("bobl"))[0] == Reason.LOOKS_ALIKE
