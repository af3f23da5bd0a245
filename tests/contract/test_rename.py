"""A nickname changes in the row, the key, the presence, the rooms and their logs at once, and once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from cluster.errors import Fenced, Refused
from cluster.types import Name, Reason, Renamed
from tests.contract.conftest import RealRedis
from tests.contract.lives import meanwhile, restart, wait_healed, wait_recovered
from tests.contract.recorder import DEADLINE
from tests.contract.rewinder import Rewinder
from tests.contract.space import LOBBY, Space, User
from tests.support.proxy import Proxy
from tests.support.waiting import wait_until


def rename(user: User, nick: str, *proposals: str) -> Renamed:
    free = [Name(each, each.casefold()) for each in proposals]
    name = Name(nick, nick.casefold())
    done = user.node.cluster.rename(user.session, user.claim, name, free)
    user.relist(name=name, taken=done.taken, owner=done.owner)
    return done


def told(space: Space, room: str = LOBBY) -> list[tuple[str, str]]:
    """The renamings in a room: former nickname, new one."""
    return [(fields["text"], fields["nick"]) for fields in space.kinds(room, "joined") if fields["text"]]


def nicks(space: Space) -> dict[str, str]:
    """The keys of nicknames, each with the session that it leads to."""
    keys = space.admin.keys(space.key("nick:*"))
    return {key.removeprefix(space.key("nick:")): space.admin.get(key) for key in keys}


def test_all_of_it_changes_at_once(space: Space) -> None:
    one, two = space.serve("n1"), space.serve("n2")
    alice, bob = one.claim("Alice"), two.claim("Bob")
    alice.join("#ops")
    two.hear("#ops")
    done = rename(alice, "Alicia")
    assert (done.former, done.changed, done.room) == ("Alice", True, "#ops")
    assert int(space.row(alice)["taken"]) == done.taken > alice.claimed.taken
    assert nicks(space) == {"alicia": alice.session, "bob": bob.session}
    assert (space.row(alice)["nick"], space.row(alice)["mapped"]) == ("Alicia", "alicia")
    assert space.admin.hgetall(space.key("presence")) == {"Alicia": "n1 here", "Bob": "n2 here"}
    for room in (LOBBY, "#ops"):
        assert space.admin.hget(space.key(f"room:{room}:members"), alice.session) == "Alicia"
        assert told(space, room) == [("Alice", "Alicia")]
    two.events.wait(lambda: [e for e in two.events.of("joined") if e.text == "Alice"], "the entry")
    assert alice.said("hello").n == 1
    assert space.kinds(LOBBY, "message")[0]["nick"] == "Alicia"
    assert [member.nick for member in two.cluster.members(None)] == ["Alicia", "Bob"]


def test_the_former_name_is_free_and_direct_messages_follow_the_session(space: Space) -> None:
    node = space.serve("n1")
    alice, bob = node.claim("Alice"), node.claim("Bob")
    rename(alice, "Alicia")
    gone = bob.say("psst", "@alice", holder=alice.session)
    assert isinstance(gone, Refused)
    assert gone.reason == Reason.NO_SUCH_NICK
    another = node.claim("Alice")
    taken = bob.say("psst", "@alice", holder=alice.session)
    assert isinstance(taken, Refused)
    assert taken.reason == Reason.ADDRESSEE_CHANGED
    assert bob.said("here you are", "@alicia").log == alice.inbox
    assert space.kinds(another.inbox, "message") == []
    alice.end()
    another.end()
    bob.said("are you there?")
    assert nicks(space) == {"bob": bob.session}


def test_a_name_that_is_taken_is_refused_with_a_free_one(space: Space) -> None:
    node = space.serve("n1")
    alice = node.claim("Alice")
    node.claim("Bob")
    node.claim("bob_")
    with pytest.raises(Refused) as refused:
        rename(alice, "BOB", "bob_", "bob2")
    assert (refused.value.reason, refused.value.detail) == (Reason.NICK_TAKEN, "bob2")
    with pytest.raises(Fenced):
        node.cluster.rename(alice.session, "another claim", Name("Eve", "eve"), [])
    assert told(space) == []
    assert space.row(alice)["nick"] == "Alice"


def test_the_case_alone_may_change_and_the_same_name_is_no_change(space: Space) -> None:
    node = space.serve("n1")
    alice = node.claim("alice")
    assert rename(alice, "ALICE").changed
    assert not rename(alice, "ALICE").changed
    assert told(space) == [("alice", "ALICE")]
    assert nicks(space) == {"alice": alice.session}
    assert space.admin.hgetall(space.key("presence")) == {"ALICE": "n1 here"}


def test_it_is_resumed_under_its_new_name_after_its_node_has_died(space: Space) -> None:
    one, two = space.serve("n1"), space.serve("n2")
    alice = one.claim("Alice")
    rename(alice, "Alicia")
    one.stop()
    later = alice.resume_at(two)
    assert later.name == Name("Alicia", "alicia")
    assert space.admin.hgetall(space.key("presence")) == {"Alicia": "n2 here"}


def test_who_is_away_is_shown_so_under_his_new_name(space: Space) -> None:
    """His connection broke while the answer was on its way, and it is asked for again."""
    node = space.serve("n1")
    alice = node.claim("Alice")
    alice.away()
    wait_until(lambda: space.row(alice)["state"] == "away", what="away")
    rename(alice, "Alicia")
    assert space.admin.hgetall(space.key("presence")) == {"Alicia": "n1 away"}


def test_who_is_brought_back_by_a_rewind_does_not_speak_under_anothers_name(space: Space) -> None:
    """Until he is ended: his name has changed hands since."""
    one, two = space.serve("n1"), space.serve("n2")
    alice, bob = one.claim("Alice"), one.claim("Bob")
    space.admin.set(space.key("nick:alice"), bob.session)
    with pytest.raises(Refused) as refused:
        alice.resume_at(two)
    assert refused.value.reason == Reason.RESUME_REFUSED
    assert space.row(alice)["node"].startswith("n1/")


def test_a_spoilt_room_keeps_nobody_from_his_name(space: Space) -> None:
    node = space.serve("n1")
    alice = node.claim("Alice")
    alice.join("#bad")
    space.admin.delete(space.key("room:#bad:log"))
    space.admin.set(space.key("room:#bad:log"), "no stream")
    alice.join("#worse")
    space.admin.delete(space.key("room:#worse:members"))
    space.admin.set(space.key("room:#worse:members"), "nobody")
    assert rename(alice, "Alicia").room == LOBBY
    assert space.admin.hget(space.key("room:#bad:members"), alice.session) == "Alicia"
    assert space.row(alice)["nick"] == "Alicia"


def test_an_answer_that_was_lost_is_asked_for_again_and_told_once(
    space: Space, proxied: Callable[[Space], Proxy]
) -> None:
    proxy = proxied(space)
    one, two = space.serve("n1", url=proxy.url), space.serve("n2")
    alice = one.claim("Alice")

    def is_done() -> bool:
        return space.row(alice)["nick"] == "Alicia"

    done = meanwhile(proxy, lambda: rename(alice, "Alicia"), is_done, lambda: two.claim("Alice"))
    assert isinstance(done, Renamed)
    assert (done.former, done.changed) == ("Alice", True)
    assert told(space) == [("Alice", "Alicia")]
    assert set(nicks(space)) == {"alicia", "alice"}


@pytest.mark.parametrize("kept", [True, False])
def test_an_answer_that_was_lost_with_the_data(
    own_space: Space, rewinder: Rewinder, proxied: Callable[[Space], Proxy], kept: bool
) -> None:
    """The node doesn't know whether it was done when it re-claims the session. `kept`: it was, and is not lost."""
    proxy = proxied(own_space)
    one, two = own_space.serve("n1", url=proxy.url), own_space.serve("n2")
    alice = one.claim("Alice")
    alice.join("#ops")
    two.hear("#ops")
    rewinder.keep()
    proxy.hold("publisher", requests=False)
    with ThreadPoolExecutor(1) as pool:
        acting = pool.submit(rename, alice, "Alicia")
        two.events.wait(lambda: len([e for e in two.events.of("joined") if e.text]) == 2, "both entries")
        wait_until(lambda: own_space.row(alice)["nick"] == "Alicia", what="done in Redis")
        if kept:
            rewinder.keep()
        proxy.refuse()
        proxy.cut("publisher")
        proxy.release()
        rewinder.back()
        proxy.accept()
        assert acting.result(DEADLINE).changed
    wait_recovered(one, two)
    wait_healed(own_space)
    for room in (LOBBY, "#ops"):
        assert told(own_space, room) == [("Alice", "Alicia")]
        assert own_space.admin.hget(own_space.key(f"room:{room}:members"), alice.session) == "Alicia"
    assert nicks(own_space) == {"alicia": alice.session}
    assert own_space.row(alice)["nick"] == "Alicia"


