"""What is limited over all nodes: what sessions and addresses take with them, rooms and their members."""

from __future__ import annotations

import pytest

from cluster.errors import Refused
from cluster.types import Publication, Published, Reason
from tests.contract.recorder import DEADLINE
from tests.contract.space import LOBBY, Space, User
from tests.support.waiting import wait_until


def say(user: User, text: str, ahead: int) -> None:
    done: list[object] = []
    user.n += 1
    said = Publication(user.n, LOBBY, text, ahead=ahead)
    user.node.cluster.publish(user.session, user.claim, said, done.append)
    wait_until(lambda: done, DEADLINE, "an outcome")
    assert isinstance(done[0], Published), done


def test_what_a_session_has_taken_goes_with_it(space: Space) -> None:
    one, two = space.serve("n1"), space.serve("n2")
    alice = one.claim("Alice")
    assert alice.claimed.ahead == (0, 0)
    say(alice, "first", 40_000)
    say(alice, "second", 60_000)
    one.cluster.pace(alice.session, alice.claim, 90_000)
    alice.join("#ops")  # what is asked for at one node is carried out in order
    again = alice.resume_at(two)
    messages, joins = again.claimed.ahead
    # Time goes by on Redis's clock alone.
    assert 40_000 < messages <= 60_000
    assert 60_000 < joins <= 90_000
    # The former node may not speak of it any more.
    one.cluster.pace(alice.session, alice.claim, 1)
    assert again.resume_at(one).claimed.ahead[1] > 60_000


def test_it_is_noted_in_the_other_way_of_publishing_too(space: Space) -> None:
    one = space.serve("n1")
    alice, bob = one.claim("Alice"), one.claim("Bob")
    done: list[object] = []
    said = Publication(1, "@bob", "psst", holder=bob.session, ahead=50_000)
    one.cluster.publish(alice.session, alice.claim, said, done.append)
    wait_until(lambda: done, DEADLINE, "an outcome")
    assert alice.resume_at(one).claimed.ahead[0] > 20_000


def test_without_a_limit_nothing_is_noted(space: Space) -> None:
    alice = space.serve("n1").claim("Alice")
    alice.said("hello")
    assert not {"messages_whole", "joins_whole"} & space.row(alice).keys()
    assert alice.resume_at(alice.node).claimed.ahead == (0, 0)


def test_what_is_refused_takes_nothing_along(space: Space) -> None:
    alice = space.serve("n1").claim("Alice")
    done: list[object] = []
    too_early = Publication(9, LOBBY, "too early", ahead=50_000)
    alice.node.cluster.publish(alice.session, alice.claim, too_early, done.append)
    wait_until(lambda: done, DEADLINE, "an outcome")
    assert isinstance(done[0], Refused)
    assert "messages_whole" not in space.row(alice)


def test_what_addresses_take_flows_together(space: Space) -> None:
    one, two = space.serve("n1"), space.serve("n2")
    assert one.cluster.addresses([("192.0.2.7", 0, 0), ("192.0.2.8", 0, 0)]) == [(0, 0), (0, 0)]
    assert space.admin.keys(space.key("address:*")) == [], "who only asks leaves no trace"
    one.cluster.addresses([("192.0.2.7", 30_000, 100)])
    (found,) = two.cluster.addresses([("192.0.2.7", 40_000, 0)])
    assert 60_000 < found[0] <= 70_000
    assert found[1] <= 100
    assert two.cluster.addresses([("192.0.2.8", 0, 0)]) == [(0, 0)]
    # Until it is whole, and no longer.
    assert 60_000 < space.admin.pttl(space.key("address:192.0.2.7")) <= 70_000


def test_a_room_has_so_many_members(space: Space) -> None:
    one = space.node("n1", max_members=2).serve()
    alice, bob, carol = (one.claim(nick) for nick in ("Alice", "Bob", "Carol"))
    alice.join("#ops")
    bob.join("#ops")
    with pytest.raises(Refused) as refused:
        carol.join("#ops")
    assert refused.value.reason == Reason.ROOM_FULL
    assert alice.join("#ops").changed is False, "who is there may ask again"
    assert dict(one.cluster.rooms())["#ops"] == 2
    bob.leave("#ops")
    assert carol.join("#ops").changed


def test_the_lobby_takes_everybody_who_says_hello(space: Space) -> None:
    one = space.node("n1", max_members=1).serve()
    one.claim("Alice")
    one.claim("Bob")
    assert one.cluster.rooms() == [(LOBBY, 2)]


def test_there_are_so_many_rooms_in_all(space: Space) -> None:
    one, two = space.node("n1", max_rooms=2).serve(), space.serve("n2")
    alice, bob = one.claim("Alice"), two.claim("Bob")
    alice.join("#ops")
    with pytest.raises(Refused) as refused:
        alice.join("#more")
    assert refused.value.reason == Reason.TOO_MANY_ROOMS_IN_ALL
    assert space.stream("#more") == []
    # A node that is told otherwise goes by its own limit, and what it made is there for all.
    bob.join("#more")
    assert alice.join("#more").changed


def test_a_list_of_rooms_or_members_has_an_end(space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cluster.logs.ROOMS_LIMIT", 3)
    monkeypatch.setattr("cluster.logs.MEMBERS_LIMIT", 3)
    one = space.serve("n1")
    for number in range(5):
        one.claim(f"User{number}").join(f"#room{number}")
    assert len(one.cluster.rooms()) == 3
    assert len(one.cluster.members(LOBBY)) == 3
    assert len(one.cluster.members(None)) == 3
