"""Something else has written into our keys: only what they hold suffers, and an operator is told which."""

from __future__ import annotations

from cluster.errors import Refused
from cluster.types import Reason
from tests.contract.lives import gaps, wait_healed, wait_recovered
from tests.contract.recorder import DEADLINE
from tests.contract.space import LOBBY, Node, Space, User
from tests.support.waiting import wait_until

OPS = "#ops"


def spoil(space: Space, name: str) -> str:
    key = space.key(name)
    space.admin.set(key, "not what it was")
    return key


def in_ops(space: Space) -> tuple[Node, User]:
    node = space.serve("n1")
    alice = node.claim("Alice")
    alice.join(OPS)
    alice.said("before", OPS)
    return node, alice


def test_what_is_said_to_an_overwritten_log_is_refused_and_nothing_else(space: Space) -> None:
    _, alice = in_ops(space)
    top = alice.said("the last one", OPS).position.offset
    key = spoil(space, f"room:{OPS}:log")
    outcomes = [alice.submit(f"said {i}", to) for i, to in enumerate((OPS, LOBBY, OPS, "@alice"))]
    first, second, third, fourth = (outcome.result(DEADLINE) for outcome in outcomes)
    for refused in (first, third):
        assert isinstance(refused, Refused)
        assert refused.reason == Reason.LOG_SPOILT
    for done in (second, fourth):
        assert not isinstance(done, Exception), done
    space.admin.delete(key)
    assert alice.said("mended", OPS).position.offset == top + 1


def test_a_recovery_survives_an_overwritten_log_and_names_it(space: Space) -> None:
    node, alice = in_ops(space)
    node.events.forgetful = True
    node.events.know(OPS, alice.said("to be lost", OPS).position)
    former = alice.said("to be lost", LOBBY).position
    node.wait_texts(["to be lost"])
    space.admin.flushall()
    key = spoil(space, f"room:{OPS}:log")
    wait_recovered(node)
    wait_healed(space)
    assert [key in damage for damage in node.events.damages] == [True]
    assert gaps(space) == [f"{former.epoch} 1 {former.offset}"]
    assert alice.said("still here").n == 4
    assert node.events.recovered == [[]]


def test_one_session_that_cannot_be_re_claimed_does_not_end_the_node(real_space: Space) -> None:
    """Real only: fakeredis closes the connection after each error."""
    space = real_space
    node, alice = in_ops(space)
    bob = node.claim("Bob")
    space.admin.flushall()
    spoil(space, f"session:{alice.session}")
    wait_recovered(node)
    assert node.events.recovered == [[alice.session]]
    assert [alice.session in damage for damage in node.events.damages] == [True]
    assert bob.said("still here").n == 1


def test_a_log_that_cannot_be_healed_is_told_once_and_the_others_are_healed(space: Space) -> None:
    node = space.serve("n1")
    spoilt = [spoil(space, "room:#broken:meta"), spoil(space, "session:gone")]
    space.admin.hset(space.key("room:#sound:known"), "former", 3)
    space.admin.sadd(space.key("healing"), "#broken", "!gone", "#sound")
    wait_until(lambda: gaps(space, "#sound") == ["former 1 3"], what="the sound one is healed")
    node.events.wait(lambda: len(node.events.damages) >= 2, "both are told")
    for _ in range(2):
        beat = space.admin.hget(space.key("term"), "beat")
        wait_until(lambda before=beat: space.admin.hget(space.key("term"), "beat") != before, what="a heartbeat")  # type: ignore[misc]
    assert sorted(damage.split(":")[0] for damage in node.events.damages) == [
        "session gone, which was over before the loss, can't be ended again",
        "what was lost of #broken can't be brought back",
    ]
    space.admin.delete(*spoilt)
    wait_healed(space)