@pytest.mark.parametrize("listed", [True, False])
def test_after_flushall_it_is_re_claimed_under_its_new_name(space: Space, listed: bool) -> None:
    """Also where the node's own list lags behind the publisher's thread."""
    node = space.serve("n1")
    alice = node.claim("Alice")
    rename(alice, "Alicia")
    if not listed:
        alice.relist(name=Name("Alice", "alice"), taken=alice.claimed.taken)
    space.admin.flushall()
    node.events.wait(lambda: node.events.recovered, "recovered")
    assert node.events.recovered == [[]]
    assert nicks(space) == {"alicia": alice.session}
    assert space.admin.hgetall(space.key("presence")) == {"Alicia": "n1 here"}
    assert alice.said("still here").n == 1


@pytest.mark.parametrize("thief_first", [True, False])
def test_after_a_rewind_both_keep_their_names(own_space: Space, rewinder: Rewinder, thief_first: bool) -> None:
    """The data say that Alice still has the name that is another's since. In whatever order the two are re-claimed."""
    one, two = own_space.serve("n1"), own_space.serve("n2")
    alice = one.claim("Alice")
    heir: list[User] = []

    def act() -> None:
        rename(alice, "Alicia")
        heir.append(two.claim("Alice"))

    first, second = (two, one) if thief_first else (one, two)
    gate = threading.Event()
    listed = second.events.local_sessions

    def in_turn() -> object:
        assert gate.wait(DEADLINE)
        return listed()

    second.events.local_sessions = in_turn  # type: ignore[assignment, method-assign]

    def let_the_second_in() -> None:
        first.events.wait(lambda: first.events.recovered, "first")
        gate.set()

    opened = threading.Thread(target=let_the_second_in)
    opened.start()
    rewinder(act)
    opened.join()
    wait_recovered(one, two)
    wait_healed(own_space)
    assert nicks(own_space) == {"alicia": alice.session, "alice": heir[0].session}
    assert own_space.admin.hgetall(own_space.key("presence")) == {"Alicia": "n1 here", "Alice": "n2 here"}
    assert told(own_space) == [("Alice", "Alicia")]
    assert alice.said("mine").n == heir[0].said("and mine").n == 1
    assert own_space.kinds(LOBBY, "left") == []


