"""R5: each life of the data has its term; nothing is skipped because an offset was used twice, and what is lost
is told."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from cluster.errors import Unavailable
from cluster.link import Link
from cluster.types import Position, Published
from tests.contract.conftest import RealRedis
from tests.contract.lives import gaps, restart, wait_healed, wait_recovered
from tests.contract.recorder import DEADLINE
from tests.contract.space import LOBBY, Backend, Space
from tests.support.waiting import wait_until


def test_a_restart_that_lost_nothing(own_redis: RealRedis, own_space: Space) -> None:
    one, two = own_space.serve("n1"), own_space.serve("n2")
    alice, bob = one.claim("Alice"), two.claim("Bob")
    alice.join("#ops")
    for i in range(5):
        alice.said(f"before {i}")
    former = bob.said("last before").position
    restart(own_redis)
    wait_recovered(one, two)
    after = alice.said("after").position
    assert after.epoch != former.epoch
    assert after.offset == former.offset + 1
    # A cursor of the former epoch means the same place in the new one: nothing is skipped, nothing comes again.
    page = two.cluster.read(LOBBY, Position(former.epoch, former.offset - 1), 100)
    assert [entry.text for entry in page.entries] == ["last before", "after"]
    assert (page.lost_first, page.lost_last) == (0, 0)
    assert [entry.kind for entry in page.entries] == ["message", "message"]
    for log in (LOBBY, "#ops", alice.inbox, bob.inbox):
        assert gaps(own_space, log) == []
    assert bob.said("I am here too").n == 2
    assert own_space.admin.hgetall(own_space.key("presence")) == {"Alice": "n1 here", "Bob": "n2 here"}
    assert own_space.kinds(LOBBY, "left") == []
    assert one.cluster.rooms() == [(LOBBY, 2), ("#ops", 1)]
    assert [node.events.recovered for node in (one, two)] == [[[]], [[]]]
    assert [node.events.leases_lost for node in (one, two)] == [0, 0]


def test_one_node_opens_the_term(own_redis: RealRedis, own_space: Space) -> None:
    nodes = [own_space.serve(f"n{i}") for i in (1, 2, 3)]
    for times in (1, 2, 3):
        restart(own_redis)
        wait_recovered(*nodes, times=times)
    terms = own_space.admin.hgetall(own_space.key("term"))
    assert terms["term"].startswith(terms["server"] + ":")
    users = [node.claim(f"u{i}") for i, node in enumerate(nodes)]
    assert len({user.said("hi").position.epoch for user in users}) == 1
    assert [len(node.events.recovered) for node in nodes] == [3, 3, 3]
    assert [node.events.leases_lost for node in nodes] == [0, 0, 0]


def test_everything_lost(space: Space) -> None:
    """FLUSHALL, and nobody remembers: the gap is told once for each log, the sessions are as they were, n goes on."""
    one, two = space.serve("n1"), space.serve("n2")
    one.events.forgetful = two.events.forgetful = True
    alice, bob = one.claim("Alice"), two.claim("Bob")
    alice.join("#ops")
    for i in range(3):
        alice.said(f"lost {i}")
    last = bob.said("psst", "@alice")
    one.wait_texts(["psst"], alice.inbox)
    two.wait_texts(["lost 2"])
    former = last.position.epoch
    space.admin.flushall()
    wait_recovered(one, two)
    wait_healed(space)
    assert gaps(space) == [f"{former} 1 5"]
    assert gaps(space, "#ops") == [f"{former} 1 1"]
    assert gaps(space, alice.inbox) == [f"{former} 1 1"]
    assert gaps(space, bob.inbox) == []
    assert alice.said("after").n == 4
    assert bob.said("psst again", "@alice").n == 2
    assert space.admin.hgetall(space.key("presence")) == {"Alice": "n1 here", "Bob": "n2 here"}
    assert one.cluster.rooms() == [(LOBBY, 2), ("#ops", 1)]
    assert alice.resume_at(two).claimed.name == alice.name
    # Who comes with the old cursor reads on from the beginning, and learns of the gap in the log.
    page = two.cluster.read(LOBBY, Position(former, 5), 100)
    assert [entry.kind for entry in page.entries] == ["gap", "message"]
    assert page.lost_first == 0


def test_the_inbox_of_one_who_is_gone_does_not_stay_for_ever(space: Space) -> None:
    """The senders remember what they said to him, and can't know that he has left."""
    node = space.serve("n1")
    node.events.forgetful = True
    alice, bob, carol = node.claim("Alice"), node.claim("Bob"), node.claim("Carol")
    told = {user.inbox: alice.said("psst", f"@{user.name.mapped}").position for user in (bob, carol)}
    bob.end()
    wait_until(lambda: not space.row(bob), what="he has left")
    alice.relist(positions=told)
    space.admin.flushall()
    wait_recovered(node)
    wait_healed(space)
    for part in ("log", "meta"):
        assert space.admin.pttl(space.key(f"inbox:{bob.session}:{part}")) > 0
        assert space.admin.pttl(space.key(f"inbox:{carol.session}:{part}")) == -1
    assert len(gaps(space, carol.inbox)) == 1


