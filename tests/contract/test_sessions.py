"""R3: claim, resume, join, leave, end are one script each; membership and its entry change together."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from cluster.errors import ClusterError, Refused
from cluster.types import Company, Member, Name, Reason
from tests.contract.recorder import DEADLINE
from tests.contract.space import LOBBY, Node, Space, User, hashed
from tests.support.waiting import wait_until


def test_a_claim_makes_everything_at_once(space: Space) -> None:
    node = space.serve("n1")
    alice = node.claim("Alice")
    row = space.row(alice)
    assert row["nick"] == "Alice"
    assert row["state"] == "here"
    assert row["node"] == f"n1/{node.cluster.boot}"
    assert alice.token not in row.values()
    assert space.admin.get(space.key("nick:alice")) == alice.session
    assert space.admin.hgetall(space.key(f"room:{LOBBY}:members")) == {alice.session: "Alice"}
    assert space.admin.hgetall(space.key("presence")) == {"Alice": "n1 here"}
    assert space.admin.smembers(space.key(f"node:n1/{node.cluster.boot}:sessions")) == {alice.session}
    assert [(fields["kind"], fields["nick"]) for _, fields in space.stream(LOBBY)] == [("joined", "Alice")]


def test_a_claim_again_changes_nothing(space: Space) -> None:
    node = space.serve("n1")
    alice = node.claim("Alice")
    again = node.cluster.claim(alice.session, alice.claim, alice.name, [], hashed(alice.token), "192.0.2.1:5")
    assert again == alice.claimed
    assert len(space.stream(LOBBY)) == 1


def test_a_taken_name_proposes_the_first_free_one(space: Space) -> None:
    one, two = space.serve("n1"), space.serve("n2")
    one.claim("Alice")
    two.claim("alice_")
    with pytest.raises(Refused) as refused:
        two.claim("ALICE", "Alice_", "Alice2", "Alice3")
    assert (refused.value.reason, refused.value.detail) == (Reason.NICK_TAKEN, "Alice2")
    with pytest.raises(Refused) as refused:
        two.claim("ALICE", "Alice_")
    assert refused.value.detail == ""


def test_two_nodes_race_for_one_name_and_one_wins(space: Space) -> None:
    nodes = [space.serve("n1"), space.serve("n2")]
    for turn in range(10):
        barrier = threading.Barrier(2)
        with ThreadPoolExecutor(2) as pool:
            racing = [pool.submit(_race, node, barrier, f"Name{turn}") for node in nodes]
            results = [each.result(DEADLINE) for each in racing]
        (winner,) = [result for result in results if isinstance(result, User)]
        (loser,) = [result for result in results if isinstance(result, Refused)]
        assert loser.detail == f"Name{turn}_"
        assert space.admin.get(space.key(f"nick:name{turn}")) == winner.session
    assert len(space.kinds(LOBBY, "joined")) == 10


def _race(node: Node, barrier: threading.Barrier, nick: str) -> User | ClusterError:
    barrier.wait(DEADLINE)
    try:
        return node.claim(nick, nick + "_")
    except ClusterError as error:
        return error


def test_join_and_leave_change_membership_and_log_together(space: Space) -> None:
    node = space.serve("n1")
    alice, bob = node.claim("Alice"), node.claim("Bob")
    joined = alice.join("#ops")
    assert (joined.changed, joined.position.offset) == (True, 1)
    assert alice.join("#ops").changed is False
    bob.join("#ops")
    assert node.cluster.rooms() == [(LOBBY, 2), ("#ops", 2)]
    assert node.cluster.members("#ops") == [
        Member("Alice", alice.session, "n1", "here"),
        Member("Bob", bob.session, "n1", "here"),
    ]
    assert alice.leave("#ops").position.offset == 3
    with pytest.raises(Refused) as refused:
        alice.leave("#ops")
    assert refused.value.reason == Reason.NOT_MEMBER
    assert [(f["kind"], f["nick"]) for _, f in space.stream("#ops")] == [
        ("joined", "Alice"), ("joined", "Bob"), ("left", "Alice")
    ]  # fmt: skip
    assert space.row(alice)["rooms"] == LOBBY


def test_who_comes_in_sees_all_of_a_few_and_some_of_a_crowd(space: Space) -> None:
    node = space.serve("n1")
    assert node.cluster.company("#ops", 3) == Company(0, [])
    for nick in ("Zoe", "adam"):
        node.claim(nick).join("#ops")
    space.admin.hset(space.key("room:#ops:members"), "nobody", "Gone")
    assert node.cluster.company("#ops", 3) == Company(2, ["adam", "Zoe"])
    crowd = {f"s{number}": f"u{number:04}" for number in range(1000)}
    space.admin.hset(space.key("room:#ops:members"), mapping=crowd)
    for session in crowd:
        space.admin.hset(space.key(f"session:{session}"), "node", "n1/b")
    crowded = node.cluster.company("#ops", 200)
    assert (crowded.count, len(crowded.nicks), len(set(crowded.nicks))) == (1003, 200, 200)


def test_an_empty_room_is_no_room_but_its_offsets_go_on(space: Space) -> None:
    node = space.serve("n1")
    alice = node.claim("Alice")
    alice.join("#ops")
    alice.leave("#ops")
    assert node.cluster.rooms() == [(LOBBY, 1)]
    assert space.admin.ttl(space.key("room:#ops:log")) > 6 * 24 * 3600
    assert alice.join("#ops").position.offset == 3
    assert space.admin.ttl(space.key("room:#ops:log")) == -1


def test_a_session_may_be_in_so_many_rooms(space: Space) -> None:
    alice = space.node("n1", max_rooms_per_session=2).serve().claim("Alice")
    alice.join("#two")
    with pytest.raises(Refused) as refused:
        alice.join("#three")
    assert (refused.value.reason, refused.value.detail) == (Reason.TOO_MANY_ROOMS, "2")
    assert not space.stream("#three")


def test_an_end_tells_each_room_once_and_frees_the_name(space: Space) -> None:
    one, two = space.serve("n1"), space.serve("n2")
    two.hear("#ops")
    alice = one.claim("Alice")
    alice.join("#ops")
    for _ in range(2):
        alice.end()
    two.events.wait(lambda: len(two.events.of("left")) == 2, "left in both rooms")
    wait_until(lambda: not space.row(alice), what="ended")
    assert [(f["nick"], f["text"]) for f in space.kinds(LOBBY, "left")] == [("Alice", "quit")]
    assert [(f["nick"], f["text"]) for f in space.kinds("#ops", "left")] == [("Alice", "quit")]
    ended = space.key(f"ended:{alice.session}")
    assert space.admin.keys(space.prefix + f"*{alice.session}*") == [ended]
    assert space.admin.ttl(ended) > 0
    assert space.admin.hgetall(space.key("presence")) == {}
    assert two.claim("alice").n == 0


def test_an_end_with_an_old_claim_does_nothing(space: Space) -> None:
    one, two = space.serve("n1"), space.serve("n2")
    alice = one.claim("Alice")
    later = alice.resume_at(two)
    alice.end()
    alice.away()
    one.claim("Marker")  # behind the two in the queue
    assert later.said("still here").n == 1
    assert space.row(alice)["state"] == "here"
    assert space.kinds(LOBBY, "left") == []


def test_a_resume_needs_the_token_and_keeps_n_rooms_and_positions(space: Space) -> None:
    one, two = space.serve("n1"), space.serve("n2")
    alice = one.claim("Alice")
    alice.join("#ops")
    alice.said("one")
    with pytest.raises(Refused) as refused:
        two.cluster.resume(alice.session, "c", hashed("guess"), 0, "")
    assert refused.value.reason == Reason.RESUME_REFUSED
    with pytest.raises(Refused):
        two.cluster.resume("nobody", "c", hashed(alice.token), 0, "")
    later = alice.resume_at(two, n=0)
    assert later.claimed.resumed
    assert (later.claimed.n, later.claimed.since, later.name) == (1, alice.claimed.since, alice.name)
    assert {log: position.offset for log, position in later.claimed.logs.items()} == {
        LOBBY: 2, "#ops": 1, alice.inbox: 0
    }  # fmt: skip
    one.events.wait(lambda: (alice.session, later.claim) in one.events.taken, "told that it was taken")
    assert space.kinds(LOBBY, "left") == []
    assert space.admin.hgetall(space.key("presence")) == {"Alice": "n2 here"}


def test_a_room_is_owed_from_its_joined_entry_to_who_never_heard_of_it(space: Space) -> None:
    one, two = space.serve("n1"), space.serve("n2")
    alice, bob = one.claim("Alice"), two.claim("Bob")
    bob.join("#ops")
    joined = alice.join("#ops")
    bob.said("missed", "#ops")
    owed = alice.resume_at(two).claimed.owed
    assert owed["#ops"] == joined.position
    assert [entry.text for entry in two.cluster.read("#ops", owed["#ops"], 10).entries] == ["missed"]
    assert owed[alice.inbox].offset == 0
    two.cluster.leave(alice.session, space.row(alice)["claim"], "#ops")
    assert "from:#ops" not in space.row(alice)


def test_a_late_notice_does_not_drop_who_came_back(space: Space) -> None:
    """From n1 to n2 and back: the notice of the first move may come after the second claim's answer."""
    one, two = space.serve("n1"), space.serve("n2")
    alice = one.claim("Alice")
    there = alice.resume_at(two)
    one.events.wait(lambda: one.events.taken, "the notice, in its time")
    back = there.resume_at(one)
    one.events.taken.clear()
    channel = space.key(f"node:n1/{one.cluster.boot}")
    space.admin.publish(channel, f"!taken {alice.session} {there.claim} {there.claimed.taken}")
    space.admin.publish(channel, f"!taken {alice.session} stranger {back.claimed.taken + 5}")
    one.events.wait(lambda: one.events.taken, "the notice that counts")
    assert one.events.taken == [(alice.session, "stranger")]


