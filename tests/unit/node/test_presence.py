"""The verbs away, back and whois, and the hints to who is in the room."""

from __future__ import annotations

import pytest

from cluster.types import Presence
from tests.unit.node.fake_cluster import FakeCluster
from tests.unit.node.fake_store import Store
from tests.unit.node.support import Native, pair, plain, running
from wire import Code
from wire.frames import Away, Back, ComeBack, Error, GoAway, Hello, Members, Message, Welcome, Who, Whois, WhoisAnswer


def test_who_goes_and_comes_back_is_answered_and_hinted_at() -> None:
    store, one, two = pair()
    with running(one) as n1, running(two) as n2, Native(n1) as alice, Native(n2) as bob:
        session = alice.enter("alice").session
        bob.enter("bob")
        bob.barrier()
        alice.say(GoAway(text=" for tea ", id=1))
        answer = alice.expect(Away, lambda frame: frame.id == 1)
        assert answer == Away(log="", session=session, nick="alice", gone=True, text="for tea", id=1)
        assert bob.expect(Away) == Away(log="#lobby", session=session, nick="alice", gone=True, text="for tea")
        bob.say(Who(id=2))
        assert [(one.nick, one.state, one.gone) for one in bob.expect(Members).members] == [
            ("alice", "here", True),
            ("bob", "here", False),
        ]
        assert one.events is not None
        (record,) = one.events.local_sessions()
        assert record.gone == "for tea"
        alice.say(ComeBack(id=3))
        assert alice.expect(Back, lambda frame: frame.id == 3).log == ""
        assert bob.expect(Back) == Back(log="#lobby", session=session, nick="alice")
        assert store.rows[session].gone is None


def test_a_hint_of_a_connection_stands_behind_what_was_said_before() -> None:
    store, one, _ = pair()
    with running(one) as n1, Native(n1) as alice, plain(n1, "bob") as bob:
        alice.enter("alice")
        alice.barrier()
        bob.put("here I am\n")
        bob.lines_until("here I am")  # he is wholly in, too
        assert one.events is not None
        one.mute = True
        for text in ("one", "two"):
            one.events.on_entry(store.append("#lobby", "message", "s9", 1, "zoe", text))  # its burst is not over yet
            one.events.on_presence(Presence("#lobby", "s9", "zoe", "away"))
        one.events.on_presence(Presence("#unheard", "s9", "zoe", "here"))
        one.events.on_presence(Presence("#lobby", "s9", "zoe", "here"))
        one.events.on_burst()
        told: list[object] = []
        while not told or not isinstance(told[-1], Back):
            told.append(alice.frame())
        said = [frame for frame in told if isinstance(frame, Message | Away) and frame.nick == "zoe"]
        assert [type(frame) for frame in said] == [Message, Away, Message, Away]
        bob.put("\\q\n")
        assert [line for line in bob.rest() if "zoe" in line] == ["zoe: one", "zoe: two"]


def test_whois_tells_who_that_is() -> None:
    with running(FakeCluster(Store())) as node, Native(node) as alice, plain(node, "bob") as bob:
        alice.say(Hello(nick="Alice", client="bot/7"))
        session = alice.expect(Welcome).session
        alice.say(Whois(nick="ALICE", id=4))
        answer = alice.expect(WhoisAnswer)
        assert answer == WhoisAnswer("Alice", session, "n1", 1700000000000, rooms=["#lobby"], client="bot/7", id=4)
        bob.put("/whois alice\n/away lunch\n/whois bob\n/back\n/whois zoe\n/me waves\n\\q\n")
        assert [line for line in bob.rest() if "joined" not in line] == [
            "* Alice is here, at n1 since 2023-11-14 22:13 UTC, in #lobby, with bot/7",
            "* you are away: lunch",
            "* bob is away (lunch), at n1 since 2023-11-14 22:13 UTC, in #lobby, with plain",
            "* you are back",
            "! nobody of that name is here",
            "** bob waves",
            "* bye",
        ]
        assert alice.expect(Message).text == "/me waves"


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (GoAway(text="a\nb", id=7), Code.BAD_TEXT),
        (GoAway(text="x" * 257, id=7), Code.TEXT_TOO_LONG),
        (Whois(nick="a b", id=7), Code.BAD_NICK),
        (Whois(nick="nobody", id=7), Code.NO_SUCH_NICK),
    ],
)
def test_what_can_t_be_is_refused_with_its_id(frame: GoAway | Whois, code: Code) -> None:
    with running(FakeCluster(Store())) as node, Native(node) as alice:
        alice.enter("alice")
        alice.say(frame)
        error = alice.expect(Error)
        assert (error.code, error.id) == (code, 7)