def test_a_restart_that_loses_nothing_changes_nothing(own_space: Space, own_redis: RealRedis) -> None:
    node = own_space.serve("n1")
    alice = node.claim("Alice")
    rename(alice, "Alicia")
    restart(own_redis)
    wait_recovered(node)
    assert nicks(own_space) == {"alicia": alice.session}
    assert told(own_space) == [("Alice", "Alicia")]


def test_what_the_node_knows_of_an_earlier_renaming_holds_although_a_later_one_has_no_answer(
    own_space: Space, rewinder: Rewinder, proxied: Callable[[Space], Proxy]
) -> None:
    """The data are older than both."""
    proxy = proxied(own_space)
    one, two = own_space.serve("n1", url=proxy.url), own_space.serve("n2")
    alice = one.claim("Alice")
    rewinder.keep()
    rename(alice, "Alicia")
    proxy.hold("publisher", requests=False)
    with ThreadPoolExecutor(1) as pool:
        acting = pool.submit(rename, alice, "Ally")
        two.events.wait(lambda: len([e for e in two.events.of("joined") if e.text]) == 2, "both entries")
        wait_until(lambda: own_space.row(alice)["nick"] == "Ally", what="done in Redis")
        proxy.refuse()
        proxy.cut("publisher")
        proxy.release()
        rewinder.back()
        proxy.accept()
        assert acting.result(DEADLINE).former == "Alicia"
    wait_recovered(one, two)
    wait_healed(own_space)
    assert told(own_space) == [("Alice", "Alicia"), ("Alicia", "Ally")]
    assert nicks(own_space) == {"ally": alice.session}


def test_of_a_name_that_is_shown_in_other_letters_since_no_trace_stays(own_space: Space, rewinder: Rewinder) -> None:
    one, two = own_space.serve("n1"), own_space.serve("n2")
    former = one.claim("Alice")
    later: list[User] = []

    def act() -> None:
        former.end()
        wait_until(lambda: not nicks(own_space), what="ended")
        later.append(two.claim("ALICE"))

    rewinder(act)
    wait_recovered(one, two)
    wait_healed(own_space)
    assert nicks(own_space) == {"alice": later[0].session}
    assert own_space.admin.hgetall(own_space.key("presence")) == {"ALICE": "n2 here"}


def test_a_renaming_that_can_not_be_done_again_is_told_back(
    own_space: Space, rewinder: Rewinder, proxied: Callable[[Space], Proxy]
) -> None:
    """It was done and told, its answer was lost with the data, and who had the name before is back for a moment."""
    proxy = proxied(own_space)
    one, two = own_space.serve("n1", url=proxy.url), own_space.serve("n2")
    alice, bob = one.claim("Alice"), two.claim("Bob")
    rewinder.keep()
    bob.end()
    wait_until(lambda: "bob" not in nicks(own_space), what="the name is free")
    proxy.hold("publisher", requests=False)
    with ThreadPoolExecutor(1) as pool:
        acting = pool.submit(rename, alice, "Bob")
        two.events.wait(lambda: [e for e in two.events.of("joined") if e.text], "the entry")
        wait_until(lambda: own_space.row(alice)["nick"] == "Bob", what="done in Redis")
        proxy.refuse()
        proxy.cut("publisher")
        proxy.release()
        rewinder.back()
        proxy.accept()
        try:
            assert acting.result(DEADLINE).changed
            name = "Bob"
        except Refused:
            name = "Alice"
    wait_recovered(one, two)
    wait_healed(own_space)
    assert own_space.row(alice)["nick"] == name
    assert own_space.admin.hgetall(own_space.key(f"room:{LOBBY}:members")) == {alice.session: name}
    assert told(own_space) == [("Alice", "Bob"), ("Bob", "Alice")][: 1 if name == "Bob" else 2]
