"""An announcement is in each inbox once, whoever tells it and whatever dies meanwhile."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

import pytest

from cluster.calls import Argument
from cluster.errors import NotDone
from cluster.operator import acts
from cluster.operator.acting import Desk
from cluster.operator.errors import RedisUnreachable
from cluster.types import Kind, Position
from tests.contract.desk import desk_at
from tests.contract.lives import wait_healed, wait_recovered
from tests.contract.rewinder import Rewinder
from tests.contract.space import LOBBY, Space, User
from tests.support.waiting import wait_until


def told(space: Space, user: User) -> list[str]:
    """What operators said to the user, as his inbox has it."""
    found = space.stream(user.inbox)
    return [fields["text"] for _, fields in found if fields["session"].startswith("*")]


def begun(at: Desk, text: str, count: int, ident: str = "a1") -> tuple[int, int]:
    """As a command does that is cut off after its first script."""
    reply = at.do("announce", [ident, "", text, count])
    return int(reply[1]), int(reply[2])


def test_everybody_is_told_once_also_who_is_away_or_at_a_dead_node(space: Space) -> None:
    one, two, three = space.serve("n1"), space.serve("n2"), space.serve("n3")
    alice, bob, carol, dan = one.claim("Alice"), two.claim("Bob"), two.claim("Carol"), three.claim("Dan")
    bob.join("#ops")
    carol.away()
    two.events.wait(lambda: space.row(carol)["state"] == "away", "away")
    three.stop()
    with desk_at(space) as at:
        assert acts.announce(at, "maintenance\nat noon") == 4
    late = one.claim("Late")
    for user in (alice, bob, carol, dan):
        assert told(space, user) == ["maintenance\nat noon"]
    assert told(space, late) == []
    (entry,) = one.read_all(alice.inbox)
    assert (entry.kind, entry.nick, entry.n, entry.text) == (Kind.MESSAGE, "*operator*", 1, "maintenance\nat noon")
    one.events.wait(lambda: any(e.log == alice.inbox for e in one.events.entries), "it is told live")
    # It asks no receipt of anybody, and is trimmed like all else.
    alice.acknowledge(1)
    wait_until(lambda: space.stream(alice.inbox) == [], what="acknowledged")
    assert space.admin.keys(space.key("announcement:*:to")) == []
    assert not space.admin.exists(space.key("announcements"))
    back = carol.resume_at(two)
    assert two.read_all(back.inbox)[0].text == "maintenance\nat noon"


def test_what_a_command_left_half_done_the_nodes_do(space: Space) -> None:
    node = space.serve("n1", lease=60.0)  # beats when it is told to
    people = [node.claim(f"u{number}") for number in range(7)]
    with desk_at(space) as at:
        assert begun(at, "half", 2) == (5, 7)
        assert begun(at, "half", 2) == (3, 7), "asked again it goes on"
        assert sorted(told(space, user) for user in people) == [[]] * 3 + [["half"]] * 4
        gone = next(user for user in people if not told(space, user))
        gone.end()
        node.cluster.beat_soon()
        rest = [user for user in people if user is not gone]
        wait_until(lambda: all(told(space, user) for user in rest), what="the heartbeat tells the others")
        assert begun(at, "half", 2) == (0, 7)
    assert [told(space, user) for user in rest] == [["half"]] * 6
    assert told(space, gone) == []


def test_one_that_is_cut_off_says_how_far_it_came(space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    node = space.serve("n1", lease=60.0)  # beats when it is told to
    people = [node.claim(f"u{number}") for number in range(5)]
    monkeypatch.setattr(acts, "TOLD_AT_ONCE", 2)
    with desk_at(space) as at:
        again, replies = at.do_again, list[object]()

        def once(script: str, arguments: Sequence[Argument] = ()) -> list[object]:
            if replies:
                raise NotDone("Redis refused (it is full)")
            replies.append(again(script, arguments))
            return replies[0]  # type: ignore[return-value]

        monkeypatch.setattr(at, "do_again", once)
        with pytest.raises(RedisUnreachable) as cut:
            acts.announce(at, "half")
    assert cut.value.message.startswith("Redis refused (it is full); 2 of 5 sessions have been told, and the nodes")
    node.cluster.beat_soon()
    wait_until(lambda: all(told(space, user) == ["half"] for user in people), what="the heartbeat tells the others")


def test_an_inbox_that_is_spoilt_keeps_nobody_from_it(space: Space) -> None:
    node = space.serve("n1")
    people = [node.claim(f"u{number}") for number in range(4)]
    space.admin.set(space.key(f"inbox:{people[1].session}:log"), "not ours")
    space.admin.set(space.key(f"inbox:{people[2].session}:meta"), "not ours")
    with desk_at(space) as at:
        assert acts.announce(at, "hear") == 4
    assert told(space, people[0]) == told(space, people[3]) == ["hear"]


def test_one_to_a_room_is_in_its_log(space: Space) -> None:
    node = space.serve("n1")
    alice, bob = node.claim("Alice"), node.claim("Bob")
    alice.join("#ops")
    with desk_at(space) as at:
        assert acts.announce(at, "to ops", "#ops") == 1
        assert acts.announce(at, "to nobody", "#opps") is None
        assert acts.rooms_near(at, "#opps") == "; near it: #ops"
        for _ in range(2):
            at.do("announce", ["a2", LOBBY, "once", 10])
    assert [fields["text"] for fields in space.kinds("#ops", "message")] == ["to ops"]
    assert [fields["text"] for fields in space.kinds(LOBBY, "message")] == ["once"]
    assert told(space, alice) == told(space, bob) == []
    assert [entry.nick for entry in node.cluster.history(LOBBY, 0, 10)] == ["*operator*"]


def test_a_topic_is_set_with_its_entry_once(space: Space) -> None:
    node = space.serve("n1")
    node.claim("Alice")
    with desk_at(space) as at:
        assert acts.topic_of(at, LOBBY) == acts.TopicRow("", "", 0)
        assert acts.set_topic(at, LOBBY, "be kind") is True
        assert acts.set_topic(at, LOBBY, "be kind") is False
        found = acts.topic_of(at, LOBBY)
        assert found is not None
        assert (found.text, found.nick) == ("be kind", "*operator*")
        assert found.time > 0
        assert acts.set_topic(at, LOBBY, "") is True
        assert acts.topic_of(at, "#nowhere") is None
        assert acts.set_topic(at, "#nowhere", "x") is None
    entries = space.kinds(LOBBY, "topic")
    assert [(fields["text"], fields["nick"]) for fields in entries] == [("be kind", "*operator*"), ("", "*operator*")]
    assert entries[0]["session"].startswith("*")
    assert entries[0]["session"] != entries[1]["session"]
    assert node.cluster.topic(LOBBY).text == ""


def test_redis_may_go_away_in_the_middle(space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer to a script that was carried out is lost: asked again, it tells nobody twice."""
    node = space.serve("n1")
    people = [node.claim(f"u{number}") for number in range(5)]
    with desk_at(space) as at:
        do, cuts = at.do, iter([True, False, True, False, False, False])

        def cut(script: str, arguments: object) -> object:
            reply = do(script, arguments)  # type: ignore[arg-type]
            if next(cuts):
                at._link.close()
                at.ask(["PING"])
            return reply

        monkeypatch.setattr(at, "do", cut)
        monkeypatch.setattr(acts, "TOLD_AT_ONCE", 2)
        assert acts.announce(at, "steady") == 5
    assert [told(space, user) for user in people] == [["steady"]] * 5


