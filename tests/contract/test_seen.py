"""R5: a message that was shown, and nobody has answered for: a promotion in the instant in which it was published, and
the node that has shown it is gone with what it remembers. Its sender has seen it in the log, and says so."""

from __future__ import annotations

from cluster.types import Position, Published
from tests.contract.lives import keep_only, slow_to_remember, texts, wait_healed, wait_open, wait_recovered
from tests.contract.recorder import DEADLINE
from tests.contract.rewinder import Rewinder
from tests.contract.space import LOBBY, Node, Space, User
from tests.contract.test_recovering import knows
from tests.support.waiting import wait_until


def unanswered(user: User, node: Node, text: str) -> Position:
    """Where it was shown, at a node that has forgotten it."""
    before = node.events.positions[LOBBY]
    shown = user.said(text).position
    node.wait_texts([text])
    user.n -= 1
    user.relist(n=user.n)
    keep_only(node)
    node.events.positions[LOBBY] = before
    return shown


def say_again(user: User, text: str, shown: Position) -> Published:
    outcome = user.submit(text, again=shown).result(DEADLINE)
    assert isinstance(outcome, Published), outcome
    return outcome


def test_it_comes_late_behind_what_others_have_said_meanwhile(own_space: Space, rewinder: Rewinder) -> None:
    one = own_space.serve("n1")
    alice, bob = one.claim("Alice"), one.claim("Bob")
    shown: list[Position] = []
    rewinder(lambda: shown.append(unanswered(alice, one, "shown")))
    wait_recovered(one)
    bob.said("after")
    outcome = say_again(alice, "shown", shown[0])
    entry = one.read_all(LOBBY)[-1]
    assert (entry.text, entry.late, entry.was) == ("shown", True, (shown[0],))
    assert outcome.position == Position(entry.epoch, entry.offset)
    alice.n -= 1  # that answer is lost, too
    assert say_again(alice, "shown", shown[0]) == outcome
    assert alice.said("next").n == 2
    assert texts(own_space) == ["after", "shown", "next"]
    assert [entry.late for entry in one.read_all(LOBBY) if entry.text in ("after", "next")] == [False, False]


def test_where_it_has_been_brought_back_it_is_found_and_counts(own_space: Space, rewinder: Rewinder) -> None:
    """By a node that had heard it, and not by its sender's, whose count of his messages is the session's."""
    one, two = own_space.serve("n1"), own_space.serve("n2")
    alice = one.claim("Alice")
    shown: list[Position] = []

    def act() -> None:
        shown.append(unanswered(alice, one, "shown"))
        two.wait_texts(["shown"])

    rewinder(act)
    wait_recovered(one, two)
    outcome = say_again(alice, "shown", shown[0])
    assert texts(own_space) == ["shown"]
    assert (outcome.n, alice.said("next").n) == (1, 2)


def test_it_is_not_said_twice_by_a_session_whose_node_comes_late(space: Space) -> None:
    """Another node has brought the message back, with its outcome, before the session was there."""
    one, two = space.serve("n1", 2.0), space.serve("n2", 2.0)
    alice = one.claim("Alice")
    two.claim("Bob")
    wait_until(lambda: knows(one, two), what="each knows of the other")
    unanswered(alice, one, "shown")
    two.wait_texts(["shown"])
    with slow_to_remember(one) as let_go:
        space.admin.flushall()
        wait_recovered(two)
        wait_open(space)
        wait_healed(space)
        let_go.set()
        wait_recovered(one)
    assert alice.said("shown").n == 1
    assert texts(space) == ["shown"]


def test_what_the_same_session_has_overtaken_comes_late(space: Space) -> None:
    """A node that has heard the second has brought it back, of the first nobody knows: its sender says it again."""
    one = space.serve("n1")
    alice = one.claim("Alice")
    first, second = alice.said("first"), alice.said("second")
    log, outcomes = space.key(f"room:{LOBBY}:log"), space.key(f"session:{alice.session}:said")
    assert space.admin.xdel(log, f"{first.position.offset}-0") == 1
    assert space.admin.hdel(outcomes, str(first.n)) == 1
    anew = alice.said("first", n=first.n)
    assert anew.position.offset > second.position.offset
    entry = one.read_all(LOBBY)[-1]
    assert (entry.text, entry.n, entry.late, entry.was) == ("first", first.n, True, ())
    alice.said("third")
    assert not one.read_all(LOBBY)[-1].late
