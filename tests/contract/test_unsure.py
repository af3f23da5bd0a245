"""R5: a node that was alive when Redis lost data never brings what it alone remembers: nobody can say what is lost of
what was said to single persons, or had not reached the others yet, and each who may miss it is told so."""

from __future__ import annotations

import pytest

from cluster.errors import Unavailable
from cluster.types import Page, Position, Published
from tests.contract.conftest import RealRedis
from tests.contract.lives import restart, slow_to_remember, wait_open, wait_recovered
from tests.contract.rewinder import Rewinder
from tests.contract.space import LOBBY, Node, Space
from tests.contract.test_recovering import knows
from tests.support.waiting import wait_until

LEASE = 2.0
LONG = 20.0


class Letters:
    """Bob at `one` has heard the first of two that Alice at `two` said to him."""

    def __init__(self, space: Space, lease: float = LEASE) -> None:
        self.space = space
        self.one, self.two = space.serve("n1", lease), space.serve("n2", lease)
        self.bob, self.alice = self.one.claim("Bob"), self.two.claim("Alice")
        wait_until(lambda: knows(self.one, self.two), what="each knows of the other")
        self.heard = self.say("heard")

    def say(self, text: str) -> Published:
        said = self.alice.said(text, "@bob")
        self.one.wait_texts([text], self.bob.inbox)
        return said

    def say_unheard(self) -> None:
        """As if n1 had been deaf."""
        self.say("unheard")
        events = self.one.events
        with events.changed:
            events.entries = [entry for entry in events.entries if entry.text != "unheard"]
            events.positions[self.bob.inbox] = self.heard.position

    def page(self, node: Node | None = None) -> Page:
        """What Bob's feed reads next."""
        return (node or self.one).cluster.read(self.bob.inbox, self.heard.position, 10)


def told(page: Page) -> tuple[int, int]:
    return page.lost_first, page.lost_last


def test_what_only_a_dead_node_knew_may_be_missing(space: Space) -> None:
    letters = Letters(space)
    letters.say_unheard()
    with slow_to_remember(letters.two):
        space.admin.flushall()
        wait_recovered(letters.one)
        wait_open(space)
        assert told(letters.page()) == (2, 0)
        # Also to one to whom nothing had ever been said.
        carol = letters.one.claim("Carol")
        assert told(letters.one.cluster.read(carol.inbox, Position(letters.heard.position.epoch, 0), 10)) == (1, 0)
        # Who has come into this life is complete in it.
        assert told(letters.one.cluster.read(carol.inbox, carol.claimed.logs[carol.inbox], 10)) == (0, 0)


@pytest.mark.parametrize("comes_back", [False, True])
def test_what_only_a_dead_node_had_heard_of_a_room_may_be_missing(space: Space, comes_back: bool) -> None:
    """It was on its way to the others as the data were lost."""
    one, two = space.serve("n1", LEASE), space.serve("n2", LEASE)
    one.claim("Bob")
    alice = two.claim("Alice")
    wait_until(lambda: knows(one, two), what="each knows of the other")
    heard = alice.said("heard").position
    alice.said("unheard")
    one.wait_texts(["heard", "unheard"])
    with one.events.changed:
        one.events.entries = [entry for entry in one.events.entries if entry.text != "unheard"]
        one.events.positions[LOBBY] = heard
    with slow_to_remember(two) as let_go:
        if comes_back:
            let_go.set()
        space.admin.flushall()
        wait_recovered(*((one, two) if comes_back else (one,)))
        wait_open(space)
        page = one.cluster.read(LOBBY, heard, 10)
        assert told(page) == ((0, 0) if comes_back else (heard.offset + 1, 0))
        assert [entry.text for entry in page.entries if entry.kind == "message"] == ["unheard"] * comes_back
        assert told(one.cluster.read(LOBBY, Position(page.position.epoch, 1), 10)) == (0, 0), "who is in this life"


def test_where_all_bring_what_they_have_nothing_is_told(space: Space) -> None:
    letters = Letters(space)
    space.admin.flushall()
    wait_recovered(letters.one, letters.two)
    wait_open(space)
    assert told(letters.page()) == (0, 0)


