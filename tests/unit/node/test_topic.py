"""The verb topic, and what a room's topic looks like in both dialects."""

from __future__ import annotations

import pytest

from tests.unit.node.fake_cluster import FakeCluster
from tests.unit.node.fake_store import Store
from tests.unit.node.support import Native, pair, plain, running
from wire import Code
from wire.frames import Error, Join, Joined, SetTopic, Topic


def test_a_topic_is_asked_for_set_and_told_to_who_comes_in() -> None:
    _, one, two = pair()
    with running(one) as n1, running(two) as n2, Native(n1) as alice, Native(n2) as bob:
        session = alice.enter("alice").session
        bob.enter("bob")
        alice.say(SetTopic(room="#LOBBY", id=1))
        assert alice.expect(Topic) == Topic(log="#lobby", epoch="", offset=0, nick="", time=0, id=1)
        alice.say(SetTopic(room="#lobby", text="  tea ", id=2))
        frames = [alice.expect(Topic), alice.expect(Topic)]
        answer, entry = sorted(frames, key=lambda frame: frame.id is None)
        assert (answer.id, entry.id) == (2, None)
        assert (answer.epoch, answer.offset, answer.text) == (entry.epoch, entry.offset, "tea")
        heard = bob.expect(Topic)
        assert heard == entry
        assert (heard.nick, heard.session, heard.log) == ("alice", session, "#lobby")
        bob.say(SetTopic(room="#lobby", text="tea", id=3))
        assert (unchanged := bob.expect(Topic)).offset == 0
        assert (unchanged.id, unchanged.nick, unchanged.text) == (3, "alice", "tea")
        with plain(n1, "carol") as carol:
            assert carol.line() == b"* the topic of #lobby: tea"


def test_a_person_reads_of_it_once() -> None:
    with running(FakeCluster(Store())) as node, plain(node, "alice") as alice:
        alice.put("/topic\n/topic #lobby green tea\n/topic\n/topic green tea\n/topic -\n/topic #lobby\n\\q\n")
        assert alice.rest() == [
            "* #lobby has no topic",
            "* alice changed the topic of #lobby: green tea",
            "* the topic of #lobby: green tea (by alice)",
            "* the topic of #lobby: green tea (by alice)",
            "* alice cleared the topic of #lobby",
            "* #lobby has no topic",
            "* bye",
        ]


@pytest.mark.parametrize(
    ("room", "text", "code"),
    [
        ("#ops", "not mine", Code.NOT_MEMBER),
        ("ops", "no room", Code.BAD_ROOM),
        ("ops", None, Code.BAD_ROOM),
        ("#lobby", "a\nb", Code.BAD_TEXT),
        ("#lobby", "a\x07b", Code.BAD_TEXT),
        ("#lobby", "é" * 513, Code.TEXT_TOO_LONG),
    ],
)
def test_what_can_t_be_is_refused_with_its_id(room: str, text: str | None, code: Code) -> None:
    with running(FakeCluster(Store())) as node, Native(node) as alice:
        alice.enter("alice")
        alice.say(SetTopic(room=room, text=text, id=7))
        error = alice.expect(Error)
        assert (error.code, error.id) == (code, 7)


def test_the_longest_topic_and_two_hundred_names_fit_into_an_answer() -> None:
    store = Store()
    with running(FakeCluster(store)) as node, Native(node) as alice:
        alice.enter("alice")
        alice.say(SetTopic(room="#lobby", text="\\" * 1024, id=1))
        alice.expect(Topic)
        row = store.rows[next(iter(store.rows))]
        for number in range(400):
            copy = f"{number:03}" + "💬" * 29
            store.rows[copy] = type(row)(copy, "c", type(row.name)(copy, copy), "", row.node, rooms=["#lobby"])
        alice.say(Join(room="#lobby", id=2))
        joined = alice.expect(Joined, lambda frame: frame.id == 2)
        assert (joined.count, len(joined.members), joined.topic) == (401, 200, "\\" * 1024)