def test_what_is_said_before_anybody_noticed_the_loss_is_kept(space: Space) -> None:
    """No session is in Redis, and yet nobody is fenced: the script sees that the term is gone, and the node
    re-claims first."""
    node = space.serve("n1")
    alice = node.claim("Alice")
    alice.said("before")
    node.wait_texts(["before"])  # so that somebody remembers it
    space.admin.flushall()
    outcomes = [future.result(DEADLINE) for future in [alice.submit(f"after {i}") for i in range(20)]]
    assert [outcome.n for outcome in outcomes if isinstance(outcome, Published)] == list(range(2, 22))
    said = [fields["text"] for fields in space.kinds(LOBBY, "message")]
    assert said == ["before", *(f"after {i}" for i in range(20))]


def test_each_loss_is_told_for_itself(space: Space) -> None:
    node = space.serve("n1")
    node.events.forgetful = True
    alice = node.claim("Alice")
    for times in (1, 2):
        outcome = alice.said("to be lost")
        node.wait_texts(["to be lost"])
        node.events.wait(lambda o=outcome: node.events.positions.get(LOBBY) == o.position, "seen")  # type: ignore[misc]
        space.admin.flushall()
        wait_recovered(node, times=times)
        wait_healed(space)
        assert gaps(space) == [f"{outcome.position.epoch} 1 {outcome.position.offset}"]


def test_a_cursor_beyond_what_any_node_knew_is_told_itself(space: Space) -> None:
    """Nobody could name the loss in the log: the reader whose cursor shows it is told alone."""
    node = space.serve("n1")
    epoch = node.cluster.read(LOBBY, Position("", 0), 1).position.epoch
    space.admin.flushall()
    wait_recovered(node)
    page = node.cluster.read(LOBBY, Position(epoch, 7), 10)
    assert (page.former, page.lost_first, page.lost_last) == (epoch, 8, 0)


def test_nobody_reads_in_the_new_term_before_every_loss_is_told(space: Space) -> None:
    """A reader would move on to the new epoch, and with that forget how far it knew the former one."""
    node = space.serve("n1")
    node.claim("Alice")
    listed, read = node.events.local_sessions, []

    def in_between() -> object:
        with ThreadPoolExecutor(1) as pool:
            read.append(pool.submit(node.cluster.read, LOBBY, Position("", 0), 1).exception(DEADLINE))
        return listed()

    node.events.local_sessions = in_between  # type: ignore[assignment, method-assign]
    space.admin.flushall()
    wait_recovered(node)
    assert read
    assert all(isinstance(error, Unavailable) for error in read)


def test_the_term_seam(fake_backend: Backend) -> None:
    """A server that says it is another one begins a new epoch, with the data as it is. Fake only: the identity of
    a real server is its own."""
    identity = ["fake:0"]

    def told(_: Link) -> str:
        return identity[0]

    fake_backend.identity = told
    space = Space(fake_backend)
    try:
        one, two = space.serve("n1"), space.serve("n2")
        alice = one.claim("Alice")
        former = alice.said("before").position
        identity[0] = "fake:1"
        wait_recovered(one, two)
        after = alice.said("after").position
        assert (after.epoch != former.epoch, after.offset) == (True, former.offset + 1)
        assert gaps(space) == []
    finally:
        space.stop_all()