def test_a_rewind_in_the_middle_tells_nobody_twice(own_space: Space, rewinder: Rewinder) -> None:
    one, two = own_space.serve("n1"), own_space.serve("n2")
    people = [one.claim("Alice"), one.claim("Bob"), two.claim("Carol"), two.claim("Dan")]
    with desk_at(own_space) as at:
        begun(at, "through it all", 1)

    def more() -> None:
        with desk_at(own_space) as at:
            assert begun(at, "through it all", 2)[0] == 1
        for user in people:
            if told(own_space, user):
                wait_until(
                    lambda: len({e.log for n in (one, two) for e in n.events.entries if e.log[0] == "@"}) == 3,
                    what="heard",
                )

    rewinder(more)
    wait_recovered(one, two)
    wait_healed(own_space)
    for user in people:
        _wait_told(own_space, user)
        assert told(own_space, user) == ["through it all"]
        page = user.node.cluster.read(user.inbox, Position("", 0), 10)
        assert sum(entry.text == "through it all" for entry in page.entries) == 1


def test_one_to_a_room_that_is_asked_again_after_a_rewind_is_there_once(own_space: Space, rewinder: Rewinder) -> None:
    node = own_space.serve("n1")
    node.claim("Alice")
    asked: list[Argument] = [secrets.token_hex(8), LOBBY, "look here", 1]

    def say() -> None:
        with desk_at(own_space) as at:
            assert at.do("announce", asked)[0] == b"ok"
        node.wait_texts(["look here"])

    rewinder(say)
    wait_recovered(node)
    with desk_at(own_space) as at:
        assert at.do("announce", asked) == [b"ok", 0, 1]
    assert [entry["text"] for entry in own_space.kinds(LOBBY, "message")] == ["look here"]


def _wait_told(space: Space, user: User) -> None:
    wait_until(lambda: told(space, user), what="told")
