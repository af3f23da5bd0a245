"""R1: publishing is one script; each n is consumed exactly once, whatever becomes of it."""

from __future__ import annotations

import threading
from concurrent.futures import Future

import pytest

from cluster import settings
from cluster.errors import ClusterError, Fenced, Refused
from cluster.types import Publication, Published, Reason
from tests.contract.recorder import DEADLINE
from tests.contract.space import LOBBY, Outcome, Space
from tests.support.waiting import wait_until


def refused(outcome: Outcome) -> tuple[str, str]:
    assert isinstance(outcome, Refused), outcome
    return outcome.reason, outcome.detail


def test_offsets_count_without_holes_and_arrive_everywhere_in_one_order(space: Space) -> None:
    one, two = space.serve("n1"), space.serve("n2")
    alice, bob = one.claim("Alice"), two.claim("Bob")
    assert alice.claimed.logs[LOBBY].offset == 1
    outcomes = [user.said(f"Grüße {i} 👩‍👩‍👧\n{user.name.shown}") for i in range(5) for user in (alice, bob)]
    assert [outcome.position.offset for outcome in outcomes] == list(range(3, 13))
    for node in (one, two):
        node.wait_texts(["Grüße 4 👩‍👩‍👧\nBob"])
        heard = [entry.offset for entry in node.events.entries if entry.log == LOBBY]
        assert heard == list(range(13 - len(heard), 13))
    assert [offset for offset, _ in space.stream(LOBBY)] == list(range(1, 13))
    entry = two.events.entries[-1]
    assert (entry.epoch, entry.session, entry.n, entry.nick) == (outcomes[0].position.epoch, bob.session, 5, "Bob")


def test_live_entry_and_stream_entry_are_the_same(space: Space) -> None:
    node = space.serve("n1")
    alice = node.claim("Alice")
    outcome = alice.said("a line\nand another")
    node.wait_texts(["a line\nand another"])
    read = node.read_all(LOBBY)
    assert read[-1] == node.events.entries[-1]
    assert read[-1].time == outcome.time


def test_same_n_again_gives_the_stored_outcome_and_writes_nothing(space: Space) -> None:
    alice = space.serve("n1").claim("Alice")
    first = alice.said("once")
    assert alice.say("twice", n=1) == first
    assert alice.say("no such room", to="#nowhere").__class__ is Refused
    assert refused(alice.say("again", n=2)) == (Reason.NOT_MEMBER, "")
    assert [fields["text"] for fields in space.kinds(LOBBY, "message")] == ["once"]


def test_beyond_the_next_n_nothing_is_written_and_the_last_is_told(space: Space) -> None:
    alice = space.serve("n1").claim("Alice")
    alice.said("one")
    assert refused(alice.say("three", n=3)) == (Reason.OUT_OF_ORDER, "1")
    assert [fields["text"] for fields in space.kinds(LOBBY, "message")] == ["one"]
    assert space.row(alice)["n"] == "1"
    alice.n = 1
    assert alice.said("two").position.offset == 3


def test_outcomes_older_than_128_are_forgotten_not_repeated(space: Space) -> None:
    alice = space.serve("n1").claim("Alice")
    futures = [alice.submit(f"m{i}") for i in range(1, 131)]
    outcomes = [future.result(DEADLINE) for future in futures]
    assert refused(alice.say("m2", n=2)) == (Reason.FORGOTTEN, "")
    assert alice.say("m3", n=3) == outcomes[2]
    assert space.admin.hlen(space.key(f"session:{alice.session}:said")) == 128
    assert len(space.kinds(LOBBY, "message")) == 130


def test_a_refusal_by_the_node_uses_up_its_n(space: Space) -> None:
    alice = space.serve("n1").claim("Alice")
    assert refused(alice.say("", refusal=Reason.TEXT_TOO_LONG)) == (Reason.TEXT_TOO_LONG, "")
    assert space.row(alice)["n"] == "1"
    assert refused(alice.say("short now", n=1)) == (Reason.TEXT_TOO_LONG, "")
    assert alice.said("next").n == 2
    assert [fields["text"] for fields in space.kinds(LOBBY, "message")] == ["next"]


