"""What is kept of former lives has an end, and what lies beyond it does no harm."""

from __future__ import annotations

from cluster.types import Position, Published
from tests.contract.lives import wait_recovered
from tests.contract.space import LOBBY, START, Node, Space, User
from tests.support.waiting import wait_until

FORMER, OUTCOMES = 32, 128
META = f"room:{LOBBY}:meta"


def at_one(space: Space) -> tuple[Node, User]:
    node = space.serve("n1")
    return node, node.claim("Alice")


def turn(space: Space, node: Node, user: User) -> Published:
    """The data get a new life in which nothing is lost, and the lobby turns."""
    times = len(node.events.recovered) + 1
    space.admin.delete(space.key("term"))
    wait_recovered(node, times=times)
    return user.said("turned")


def texts(space: Space) -> list[str]:
    return [fields["text"] for fields in space.kinds(LOBBY, "message")]


def beat(space: Space, node: Node) -> None:
    """One more heartbeat of the only node, from its beginning to its end."""
    for _ in range(2):
        before = space.admin.hget(space.key("term"), "beat")
        node.cluster.beat_soon()
        wait_until(lambda before=before: space.admin.hget(space.key("term"), "beat") != before, what="a heartbeat")  # type: ignore[misc]


def test_what_is_kept_of_an_epoch_goes_with_it(space: Space) -> None:
    node, alice = at_one(space)
    alice.said("before")
    former = [f"e{i}" for i in range(FORMER)]
    space.admin.hset(space.key(META), "former", ",".join(f"{name}=0" for name in former))
    for name in former[-2:]:
        space.admin.hset(space.key(META), mapping={f"healed:{name}": former[-3], f"lost:{name}": 1})
    turn(space, node, alice)
    kept = space.admin.hgetall(space.key(META))
    assert [item.split("=")[0] for item in kept["former"].split(",")][1:] == former[:-1]
    assert {name for name in kept if ":" in name} == {f"healed:{former[-2]}", f"lost:{former[-2]}"}


def test_epochs_that_come_late_push_out_the_oldest(space: Space) -> None:
    _, alice = at_one(space)
    alice.said("before")
    space.admin.hset(space.key(META), "former", ",".join(f"e{i}=0" for i in range(FORMER)))
    space.admin.hset(space.key(f"room:{LOBBY}:known"), "late", 2)
    space.admin.sadd(space.key("healing"), LOBBY)
    wait_until(lambda: space.kinds(LOBBY, "gap"), what="the rest is told")
    assert_known_alone_are_kept(space)


def test_an_epoch_for_which_there_is_no_place_leaves_nothing_when_a_log_turns(space: Space) -> None:
    node, alice = at_one(space)
    alice.said("before")
    space.admin.hset(space.key(META), "former", ",".join(f"e{i}=0" for i in range(FORMER)))
    space.admin.hset(space.key(f"room:{LOBBY}:tail"), "unknown:1", "message s 1 nick 1\nbrought back")
    space.admin.hset(space.key(f"room:{LOBBY}:known"), "unknown", 1)
    turn(space, node, alice)
    assert texts(space) == ["before", "brought back", "turned"]
    assert_known_alone_are_kept(space)


def assert_known_alone_are_kept(space: Space) -> None:
    kept = space.admin.hgetall(space.key(META))
    known = [item.split("=")[0] for item in kept["former"].split(",")]
    assert len(known) == FORMER
    assert {name.partition(":")[2] for name in kept if ":" in name} <= set(known)


def test_an_outcome_of_a_forgotten_epoch_counts(space: Space) -> None:
    """It was there: only what a rewind took may be said anew, and that is of an epoch that is known."""
    node, alice = at_one(space)
    first = alice.said("first")
    turn(space, node, alice)
    space.admin.hset(space.key(META), "former", "")
    assert alice.said("first", n=first.n).position == first.position
    assert texts(space) == ["first", "turned"]


def test_a_cursor_that_leads_into_an_unknown_epoch_is_owed_everything(space: Space) -> None:
    node, alice = at_one(space)
    for i in range(5):
        alice.said(f"said {i}")
    space.admin.hset(space.key(META), mapping={"former": "e1=0", "healed:e1": "gone,1 4 1"})
    page = node.cluster.read(LOBBY, Position("e1", 1), 100)
    assert page.entries == node.cluster.read(LOBBY, START, 100).entries
    assert page.former == "e1"


def test_no_more_outcomes_are_kept_when_n_has_jumped(space: Space) -> None:
    """As after a rewind, of which the client knew more than the data, and nodes less."""
    _, alice = at_one(space)
    alice.said("first")
    said = space.key(f"session:{alice.session}:said")
    space.admin.hset(said, mapping={str(n): f"ok {LOBBY} e1 {n} 1" for n in range(1, OUTCOMES + 1)})
    space.admin.hset(space.key(f"session:{alice.session}"), "n", 400)
    for n in range(401, 404):
        alice.said("next", n=n)
    assert sorted(map(int, space.admin.hkeys(said))) == [401, 402, 403]


def test_what_came_late_goes_in_its_time_also_when_its_session_comes_back(space: Space) -> None:
    node, alice = at_one(space)
    late = space.key(f"inbox:{alice.session}:late")
    space.admin.hset(late, "e1:1", "e2 1")
    space.admin.expire(late, 1000)
    turn(space, node, alice)
    assert 0 < space.admin.ttl(late) <= 1000


def test_the_forks_of_a_log_that_is_to_be_healed_first_stay_known(space: Space) -> None:
    node, alice = at_one(space)
    former = alice.said("first").position
    epoch = turn(space, node, alice).position.epoch
    with node.events.changed:
        node.events.logs = [LOBBY]
    known = f"{former.epoch}={former.offset}"
    wait_until(lambda: node.cluster._upkeep.tops.forks(LOBBY, epoch) == known, what="the forks are known")
    space.admin.hset(space.key(f"room:{LOBBY}:tail"), f"{former.epoch}:99", "message s 1 nick 1\nstaged")
    beat(space, node)
    assert node.cluster._upkeep.tops.forks(LOBBY, epoch) == known