def test_away_and_back(space: Space) -> None:
    node = space.serve("n1")
    alice = node.claim("Alice")
    alice.away()
    wait_until(lambda: space.admin.hgetall(space.key("presence")) == {"Alice": "n1 away"}, what="away")
    assert space.admin.zscore(space.key("absent"), alice.session) > space.admin.time()[0] * 1000
    assert node.cluster.members(None) == [Member("Alice", alice.session, "n1", "away")]
    with pytest.raises(Refused):  # a thief can't take it in the grace time
        node.claim("alice")
    alice.resume_at(node)
    assert space.admin.hgetall(space.key("presence")) == {"Alice": "n1 here"}
    assert space.admin.zcard(space.key("absent")) == 0
    assert space.admin.hget(space.key(f"session:{alice.session}"), "until") is None


def test_a_stranger_with_a_freed_name_does_not_get_the_old_inbox(space: Space) -> None:
    node = space.serve("n1")
    alice, bob = node.claim("Alice"), node.claim("Bob")
    alice.said("for the first Bob only", "@bob")
    bob.end()
    node.events.wait(lambda: node.events.of("receipt"), "a receipt")
    assert [(e.text, e.n, e.nick) for e in node.events.of("receipt")] == [("undelivered", 1, "Bob")]
    other = node.claim("Bob")
    assert other.session != bob.session
    assert node.read_all(other.inbox) == []
    outcome = alice.say("are you Bob?", "@bob", holder=bob.session)
    assert isinstance(outcome, Refused)
    assert outcome.reason == Reason.ADDRESSEE_CHANGED
    assert space.admin.keys(space.prefix + f"inbox:{bob.session}:*") == []