def test_who_comes_late_with_what_it_has_ends_the_doubt(space: Space) -> None:
    letters = Letters(space)
    with slow_to_remember(letters.two) as let_go:
        space.admin.flushall()
        wait_recovered(letters.one)
        wait_open(space)
        assert told(letters.page()) == (2, 0)
        let_go.set()
        wait_recovered(letters.two)
    assert told(letters.page()) == (0, 0)


def test_a_node_that_has_been_restarted_has_forgotten(space: Space) -> None:
    """It is there under its name, and nobody waits any more: but it isn't who it was."""
    letters = Letters(space, LONG)
    letters.say_unheard()
    letters.two.expects_fatal = True
    with slow_to_remember(letters.two):
        space.admin.flushall()
        wait_recovered(letters.one)
        space.serve("n2", LONG)
        wait_open(space)
        assert told(letters.page()) == (2, 0)


def test_a_restart_that_kept_the_data_leaves_no_doubt(own_redis: RealRedis, own_space: Space) -> None:
    letters = Letters(own_space)
    letters.say_unheard()
    with slow_to_remember(letters.two):
        restart(own_redis)
        wait_recovered(letters.one)
        wait_open(own_space)
        page = letters.page()
        assert ([entry.text for entry in page.entries], told(page)) == (["unheard"], (0, 0))


def test_data_that_are_set_back_leave_it(own_space: Space, rewinder: Rewinder) -> None:
    """By the time of its own last heartbeat, which these data don't know, the node that is left sees it."""
    letters = Letters(own_space)

    def beat() -> None:
        before = len(letters.one.events.beats)
        letters.say_unheard()
        for more in (1, 2):  # the first may have been on its way already
            letters.one.cluster.beat_soon()
            wait_until(lambda more=more: len(letters.one.events.beats) >= before + more, what="a heartbeat")  # type: ignore[misc]

    with slow_to_remember(letters.two):
        rewinder(beat)
        wait_recovered(letters.one)
        wait_open(own_space)
        assert told(letters.page()) == (2, 0)


def test_who_may_come_yet_is_waited_for_where_nobody_knew_of_him(space: Space) -> None:
    """The one who opened the term did not, who came then did."""
    letters = Letters(space, LONG)
    former = letters.two.cluster.boot
    space.admin.flushall()
    wait_recovered(letters.one, letters.two)
    term = space.key("term")
    epoch = space.admin.hget(term, "term").rpartition(":")[2]
    space.admin.hset(term, "expected", f"{epoch} 1 n2/{former},n3/gone")
    with pytest.raises(Unavailable):
        letters.page()
    space.admin.hset(term, "opened", 1)
    assert told(letters.page()) == (2, 0)


def test_who_was_cut_off_for_long_does_not_know_who_was_alive_at_the_end(space: Space) -> None:
    letters = Letters(space)
    gone = space.serve("n3", LEASE)
    beat = letters.one.cluster._beat
    wait_until(lambda: knows(letters.one, letters.two, gone), what="each knows of the others")
    nodes, at = list(beat.nodes), beat.at
    gone.stop()
    wait_until(lambda: knows(letters.one, letters.two), what="they know that it has gone")
    with slow_to_remember(letters.two) as let_go:
        beat.nodes, beat.at = nodes, at - int(3000 * LEASE)
        space.admin.flushall()
        wait_recovered(letters.one)
        let_go.set()
        wait_recovered(letters.two)
    wait_open(space)
    assert told(letters.page()) == (0, 0)


def test_it_is_told_where_nobody_knows_what_a_cursor_means(space: Space) -> None:
    node = space.serve("n1", LEASE)
    place = node.claim("Alice").said("hi").position
    astray = node.cluster.read(LOBBY, Position("deadbeef", 5), 10)
    assert (astray.is_astray, told(astray), astray.start) == (True, (6, 0), 1)
    for cursor in (place, Position("", 0), Position("deadbeef", 0)):
        assert not node.cluster.read(LOBBY, cursor, 10).is_astray