def test_only_members_speak_in_a_room(space: Space) -> None:
    node = space.serve("n1")
    alice, bob = node.claim("Alice"), node.claim("Bob")
    bob.join("#ops")
    assert refused(alice.say("hello?", to="#ops")) == (Reason.NOT_MEMBER, "")
    assert space.row(alice)["n"] == "1"
    alice.join("#ops")
    alice.said("hello", to="#ops")
    alice.leave("#ops")
    assert refused(alice.say("still there?", to="#ops")) == (Reason.NOT_MEMBER, "")
    assert len(space.kinds("#ops", "message")) == 1


def test_direct_messages_go_to_the_holder_of_the_name_or_are_refused(space: Space) -> None:
    one, two = space.serve("n1"), space.serve("n2")
    alice, bob = one.claim("Alice"), two.claim("Bob")
    outcome = alice.said("psst", to="@bob")
    assert (outcome.log, outcome.position.offset) == (bob.inbox, 1)
    two.wait_texts(["psst"], bob.inbox)
    assert not one.texts(bob.inbox)
    assert refused(alice.say("psst", to="@nobody")) == (Reason.NO_SUCH_NICK, "")
    assert refused(alice.say("psst", to="@bob", holder="somebody-else")) == (Reason.ADDRESSEE_CHANGED, "")
    assert isinstance(alice.say("psst again", to="@bob", holder=bob.session), Published)
    assert [fields["text"] for fields in space.kinds(bob.inbox, "message")] == ["psst", "psst again"]
    assert space.row(alice)["n"] == "4"


