"""R5: each life of the data has its term; nothing is skipped because an offset was used twice, and what is lost
is told."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from cluster.errors import ClusterError, Degraded, Unavailable
from cluster.link import Link
from cluster.seam import Health
from cluster.types import Position, Published
from tests.contract.conftest import RealRedis
from tests.contract.recorder import DEADLINE
from tests.contract.space import LOBBY, Backend, Node, Outcome, Space, User, hashed
from tests.support.proxy import Proxy
from tests.support.waiting import wait_until


def gaps(space: Space, log: str = LOBBY) -> list[str]:
    return [fields["text"] for fields in space.kinds(log, "gap")]


def wait_recovered(*nodes: Node, times: int = 1) -> None:
    for node in nodes:
        with suppress(ClusterError):
            node.cluster.rooms()  # who asks notices at once; else the next heartbeat does
    for node in nodes:
        node.events.wait(lambda node=node: len(node.events.recovered) >= times, "recovered")  # type: ignore[misc]
        node.wait_health(Health.SERVING)


def restart(server: RealRedis) -> None:
    server.kill()
    server.up()


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
    """FLUSHALL: the gap is told once for each log, the sessions are as they were, n goes on."""
    one, two = space.serve("n1"), space.serve("n2")
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
    assert gaps(space) == [f"{former} 1 5"]
    assert gaps(space, "#ops") == [f"{former} 1 1"]
    assert gaps(space, alice.inbox) == [f"{former} 1 1"]
    assert gaps(space, bob.inbox) == []
    assert alice.said("after").n == 4
    assert bob.said("psst again", "@alice").n == 2
    assert isinstance(alice.say("not twice", n=3), ClusterError)
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
    alice, bob, carol = node.claim("Alice"), node.claim("Bob"), node.claim("Carol")
    told = {user.inbox: alice.said("psst", f"@{user.name.mapped}").position for user in (bob, carol)}
    bob.end()
    wait_until(lambda: not space.row(bob), what="he has left")
    alice.relist(positions=told)
    space.admin.flushall()
    wait_recovered(node)
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
    space.admin.flushall()
    outcomes = [future.result(DEADLINE) for future in [alice.submit(f"after {i}") for i in range(20)]]
    assert [outcome.n for outcome in outcomes if isinstance(outcome, Published)] == list(range(2, 22))
    assert len(space.kinds(LOBBY, "message")) == 20


def test_each_loss_is_told_for_itself(space: Space) -> None:
    node = space.serve("n1")
    alice = node.claim("Alice")
    for times in (1, 2):
        outcome = alice.said("to be lost")
        node.wait_texts(["to be lost"])
        node.events.wait(lambda o=outcome: node.events.positions.get(LOBBY) == o.position, "seen")  # type: ignore[misc]
        space.admin.flushall()
        wait_recovered(node, times=times)
        assert gaps(space) == [f"{outcome.position.epoch} 1 {outcome.position.offset}"]


def test_a_cursor_beyond_what_any_node_knew_is_told_itself(space: Space) -> None:
    """Nobody could name the loss in the log: the reader whose cursor shows it is told alone."""
    node = space.serve("n1")
    epoch = node.cluster.read(LOBBY, Position("", 0), 1).position.epoch
    space.admin.flushall()
    wait_recovered(node)
    page = node.cluster.read(LOBBY, Position(epoch, 7), 10)
    assert (page.former, page.lost_first, page.lost_last) == (epoch, 8, 0)


@pytest.fixture
def rewinder(own_redis: RealRedis, own_space: Space, tmp_path: Path) -> Callable[[Callable[[], object]], None]:
    """Does something, and takes the data back to what it was before."""
    kept = tmp_path / "kept"

    def rewind(act: Callable[[], object]) -> None:
        shutil.copytree(own_redis.folder / "appendonlydir", kept)
        act()
        own_redis.kill()
        shutil.rmtree(own_redis.folder / "appendonlydir")
        shutil.copytree(kept, own_redis.folder / "appendonlydir")
        own_redis.up()

    return rewind


def test_a_rewind_names_exactly_what_is_lost(
    own_space: Space, rewinder: Callable[[Callable[[], object]], None]
) -> None:
    one, two = own_space.serve("n1"), own_space.serve("n2")
    alice, bob = one.claim("Alice"), two.claim("Bob")
    kept = [alice.said(f"kept {i}") for i in range(3)]
    lost: list[Published] = []

    def talk() -> None:
        lost.extend(alice.said(f"lost {i}") for i in range(3))
        for node in (one, two):
            node.wait_texts(["lost 2"])

    rewinder(talk)
    wait_recovered(one, two)
    former, fork = kept[-1].position.epoch, kept[-1].position.offset
    assert gaps(own_space) == [f"{former} {fork + 1} {lost[-1].position.offset}"]
    # n goes on where it was: what was said under 4, 5 and 6 is lost, and not said again under the same identity.
    assert alice.said("after").n == 7
    assert isinstance(alice.say("lost 0", n=4), ClusterError)
    # A cursor before the fork, at it and beyond: nothing is skipped.
    for cursor, expected in [(fork - 1, ["kept 2", "after"]), (fork, ["after"]), (fork + 3, ["after"])]:
        page = two.cluster.read(LOBBY, Position(former, cursor), 100)
        assert [entry.text for entry in page.entries if entry.kind == "message"] == expected
        assert sum(entry.kind == "gap" for entry in page.entries) == 1
        assert page.lost_first == 0
    assert bob.said("me too").n == 1
    assert own_space.kinds(LOBBY, "left") == []


def test_what_different_nodes_knew_adds_up(own_space: Space, rewinder: Callable[[Callable[[], object]], None]) -> None:
    one, two = own_space.serve("n1"), own_space.serve("n2")
    alice = one.claim("Alice")
    two.claim("Bob")
    kept = alice.said("kept").position

    def talk() -> None:
        for i in range(4):
            alice.said(f"lost {i}")
        for node in (one, two):
            node.wait_texts(["lost 3"])
        # n1 has seen less than n2.
        one.events.positions[LOBBY] = Position(kept.epoch, kept.offset + 2)

    rewinder(talk)
    wait_recovered(one, two)
    named = sorted(
        offset for text in gaps(own_space) for offset in range(int(text.split()[1]), int(text.split()[2]) + 1)
    )
    assert named == [kept.offset + i for i in (1, 2, 3, 4)]


def test_a_ghost_loses_the_name(own_space: Space, rewinder: Callable[[Callable[[], object]], None]) -> None:
    """Who left and was brought back by a rewind makes room for who holds the name now."""
    one, two = own_space.serve("n1"), own_space.serve("n2")
    ghost = one.claim("Alice")
    ghost.said("boo")
    found: list[User] = []

    def hand_over() -> None:
        ghost.end()
        one.claim("Marker")  # its answer came
        found.append(two.claim("Alice"))
        found[0].join("#ops")

    rewinder(hand_over)
    wait_recovered(one, two)
    (alice,) = found
    assert own_space.admin.get(own_space.key("nick:alice")) == alice.session
    assert own_space.row(ghost) == {}
    assert alice.said("I am the one").n == 1
    assert own_space.admin.hget(own_space.key("presence"), "Alice") == "n2 here"
    assert "Alice" in own_space.admin.hvals(own_space.key(f"room:{LOBBY}:members"))
    assert not own_space.admin.hexists(own_space.key(f"room:{LOBBY}:members"), ghost.session)
    assert alice.join("#ops").changed is False


def test_a_ghost_that_nobody_claims_gets_its_grace(
    own_space: Space, rewinder: Callable[[Callable[[], object]], None]
) -> None:
    node = own_space.serve("n1", 0.7, 60.0)
    ghost, alice = node.claim("Ghost"), node.claim("Alice")

    def leave() -> None:
        ghost.end()
        alice.said("and its answer came")  # else it would be asked again

    rewinder(leave)
    wait_recovered(node)
    assert own_space.row(ghost)["state"] == "away"
    assert own_space.row(alice)["state"] == "here"
    own_space.end_grace(ghost)
    own_space.end_hold()
    wait_until(lambda: not own_space.row(ghost), what="expired")
    assert alice.said("I am real").n == 2
    assert own_space.row(alice)["state"] == "here"


def test_who_moved_in_the_lost_time_stays_where_he_is(
    own_space: Space, rewinder: Callable[[Callable[[], object]], None]
) -> None:
    one, two = own_space.serve("n1"), own_space.serve("n2")
    alice = one.claim("Alice")
    found: list[User] = []

    def move() -> None:
        alice.said("at one")
        found.append(alice.resume_at(two))
        one.events.wait(lambda: one.events.taken, "taken")

    rewinder(move)
    wait_recovered(one, two)
    assert found[0].said("at two").n == 2
    assert own_space.row(alice)["node"] == f"n2/{two.cluster.boot}"
    assert own_space.admin.smembers(own_space.key(f"node:n1/{one.cluster.boot}:sessions")) == set()
    assert own_space.kinds(LOBBY, "left") == []


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


@pytest.mark.parametrize("step", ["recover", "register", "reclaim", "settled"])
def test_recovery_that_is_cut_short_is_done_again(space: Space, proxied: Callable[[Space], Proxy], step: str) -> None:
    """Done, but not known to be: registered, re-claimed, the gap told once, and no lease lost."""
    proxy = proxied(space)
    node = space.serve("n1", 1.0, url=proxy.url)
    alice = node.claim("Alice")
    former = alice.said("before").position
    node.wait_texts(["before"])
    asked_before = 0 if space.backend.kind == "fakeredis" else 1  # INFO
    proxy.cut_at_answer(asked_before + 1 + ["recover", "register", "reclaim", "settled"].index(step), "publisher")
    space.admin.flushall()
    wait_recovered(node)
    assert proxy.cuts == 1
    assert alice.said("after").n == 2
    assert node.events.leases_lost == 0
    assert node.events.recovered == [[]]
    assert gaps(space) == [f"{former.epoch} 1 {former.offset}"]


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