def test_history_has_messages_only_newest_last(space: Space) -> None:
    node = space.serve("n1")
    alice = node.claim("Alice")
    for i in range(6):
        alice.said(f"m{i}")
        node.claim(f"guest{i}")
    assert [entry.text for entry in node.cluster.history(LOBBY, 0, 3)] == ["m3", "m4", "m5"]
    first = node.cluster.history(LOBBY, 0, 3)[0]
    assert [entry.text for entry in node.cluster.history(LOBBY, first.offset, 50)] == ["m0", "m1", "m2"]
    assert node.cluster.history(LOBBY, 1, 50) == []


def test_reading_leaves_nothing_behind(space: Space) -> None:
    """Asking for what isn't there must not fill Redis."""
    node = space.serve("n1")
    before = set(space.admin.keys("*"))
    assert node.read_all("#nothing") == []
    assert node.cluster.history("#nothing", 0, 10) == []
    assert node.cluster.members("#nothing") == []
    node.events.logs = ["#nothing", "@nobody"]
    node.events.wait(lambda: "@nobody" in node.events.tops, "tops")
    assert set(space.admin.keys("*")) == before
    assert node.events.tops["#nothing"].offset == 0


def test_nodes_see_each_other(space: Space) -> None:
    one, two = space.serve("n1", lease=1.0), space.serve("n2", lease=1.0)
    two.claim("Bob")
    wait_until(
        lambda: [(i.node, i.clients, i.alive) for i in one.cluster.nodes()] == [("n1", 0, True), ("n2", 1, True)]
    )
    found = one.cluster.nodes()[1]
    assert (found.boot, found.address, found.state, found.version) == (
        two.cluster.boot,
        "192.0.2.9:7701",
        "serving",
        "0",
    )
    two.stop()
    wait_until(lambda: [i.state for i in one.cluster.nodes() if i.node == "n2" and i.alive] == [], what="signed off")


