"""R5: who is re-claimed in a new term, and who is not."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from cluster.errors import Degraded
from cluster.seam import Health
from cluster.types import Published
from tests.contract.conftest import RealRedis
from tests.contract.lives import gaps, restart, wait_healed, wait_recovered
from tests.contract.recorder import DEADLINE
from tests.contract.space import LOBBY, Outcome, Space, User, hashed
from tests.support.proxy import Proxy
from tests.support.waiting import wait_until


@pytest.mark.parametrize("stale_first", [True, False])
def test_of_two_that_hold_one_session_the_later_wins(space: Space, stale_first: bool) -> None:
    """n1 never heard that its session was taken. In whatever order the two re-claim, it is n2's."""
    one, two = space.serve("n1"), space.serve("n2")
    alice = one.claim("Alice")
    later = alice.resume_at(two)
    one.events.wait(lambda: one.events.taken, "taken")
    alice.list()  # as if it had not been told
    first, second = (one, two) if stale_first else (two, one)
    gate = threading.Event()
    wait = second.events.local_sessions

    def in_turn() -> object:
        assert gate.wait(DEADLINE)
        return wait()

    second.events.local_sessions = in_turn  # type: ignore[assignment, method-assign]
    space.admin.flushall()
    first.events.wait(lambda: first.events.recovered, "first")
    gate.set()
    wait_recovered(one, two)
    assert space.row(later)["claim"] == later.claim
    assert later.said("mine").n == 1
    assert two.events.recovered == [[]]
    one.events.wait(lambda: alice.session not in one.events.listed, "n1 let it go")


def test_who_has_just_claimed_joined_or_quit_is_not_forgotten(space: Space) -> None:
    """The node's own list lags behind the publisher's thread."""
    node = space.serve("n1")
    alice, bob, carol = node.claim("Alice"), node.claim("Bob"), node.claim("Carol")
    bob.join("#ops")
    node.cluster.join(alice.session, alice.claim, "#ops")
    node.cluster.leave(bob.session, bob.claim, "#ops")
    node.cluster.end(carol.session, carol.claim, "quit")
    later = node.cluster.resume(bob.session, "newer", hashed(bob.token), 0, "")
    node.events.wait(lambda: len(node.events.taken) == 2, "the notices of both")
    with node.events.changed:
        del node.events.listed[alice.session]
    for user in (bob, carol):
        user.list()
    space.admin.flushall()
    wait_recovered(node)
    assert space.row(alice)["rooms"] == f"{LOBBY},#ops"
    assert space.row(bob)["rooms"] == LOBBY
    assert space.row(bob)["claim"] == later.claim
    assert space.row(carol) == {}
    assert alice.say("here").n == 1  # type: ignore[union-attr]


def test_one_who_quit_is_not_brought_back_by_a_node_that_did_not_hear_of_it(space: Space) -> None:
    """It slept meanwhile, or was cut off, and re-claims whom it had."""
    one, two = space.serve("n1"), space.serve("n2")
    alice = one.claim("Alice")
    with one.events.changed:
        record = one.events.listed[alice.session]
    alice.resume_at(two).end()
    wait_until(lambda: not space.row(alice), what="she has left")
    sleeper = space.node("n3")
    sleeper.events.listed[alice.session] = record
    sleeper.serve()
    assert space.row(alice) == {}
    assert len(space.kinds(LOBBY, "left")) == 1
    assert space.admin.hgetall(space.key("presence")) == {}


def test_a_join_in_flight_survives_the_change_of_terms(
    own_redis: RealRedis, own_space: Space, proxied: Callable[[Space], Proxy]
) -> None:
    """Done, its answer lost with the server: exactly one joined, and a member afterwards."""
    proxy = proxied(own_space)
    node = own_space.serve("n1", url=proxy.url)
    alice = node.claim("Alice")
    alice.join("#old")
    proxy.hold("publisher", requests=False)
    with ThreadPoolExecutor(2) as pool:
        joining = pool.submit(alice.join, "#ops")
        wait_until(lambda: own_space.kinds("#ops", "joined"), what="joined")
        own_redis.kill()
        leaving = pool.submit(wait_until, lambda: _leave(alice, "#old"), DEADLINE, "left")
        proxy.cut()  # with the answer still held
        proxy.release()
        own_redis.up()
        wait_recovered(node)
        assert joining.result(DEADLINE).changed
        leaving.result(DEADLINE)
    assert len(own_space.kinds("#ops", "joined")) == 1
    assert len(own_space.kinds("#old", "left")) == 1
    assert own_space.row(alice)["rooms"] == f"{LOBBY},#ops"
    assert alice.said("in", "#ops").n == 1


