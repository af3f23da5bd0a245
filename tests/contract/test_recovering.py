"""R5: while nodes that were alive may still have sessions to re-claim, what looks free is not given away."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager

import pytest

from cluster.errors import Degraded, Refused, Unavailable
from cluster.types import Published, Reason
from tests.contract.conftest import RealRedis
from tests.contract.lives import restart, wait_recovered
from tests.contract.recorder import DEADLINE
from tests.contract.space import LOBBY, Node, Space, User
from tests.support.proxy import Proxy
from tests.support.waiting import wait_until

LONG = 20.0  # a lease that no busy machine outlasts


@contextmanager
def slow_to_re_claim(node: Node) -> Iterator[Callable[[], None]]:
    """The node's recovery stands still before it re-claims, until it is let go."""
    gate, listed = threading.Event(), node.events.local_sessions

    def in_time() -> object:
        assert gate.wait(3 * DEADLINE)
        return listed()

    node.events.local_sessions = in_time  # type: ignore[assignment, method-assign]
    try:
        yield gate.set
    finally:
        gate.set()


def state(space: Space) -> tuple[str, str | None]:
    found = space.admin.hmget(space.key("term"), "state", "awaited")
    return found[0], found[1]


def insisting(ask: Callable[[], User]) -> User:
    """As a client does who is told to try again."""
    while True:
        try:
            return ask()
        except Degraded:
            continue


def test_a_stranger_does_not_get_a_name_before_its_holder_is_re_claimed(space: Space) -> None:
    one, two = space.serve("n1", LONG), space.serve("n2", LONG)
    alice, bob = one.claim("Alice"), two.claim("Bob")
    wait_until(lambda: knows(one, two), what="each knows of the other")
    with slow_to_re_claim(one) as let_go, ThreadPoolExecutor(1) as pool:
        space.admin.flushall()
        wait_recovered(two)
        assert state(space) == ("recovering", "n1")
        stranger = pool.submit(insisting, lambda: two.claim("Alice", "Alice2"))
        waiting = bob.submit("as soon as everybody is here")
        assert not wait([stranger], 0.3).done
        assert not waiting.done()
        let_go()
        wait_recovered(one)
        wait_until(lambda: state(space) == ("open", None), what="open")
        assert isinstance(waiting.result(DEADLINE), Published)
        with pytest.raises(Refused) as refused:
            stranger.result(DEADLINE)
    assert (refused.value.reason, refused.value.detail) == (Reason.NICK_TAKEN, "Alice2")
    assert alice.said("I was here all the time").n == 1


def test_a_node_that_knows_nobody_awaits_who_listens_to_emptied_data(space: Space) -> None:
    """It has just started, and is the first to notice."""
    one = space.serve("n1", LONG)
    one.claim("Alice")
    with slow_to_re_claim(one) as let_go, ThreadPoolExecutor(1) as pool:
        space.admin.flushall()
        two = space.node("n2", LONG).start()
        wait_until(lambda: space.admin.exists(space.key("term")), what="a new term")
        assert state(space) == ("recovering", "n1")
        thief = pool.submit(insisting, lambda: two.claim("Alice"))
        one.cluster.beat_soon()
        let_go()
        wait_recovered(one)
        with pytest.raises(Refused) as refused:
            thief.result(DEADLINE)
    assert refused.value.reason == Reason.NICK_TAKEN


def test_the_first_start_of_a_cluster_awaits_no_other_one(space: Space) -> None:
    """Whose channels have another prefix."""
    other = Space(space.backend)
    try:
        other.serve("n9", LONG)
        space.serve("n1", LONG)
        assert state(space) == ("open", None)
    finally:
        other.stop_all()


def knows(*nodes: Node) -> bool:
    """Whether each has seen all in its list; asks for another heartbeat meanwhile."""
    names = {node.name for node in nodes}
    for node in nodes:
        node.cluster._beat.poke()  # the lease of these tests is long
    return all({info.node for info in node.cluster.nodes()} == names for node in nodes)


def test_who_is_resumed_elsewhere_before_his_node_re_claims_is_not_refused(space: Space) -> None:
    one, two = space.serve("n1", LONG), space.serve("n2", LONG)
    alice = one.claim("Alice")
    wait_until(lambda: knows(one, two), what="each knows of the other")
    with slow_to_re_claim(one) as let_go, ThreadPoolExecutor(1) as pool:
        space.admin.flushall()
        wait_recovered(two)
        resuming = pool.submit(insisting, lambda: alice.resume_at(two))
        assert not wait([resuming], 0.3).done
        let_go()
        wait_recovered(one)
        moved = resuming.result(DEADLINE)
    assert moved.session == alice.session
    assert moved.said("moved").n == 1