def test_names_are_compared_mapped_and_shown_as_given(space: Space) -> None:
    node = space.serve("n1")
    node.cluster.claim("s1", "c1", Name("Жанна", "жанна"), [], "h", "")
    with pytest.raises(Refused):
        node.cluster.claim("s2", "c2", Name("ЖАННА", "жанна"), [], "h", "")
    assert [member.nick for member in node.cluster.members(None)] == ["Жанна"]


def test_what_docs_allow_an_operator(space: Space) -> None:
    """Deleting a room's history; ending a session that is away."""
    node = space.serve("n1", 0.7)
    alice, bob = node.claim("Alice"), node.claim("Bob")
    alice.join("#old")
    before = alice.said("forget this", "#old").position
    space.admin.delete(space.key("room:#old:log"))
    assert alice.said("next", "#old").position.offset == before.offset + 1
    page = node.cluster.read("#old", alice.claimed.logs[LOBBY], 10)
    assert (page.lost_first, page.lost_last, page.start) == (2, 2, 3)
    bob.away()
    wait_until(lambda: space.row(bob).get("state") == "away")
    space.end_hold()
    space.end_grace(bob)
    wait_until(lambda: not space.row(bob), what="ended")


def test_a_session_begun_by_another_hello_is_to_be_resumed(space: Space) -> None:
    one, two = space.serve("n1"), space.serve("n2")
    alice = one.claim("Alice")
    with pytest.raises(Refused) as refused:
        two.cluster.claim(alice.session, "another", alice.name, [], hashed(alice.token), "192.0.2.1:6")
    assert refused.value.reason == Reason.SESSION_EXISTS
    resumed = alice.resume_at(two)
    begun = resumed.claimed.owed[LOBBY]
    assert begun.offset == alice.claimed.logs[LOBBY].offset, "its own joining is the last that it is not owed"
    assert len(space.kinds(LOBBY, "joined")) == 1


def test_a_late_hello_does_not_bring_back_a_session_that_has_ended(space: Space) -> None:
    node = space.serve("n1")
    alice = node.claim("Alice")
    alice.end()
    with pytest.raises(Refused) as refused:
        node.cluster.claim(alice.session, "late", alice.name, [], hashed(alice.token), "192.0.2.1:6")
    assert refused.value.reason == Reason.RESUME_REFUSED
    assert not space.admin.hgetall(space.key("presence"))


def test_a_resumed_session_knows_which_rooms_it_left_and_where(space: Space) -> None:
    node = space.serve("n1")
    alice, bob = node.claim("Alice"), node.claim("Bob")
    for room in ("#ops", "#dev"):
        alice.join(room)
        bob.join(room)
    bob.said("last words", "#ops")
    left = alice.leave("#ops")
    alice.leave("#dev")
    bob.said("too late", "#ops")
    assert alice.resume_at(node).claimed.parted["#ops"] == left.position
    again = alice.resume_at(node)
    again.join("#ops")
    assert set(again.resume_at(node).claimed.parted) == {"#dev"}


def test_of_rooms_that_were_left_only_the_last_few_are_remembered(space: Space) -> None:
    node = space.serve("n1")
    alice = node.claim("Alice")
    for number in range(20):
        alice.join(f"#room{number}")
        alice.leave(f"#room{number}")
    parted = alice.resume_at(node).claimed.parted
    assert list(parted) == [f"#room{number}" for number in range(19, 3, -1)]
