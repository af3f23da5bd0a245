"""R2: when the outcome of what was sent is unknown it is asked again, and nothing happens twice."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from cluster.errors import ClusterError, Degraded, Refused, Unavailable
from cluster.seam import Health
from cluster.types import Publication, Published
from tests.contract.lives import meanwhile
from tests.contract.recorder import DEADLINE
from tests.contract.space import LOBBY, Node, Outcome, Space, User
from tests.support.proxy import Proxy
from tests.support.waiting import wait_until

WINDOW = 50


class Crowd:
    """Forty people at one node, each of whom says fifty things at once."""

    def __init__(self, node: Node, people: int = 40) -> None:
        self.users = [node.claim(f"u{i}") for i in range(people)]
        self.outcomes: dict[str, list[Outcome]] = {user.session: [] for user in self.users}
        self._all = threading.Event()
        self._left = people * WINDOW
        self._node = node

    def noting(self, noted: list[Outcome]) -> Callable[[Outcome], None]:
        def done(outcome: Outcome) -> None:
            noted.append(outcome)
            self._left -= 1  # all on the publisher's thread
            if not self._left:
                self._all.set()

        return done

    def wait(self) -> None:
        assert self._all.wait(3 * DEADLINE), f"{self._left} unanswered"

    def check(self, space: Space) -> None:
        """Every n exactly once and in order, each `done` once and in order."""
        self.wait()
        for session, outcomes in self.outcomes.items():
            assert [each.n for each in outcomes if isinstance(each, Published)] == list(range(1, WINDOW + 1)), session
        entries = space.stream(LOBBY)
        assert [offset for offset, _ in entries] == list(range(1, len(entries) + 1))
        said = [(fields["session"], int(fields["n"])) for _, fields in entries if fields["kind"] == "message"]
        assert [key for key, count in Counter(said).items() if count > 1] == []
        for user in self.users:
            assert [n for session, n in said if session == user.session] == list(range(1, WINDOW + 1))
            offsets = [each.position.offset for each in self.outcomes[user.session] if isinstance(each, Published)]
            assert offsets == [o for o, f in entries if f["session"] == user.session and f["kind"] == "message"]


def test_cut_in_the_middle_of_pipelines_of_2000_publishes(space: Space, proxied: Callable[[Space], Proxy]) -> None:
    proxy = proxied(space)
    node = space.serve("n1", url=proxy.url)
    crowd = Crowd(node)
    chance = random.Random(7)

    def cut() -> None:
        cuts = proxy.cuts
        proxy.cut_after(chance.randrange(1, 12_000), "publisher")
        with suppress(AssertionError):  # nothing is left to be said
            proxy.wait_for_cut(cuts + 1, 1.0)

    with again_and_again(cut, 0.0):
        say_through(crowd)
        crowd.wait()
    assert proxy.cuts >= 5
    crowd.check(space)


@contextmanager
def again_and_again(act: Callable[[], object], pause: float) -> Iterator[None]:
    """Does `act` meanwhile, on a thread."""
    stop = threading.Event()

    def loop() -> None:
        while not stop.wait(pause):
            act()

    thread = threading.Thread(target=loop)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(DEADLINE)


def test_client_kill_under_load(real_space: Space) -> None:
    """Real only: fakeredis keeps the connections of clients that are killed."""
    node = real_space.serve("n1")
    crowd = Crowd(node)

    def kill() -> None:
        for client in real_space.admin.client_list():
            if client["name"].startswith("hydrachat-n1"):
                real_space.admin.client_kill_filter(_id=client["id"])

    with again_and_again(kill, 0.01):
        say_through(crowd)
    crowd.check(real_space)


def say_through(crowd: Crowd) -> None:
    """Saying it although the node is degraded now and then."""
    for i in range(1, WINDOW + 1):
        for user in crowd.users:
            done = crowd.noting(crowd.outcomes[user.session])
            wait_until(lambda: _taken(user, i, done), DEADLINE, "taken")  # noqa: B023


def _taken(user: User, n: int, done: Callable[[Outcome], None]) -> bool:
    try:
        user.node.cluster.publish(user.session, user.claim, Publication(n, LOBBY, f"{user.session} {n}"), done)
    except Degraded:
        return False
    return True


def test_script_flush_under_load(space: Space) -> None:
    node = space.serve("n1")
    crowd = Crowd(node, 10)
    heard = -1

    def flush() -> None:
        """Only when something was published since: a slow server must get to running a script, not just loading it."""
        nonlocal heard
        before, heard = heard, sum(len(outcomes) for outcomes in crowd.outcomes.values())
        if heard != before:
            space.admin.script_flush()

    with again_and_again(flush, 0.005):
        say_through(crowd)
    crowd.check(space)


def test_a_script_that_fails_does_not_touch_the_others(real_space: Space) -> None:
    """Real only: fakeredis closes the connection after each error."""
    space = real_space
    node = space.serve("n1")
    alice, bob = node.claim("Alice"), node.claim("Bob")
    alice.join("#broken")
    space.admin.xadd(space.key("room:#broken:log"), {"planted": "beyond the top"}, id="99-0")
    futures = [user.submit("hi", room) for user, room in [(bob, LOBBY), (alice, "#broken"), (bob, LOBBY)] * 20]
    outcomes = [future.result(DEADLINE) for future in futures]
    assert [each.n for each in outcomes[0::3] + outcomes[2::3] if isinstance(each, Published)] == [
        *range(1, 41, 2), *range(2, 41, 2)
    ]  # fmt: skip
    assert isinstance(outcomes[1], ClusterError)
    assert not isinstance(outcomes[1], Refused)
    # The first was not done, so what follows it is out of order: the client begins again there.
    assert {(each.reason, each.detail) for each in outcomes[4::3] if isinstance(each, Refused)} == {
        ("out_of_order", "0")
    }
    space.admin.delete(space.key("room:#broken:log"))
    alice.n = 0
    assert alice.said("now", "#broken").n == 1


def test_a_full_memory_means_not_done(real_space: Space) -> None:
    """Real only: fakeredis has no maxmemory."""
    node = real_space.serve("n1")
    alice = node.claim("Alice")
    alice.said("before")
    node.hear("#later")
    real_space.admin.config_set("maxmemory", 1)
    try:
        outcome = alice.say("during", n=2)
        assert isinstance(outcome, Unavailable), outcome
        alice.end()  # asked by the node itself: kept until it can be done
        node.wait_health(Health.DEGRADED)
    finally:
        real_space.admin.config_set("maxmemory", 0)
    node.wait_health(Health.SERVING)
    wait_until(lambda: not real_space.row(alice), what="the session ended after all")
    assert [fields["text"] for fields in real_space.kinds(LOBBY, "message")] == ["before"]
    assert len(real_space.kinds(LOBBY, "left")) == 1


def test_nothing_is_taken_while_redis_is_away_and_again_when_it_is_back(
    space: Space, proxied: Callable[[Space], Proxy]
) -> None:
    proxy = proxied(space)
    node = space.serve("n1", url=proxy.url)
    alice = node.claim("Alice")
    proxy.hold("publisher")
    pending = alice.submit("on its way")  # taken before anybody noticed
    proxy.refuse()
    proxy.release()
    node.wait_health(Health.DEGRADED)
    with pytest.raises(Degraded):
        alice.submit("too late", n=2)
    with pytest.raises(Degraded):
        node.claim("Bob")
    proxy.accept()
    assert isinstance(pending.result(DEADLINE), Published)
    node.wait_health(Health.SERVING)
    assert alice.said("again", n=2).n == 2
    assert node.claim("Bob").claimed.n == 0
    assert node.events.leases_lost == 0


def test_only_the_publishers_way_is_broken(space: Space, proxied: Callable[[Space], Proxy]) -> None:
    """Health must not say serving because heartbeats work."""
    proxy = proxied(space)
    node = space.serve("n1", lease=1.0, url=proxy.url)
    alice = node.claim("Alice")
    proxy.hold("publisher")
    pending = alice.submit("held")
    node.wait_health(Health.DEGRADED)
    told = len(node.events.healths)
    node.events.logs = [LOBBY]
    for _ in range(3):  # heartbeats go on, and change nothing
        node.events.tops.clear()
        node.events.wait(lambda: LOBBY in node.events.tops, "a heartbeat")
    assert node.events.healths[told:] == []
    proxy.release()
    assert isinstance(pending.result(DEADLINE), Published)
    node.wait_health(Health.SERVING)


def test_join_whose_answer_was_lost(space: Space, proxied: Callable[[Space], Proxy]) -> None:
    """Its answer names the joined entry, so that what was said since is delivered."""
    proxy = proxied(space)
    one, two = space.serve("n1", url=proxy.url), space.serve("n2")
    alice, bob = one.claim("Alice"), two.claim("Bob")
    bob.join("#ops")

    def speak() -> None:
        bob.said("while you waited", "#ops")

    def is_member() -> bool:
        return bool(space.admin.hexists(space.key("room:#ops:members"), alice.session))

    done = meanwhile(proxy, lambda: alice.join("#ops"), is_member, speak)
    assert getattr(done, "changed", None) is True
    assert done.position.offset == 2  # type: ignore[attr-defined]
    left = meanwhile(proxy, lambda: alice.leave("#ops"), lambda: not is_member(), speak)
    assert left.position.offset == 4  # type: ignore[attr-defined]
    assert [fields["kind"] for _, fields in space.stream("#ops")] == ["joined", "joined", "message", "left", "message"]
    assert alice.join("#ops").changed


def test_claim_whose_answer_was_lost(space: Space, proxied: Callable[[Space], Proxy]) -> None:
    """The positions are those at which the session began: nothing said since is skipped."""
    proxy = proxied(space)
    one, two = space.serve("n1", url=proxy.url), space.serve("n2")
    bob = two.claim("Bob")

    def speak() -> None:
        bob.said("hello Alice")
        bob.said("psst", "@alice")

    def exists() -> bool:
        return bool(space.admin.exists(space.key("nick:alice")))

    alice = meanwhile(proxy, lambda: one.claim("Alice"), exists, speak)
    assert isinstance(alice, User)
    assert alice.claimed.logs[LOBBY].offset == 2
    assert alice.claimed.logs[alice.inbox].offset == 0
    assert len(space.kinds(LOBBY, "joined")) == 2
    alice.said("I am here")


def test_resume_whose_answer_was_lost(space: Space, proxied: Callable[[Space], Proxy]) -> None:
    proxy = proxied(space)
    one, two = space.serve("n1"), space.serve("n2", url=proxy.url)
    alice = one.claim("Alice")
    alice.said("one")

    def is_moved() -> bool:
        return space.row(alice)["node"].startswith("n2/")

    moved = meanwhile(proxy, lambda: alice.resume_at(two), is_moved, lambda: None)
    assert isinstance(moved, User)
    assert moved.said("two").n == 2
    one.events.wait(lambda: one.events.taken, "told")
    assert one.events.taken == [(alice.session, moved.claim)]