def test_no_log_turns_before_all_nodes_have_brought_back_what_they_have(space: Space) -> None:
    """Who read it then would be led past what is yet to come."""
    one, two = space.serve("n1", LONG), space.serve("n2", LONG)
    alice = one.claim("Alice")
    before = alice.said("before").position
    one.wait_texts(["before"])
    wait_until(lambda: knows(one, two), what="each knows of the other")
    with slow_to_re_claim(two) as let_go:
        space.admin.flushall()
        wait_recovered(one)
        for ask in (lambda: one.cluster.read(LOBBY, before, 10), lambda: one.cluster.members(LOBBY)):
            with pytest.raises(Unavailable):
                ask()
        assert space.stream(LOBBY) == []
        opened = one.events.opened
        let_go()
        wait_recovered(two)
    wait_until(lambda: state(space) == ("open", None), what="open")
    one.events.wait(lambda: one.events.opened > opened, "told that it is open, though it asked for nothing")
    assert one.cluster.read(LOBBY, before, 10).entries == ()
    assert len(space.stream(LOBBY)) == before.offset


def test_a_letter_to_one_who_is_not_re_claimed_yet_waits(space: Space) -> None:
    one, two = space.serve("n1", LONG), space.serve("n2", LONG)
    alice, bob = one.claim("Alice"), two.claim("Bob")
    wait_until(lambda: knows(one, two), what="each knows of the other")
    with slow_to_re_claim(one) as let_go:
        space.admin.flushall()
        wait_recovered(two)
        waiting = bob.submit("psst", "@alice")
        let_go()
        wait_recovered(one)
        assert isinstance(waiting.result(DEADLINE), Published)
    one.wait_texts(["psst"], alice.inbox)


def test_a_node_that_never_comes_back_is_waited_for_no_longer_than_a_lease(space: Space) -> None:
    one, two = space.serve("n1", 1.0), space.serve("n2", 1.0)
    one.claim("Alice")
    wait_until(lambda: knows(one, two), what="each knows of the other")
    with slow_to_re_claim(one):
        space.admin.flushall()
        wait_recovered(two)
        assert two.claim("Carol").said("at last").n == 1
        wait_until(lambda: state(space) == ("open", None), what="open")


def test_a_first_start_waits_for_nobody(space: Space) -> None:
    one, two = space.serve("n1", LONG), space.serve("n2", LONG)
    assert state(space) == ("open", None)
    assert [node.claim(node.name).said("hi").n for node in (one, two)] == [1, 1]


def test_a_restart_that_kept_the_data_is_over_when_all_have_re_claimed(own_redis: RealRedis, own_space: Space) -> None:
    nodes = [own_space.serve("n1", LONG), own_space.serve("n2", LONG)]
    wait_until(lambda: knows(*nodes), what="each knows of the other")
    restart(own_redis)
    wait_recovered(*nodes)
    assert state(own_space) == ("open", None)
    assert nodes[0].claim("Alice").said("hi").n == 1


def test_a_node_that_was_in_no_term_waits_for_those_that_the_data_names(
    own_redis: RealRedis, own_space: Space, proxied: Callable[[Space], Proxy]
) -> None:
    proxy = proxied(own_space)
    one = own_space.serve("n1", LONG, url=proxy.url)
    one.claim("Alice")
    proxy.refuse()
    restart(own_redis)
    own_space.serve("n2", LONG)
    assert state(own_space) == ("recovering", "n1")
    proxy.accept()
    wait_recovered(one)
    assert state(own_space) == ("open", None)


def test_a_node_that_the_opener_has_not_heard_of_is_awaited_if_the_data_knows_it(
    own_redis: RealRedis, own_space: Space
) -> None:
    one, two = own_space.serve("n1", LONG), own_space.serve("n2", LONG)
    alice = two.claim("Alice")
    one.cluster._beat.nodes = []
    with slow_to_re_claim(two) as let_go:
        restart(own_redis)
        wait_recovered(one)
        assert state(own_space) == ("recovering", "n2")
        let_go()
        wait_recovered(two)
    assert alice.said("here").n == 1


def test_a_node_that_nobody_knew_of_is_awaited_once_it_comes(space: Space) -> None:
    nodes = [space.serve(f"n{i}", LONG) for i in (1, 2, 3)]
    one, two, three = nodes
    for node, other in ((one, two), (two, one)):
        wait_until(lambda node=node, other=other: knows_of(node, other), what="they know each other")  # type: ignore[misc]
        node.cluster._beat.nodes = [info for info in node.cluster.nodes() if info.node != "n3"]
    with slow_to_re_claim(two) as let_two_go, slow_to_re_claim(three) as let_three_go:
        space.admin.flushall()
        wait_recovered(one)
        three.cluster._beat.poke()
        wait_until(lambda: state(space)[1] == "n2,n3", what="the third has come")
        let_two_go()
        wait_recovered(two)
        assert state(space) == ("recovering", "n3")
        let_three_go()
        wait_recovered(three)
    wait_until(lambda: state(space) == ("open", None), what="open")


def knows_of(node: Node, other: Node) -> bool:
    node.cluster._beat.poke()
    return other.name in {info.node for info in node.cluster.nodes()}
