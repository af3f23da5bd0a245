"""R8: an inbox keeps what is unacknowledged, and its acknowledgement becomes the senders' receipts."""

from __future__ import annotations

from cluster.types import Position
from tests.contract.space import Space
from tests.support.waiting import wait_until


def receipts(space: Space, inbox: str) -> list[tuple[str, str, str]]:
    return [(fields["n"], fields["nick"], fields["text"]) for fields in space.kinds(inbox, "receipt")]


def kept(space: Space, inbox: str) -> list[int]:
    return [offset for offset, _ in space.stream(inbox)]


def test_receipts_say_received_or_sent(space: Space) -> None:
    one, two = space.serve("n1"), space.serve("n2")
    alice, bob = one.claim("Alice"), two.claim("Bob")
    for i in range(3):
        alice.said(f"psst {i}", "@bob")
    bob.acknowledge(2)
    one.events.wait(lambda: len(one.events.of("receipt")) == 2, "two receipts")
    bob.acknowledge(3, "sent")
    one.events.wait(lambda: len(one.events.of("receipt")) == 3, "the third")
    assert receipts(space, alice.inbox) == [("1", "Bob", "received"), ("2", "Bob", "received"), ("3", "Bob", "sent")]
    found = one.events.of("receipt")[0]
    assert (found.log, found.session, found.n, found.offset) == (alice.inbox, alice.session, 1, 1)


def test_an_inbox_is_trimmed_to_what_is_unacknowledged(space: Space) -> None:
    node = space.serve("n1")
    alice, bob = node.claim("Alice"), node.claim("Bob")
    for i in range(250):
        alice.said(f"psst {i}", "@bob")
    assert kept(space, bob.inbox) == list(range(1, 251))
    bob.acknowledge(120)
    wait_until(lambda: kept(space, bob.inbox) == list(range(121, 251)), what="trimmed exactly")
    assert len(receipts(space, alice.inbox)) == 120
    # Who comes back with an older cursor, or none, begins at what is left, and misses nothing.
    for cursor in (Position("", 0), Position(bob.claimed.logs[bob.inbox].epoch, 50)):
        page = node.cluster.read(bob.inbox, cursor, 10)
        assert (page.start, page.lost_first) == (121, 0)


def test_retention_does_not_touch_an_inbox(space: Space) -> None:
    node = space.serve("n1", retain=10)
    alice, bob = node.claim("Alice"), node.claim("Bob")
    for i in range(300):
        alice.said(f"psst {i}", "@bob")
    assert len(kept(space, bob.inbox)) == 300


def test_acknowledging_again_or_backwards_changes_nothing(space: Space) -> None:
    node = space.serve("n1")
    alice, bob = node.claim("Alice"), node.claim("Bob")
    for i in range(4):
        alice.said(f"psst {i}", "@bob")
    for offset in (3, 3, 1, 0):
        bob.acknowledge(offset)
    bob.acknowledge(99)  # beyond the top: no more than there is
    node.events.wait(lambda: len(node.events.of("receipt")) == 4, "four receipts")
    alice.said("fifth", "@bob")
    assert kept(space, bob.inbox) == [5]
    assert [entry.text for entry in node.read_all(bob.inbox)] == ["fifth"]
    assert len(receipts(space, alice.inbox)) == 4


def test_only_the_holder_acknowledges(space: Space) -> None:
    one, two = space.serve("n1"), space.serve("n2")
    alice, bob = one.claim("Alice"), one.claim("Bob")
    alice.said("psst", "@bob")
    later = bob.resume_at(two)
    bob.acknowledge(1)
    one.claim("Marker")
    assert kept(space, bob.inbox) == [1]
    later.acknowledge(1)
    wait_until(lambda: kept(space, bob.inbox) == [], what="trimmed")


def test_a_cursor_of_an_unknown_epoch_acknowledges_nothing(space: Space) -> None:
    node = space.serve("n1")
    alice, bob = node.claim("Alice"), node.claim("Bob")
    alice.said("psst", "@bob")
    bob.acknowledge(1, epoch="deadbeef")
    node.claim("Marker")
    assert kept(space, bob.inbox) == [1]


def test_unread_messages_are_undelivered_when_the_session_ends(space: Space) -> None:
    node = space.serve("n1")
    alice, bob = node.claim("Alice"), node.claim("Bob")
    alice.said("read", "@bob")
    alice.said("unread", "@bob")
    bob.said("note to self", "@bob")
    bob.acknowledge(1)
    bob.end()
    node.events.wait(lambda: len(node.events.of("receipt")) == 2, "both receipts")
    assert receipts(space, alice.inbox) == [("1", "Bob", "received"), ("2", "Bob", "undelivered")]


def test_the_absent_get_their_messages_when_they_are_back(space: Space) -> None:
    one, two = space.serve("n1"), space.serve("n2")
    alice, bob = one.claim("Alice"), two.claim("Bob")
    cursor = bob.claimed.logs[bob.inbox]
    bob.away()
    wait_until(lambda: space.row(bob)["state"] == "away", what="away")
    alice.said("while you were away", "@bob")
    back = bob.resume_at(one)
    assert back.claimed.logs[bob.inbox].offset == 1
    assert [entry.text for entry in one.read_all(bob.inbox, cursor)] == ["while you were away"]