def test_a_full_inbox_may_be_tried_again_under_the_same_n(space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cluster.merging.INBOX_LIMIT", 2)
    node = space.serve("n1")
    alice, bob = node.claim("Alice"), node.claim("Bob")
    alice.said("1", to="@bob")
    alice.said("2", to="@bob")
    assert refused(alice.say("3", to="@bob")) == (Reason.INBOX_FULL, "")
    assert space.row(alice)["n"] == "2"
    bob.acknowledge(1)
    wait_until(lambda: space.admin.hget(space.key(f"inbox:{bob.session}:meta"), "acknowledged") == "1")
    assert alice.said("3", to="@bob", n=3).position.offset == 3
    assert settings.INBOX_LIMIT == 1000


def test_receipts_cannot_pile_up_without_end(space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who never acknowledges his own inbox gets a receipt for each direct message: that is bounded too."""
    monkeypatch.setattr("cluster.merging.INBOX_LIMIT", 2)
    node = space.serve("n1")
    alice, bob = node.claim("Alice"), node.claim("Bob")
    for i in range(1, 5):
        alice.said(str(i), to="@bob")
        bob.acknowledge(i)
        node.events.wait(lambda i=i: len(node.events.of("receipt")) == i, "the receipt")  # type: ignore[misc]
    assert refused(alice.say("5", to="@bob")) == (Reason.INBOX_FULL, "")
    alice.acknowledge(4)
    wait_until(lambda: space.admin.xlen(space.key(f"inbox:{alice.session}:log")) == 0)
    alice.said("5", to="@bob", n=5)


def test_another_claim_is_fenced(space: Space) -> None:
    one, two = space.serve("n1"), space.serve("n2")
    alice = one.claim("Alice")
    alice.said("here")
    later = alice.resume_at(two)
    assert isinstance(alice.say("ghost", n=2), Fenced)
    with pytest.raises(Fenced):
        one.cluster.join(alice.session, alice.claim, "#ops")
    assert later.said("there").n == 2
    assert [fields["text"] for fields in space.kinds(LOBBY, "message")] == ["here", "there"]


def test_an_older_claim_at_the_same_node_is_fenced(space: Space) -> None:
    """The client came back to the node that has not noticed yet that its connection broke."""
    node = space.serve("n1")
    alice, bob = node.claim("Alice"), node.claim("Bob")
    later = alice.resume_at(node)
    bob.said("psst", "@alice")
    assert isinstance(alice.say("ghost"), Fenced)
    with pytest.raises(Fenced):
        alice.node.cluster.leave(alice.session, alice.claim, LOBBY)
    alice.acknowledge(1)
    node.cluster.away(alice.session, alice.claim)
    node.cluster.end(alice.session, alice.claim, "quit")
    assert later.said("alive").n == 1
    assert space.row(later)["state"] == "here"
    assert len(space.stream(later.inbox)) == 1


def test_a_claim_at_another_node_is_fenced(space: Space) -> None:
    """The claim alone is not enough: the row names the node that may use it."""
    one, two = space.serve("n1"), space.serve("n2")
    alice = one.claim("Alice")
    done: Future[Outcome] = Future()
    two.cluster.publish(alice.session, alice.claim, Publication(1, LOBBY, "stolen"), done.set_result)
    assert isinstance(done.result(DEADLINE), Fenced)


def test_the_log_is_written_before_anything_else(space: Space) -> None:
    """A failing script is not rolled back: where XADD fails nothing may have happened."""
    node = space.serve("n1")
    alice = node.claim("Alice")
    alice.join("#ops")
    space.admin.xadd(space.key("room:#ops:log"), {"planted": "beyond the top"}, id="99-0")
    before = space.row(alice), space.admin.hgetall(space.key("room:#ops:meta"))
    outcome = alice.say("hello", to="#ops")
    assert isinstance(outcome, ClusterError)
    assert not isinstance(outcome, Refused)
    assert (space.row(alice), space.admin.hgetall(space.key("room:#ops:meta"))) == before
    assert not space.admin.exists(space.key(f"session:{alice.session}:said"))
    alice.n = 0
    assert alice.said("elsewhere").n == 1


def test_the_published_line_is_the_documented_format(space: Space) -> None:
    alice = space.serve("n1").claim("Alice")
    pubsub = space.admin.pubsub()
    pubsub.subscribe(space.key(f"room:{LOBBY}:log"))
    assert wait_until(lambda: pubsub.get_message(timeout=0.1))["type"] == "subscribe"
    outcome = alice.said("hi\nthere")
    line = wait_until(lambda: pubsub.get_message(timeout=0.1))["data"]
    pubsub.close()
    epoch = outcome.position.epoch
    assert line == f"{LOBBY} {epoch} 2 {outcome.time} message {alice.session} 1 Alice\nhi\nthere"


def test_room_logs_are_trimmed_to_what_is_retained(space: Space) -> None:
    node = space.serve("n1", retain=100)
    alice = node.claim("Alice")
    futures = [alice.submit(f"m{i}") for i in range(600)]
    assert all(isinstance(future.result(DEADLINE), Published) for future in futures)
    assert 100 <= space.admin.xlen(space.key(f"room:{LOBBY}:log")) <= 300
    page = node.cluster.read(LOBBY, alice.claimed.logs[LOBBY], 10)
    assert (page.lost_first, page.lost_last) == (2, page.start - 1)
    assert page.entries[0].offset == page.start


def test_fifty_threads_publish_at_once(space: Space) -> None:
    node = space.serve("n1")
    users = [node.claim(f"u{i}") for i in range(50)]
    barrier = threading.Barrier(50)
    outcomes: dict[str, list[Outcome]] = {}

    def talk(index: int) -> None:
        barrier.wait(DEADLINE)
        futures = [users[index].submit(f"{index}.{i}") for i in range(20)]
        outcomes[users[index].session] = [future.result(DEADLINE) for future in futures]

    threads = [threading.Thread(target=talk, args=(i,)) for i in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE)
    for answers in outcomes.values():
        assert [answer.n for answer in answers if isinstance(answer, Published)] == list(range(1, 21))
    said = [(entry["session"], int(entry["n"])) for entry in space.kinds(LOBBY, "message")]
    assert len(said) == len(set(said)) == 1000
    for user in users:
        assert [n for session, n in said if session == user.session] == list(range(1, 21))