def _leave(user: User, room: str) -> bool:
    try:
        return user.leave(room).changed
    except Degraded:
        return False


def test_recovery_while_many_talk(own_redis: RealRedis, own_space: Space) -> None:
    """appendfsync always: what was accepted is there, once, in order."""
    nodes = [own_space.serve("n1"), own_space.serve("n2")]
    users = [node.claim(f"{node.name}u{i}") for i in range(5) for node in nodes]
    answers: dict[str, list[Outcome]] = {user.session: [] for user in users}
    enough = threading.Event()

    def talk(user: User) -> None:
        n = 0
        while not enough.is_set() or n < 20:
            try:
                outcome = user.say(f"{user.session} {n + 1}", n=n + 1)
            except Degraded:
                enough.wait(0.01)
                continue
            if isinstance(outcome, Published):
                n += 1
                answers[user.session].append(outcome)

    threads = [threading.Thread(target=talk, args=(user,)) for user in users]
    for thread in threads:
        thread.start()
    for times in (1, 2):
        wait_until(lambda: all(len(each) > 10 * times for each in answers.values()), DEADLINE)  # noqa: B023
        restart(own_redis)
        wait_recovered(*nodes, times=times)
    enough.set()
    for thread in threads:
        thread.join(DEADLINE)
    entries = own_space.stream(LOBBY)
    assert [offset for offset, _ in entries] == list(range(1, len(entries) + 1))
    for user in users:
        said = [(int(f["n"]), o) for o, f in entries if f["kind"] == "message" and f["session"] == user.session]
        accepted = [(each.n, each.position.offset) for each in answers[user.session] if isinstance(each, Published)]
        assert said == accepted
    assert gaps(own_space) == []
    assert [node.events.leases_lost for node in nodes] == [0, 0]


STEPS = ["recover", "register", "restore (asked)", "restore", "reclaim", "settled"]


@pytest.mark.parametrize(("forgetful", "step"), [(f, s) for f in (0, 1) for s in STEPS if not (f and "restore" in s)])
def test_recovery_that_is_cut_short_is_done_again(
    space: Space, proxied: Callable[[Space], Proxy], forgetful: int, step: str
) -> None:
    """Done, but not known to be: registered, restored, re-claimed, the gap told once, and no lease lost."""
    proxy = proxied(space)
    node = space.serve("n1", 1.0, url=proxy.url)
    node.events.forgetful = bool(forgetful)
    alice = node.claim("Alice")
    former = alice.said("before").position
    node.wait_texts(["before"])
    asked_before = 0 if space.backend.kind == "fakeredis" else 1  # INFO
    steps = [each for each in STEPS if not (forgetful and "restore" in each)]
    proxy.cut_at_answer(asked_before + 1 + steps.index(step), "publisher")
    space.admin.flushall()
    wait_recovered(node)
    assert proxy.cuts == 1
    assert alice.said("after").n == 2
    assert node.events.leases_lost == 0
    assert node.events.recovered == [[]]
    wait_healed(space)
    assert gaps(space) == ([f"{former.epoch} 1 {former.offset}"] if forgetful else [])
    assert [fields["text"] for fields in space.kinds(LOBBY, "message")] == [*["before"][forgetful:], "after"]


def test_a_sleeper_does_not_bring_back_whom_others_have_buried(
    own_redis: RealRedis, own_space: Space, proxied: Callable[[Space], Proxy]
) -> None:
    """Asleep over a change of terms and the whole hold after it: too late to re-claim."""
    proxy = proxied(own_space)
    sleeper = own_space.serve("n1", 0.7, 0.3, proxy.url)
    other = own_space.serve("n2", 0.7, 0.3)
    alice, boot = sleeper.claim("Alice"), sleeper.cluster.boot
    proxy.refuse()
    restart(own_redis)
    wait_recovered(other)
    wait_until(lambda: own_space.kinds(LOBBY, "left"), what="reaped when the hold was over")
    proxy.accept()
    sleeper.events.wait(lambda: sleeper.events.leases_lost, "lease lost")
    sleeper.wait_health(Health.SERVING)
    assert sleeper.cluster.boot != boot
    assert own_space.row(alice) == {}
    assert other.cluster.members(None) == []
    assert sleeper.claim("Alice").said("new").n == 1
    assert len(own_space.kinds(LOBBY, "left")) == 1
