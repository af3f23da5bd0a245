"""What typed lines do."""

from __future__ import annotations

import pytest

from client import events as ev
from client.errors import Backlogged
from client.fullscreen.doing import Doing
from client.fullscreen.entry import Kind
from client.fullscreen.filling import FILLED
from client.fullscreen.model import Model
from tests.unit.client.fullscreen.fake_chat import FakeChat
from tests.unit.client.fullscreen.world import NOON, joined, message


class Hand:
    """alice in #lobby, typing."""

    def __init__(self) -> None:
        self.chat, self.did = FakeChat(), list[str]()
        self.model = Model("alice", "#lobby", now=lambda: NOON / 1000)
        self.doing = Doing(
            self.chat.client,
            self.model,
            show_help=lambda: self.did.append("help"),
            set_theme=lambda name: "" if name == "light" else "themes: dark, light",
            leave=lambda: self.did.append("leave"),
        )
        self.doing.hearing.hear([joined(own=True, count=1)], 0.0)
        self.chat.asked.clear()

    def type(self, *lines: str) -> list[tuple[object, ...]]:
        """What the chat was asked for them."""
        for line in lines:
            self.doing.typed(line)
        asked, self.chat.asked = self.chat.asked, []
        return asked

    @property
    def last(self) -> str:
        return self.model.current.entries[-1].text


@pytest.fixture
def hand() -> Hand:
    return Hand()


def test_text_goes_to_the_conversation_on_the_screen(hand: Hand) -> None:
    assert hand.type("hello", "/msg bob", "psst") == [("say", "#lobby", "hello"), ("say", "@bob", "psst")]
    assert hand.model.current.key == "@bob"


def test_a_word_aside_leaves_one_where_one_is(hand: Hand) -> None:
    assert hand.type("@bob psst", "/msg bob again") == [("say", "@bob", "psst"), ("say", "@bob", "again")]
    assert hand.model.current.key == "#lobby"
    assert hand.last == "to @bob: again"
    assert [one.text for one in hand.model.conversations["@bob"].pending] == ["psst", "again"]


def test_a_message_that_is_not_taken_is_told_and_worth_keeping(hand: Hand) -> None:
    hand.chat.refuse = Backlogged("1000 messages wait already")
    assert not hand.doing.typed("hello")
    assert hand.model.current.pending == []
    assert hand.model.current.entries[-1].kind is Kind.TROUBLE
    assert not hand.doing.typed("@bob psst")
    assert list(hand.model.conversations) == ["#lobby"]


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("/join #ops", ("join", "#ops")),
        ("/join Ops", ("join", "#ops")),
        ("/leave", ("leave", "#lobby")),
        ("/rooms", ("rooms",)),
        ("/who", ("who", None)),
        ("/who #ops", ("who", "#ops")),
        ("/whois bob", ("whois", "bob")),
        ("/whois @bob", ("whois", "bob")),
        ("/me waves", ("me", "#lobby", "waves")),
        ("/topic Deploys", ("topic", "#lobby", "Deploys")),
        ("/away lunch", ("away", "lunch")),
        ("/away", ("away", "")),
        ("/back", ("back",)),
        ("/nick ally", ("rename", "ally")),
        ("/history 20", ("history", "#lobby", 0, 20)),
    ],
)
def test_commands_ask_the_chat(hand: Hand, line: str, asked: tuple[object, ...]) -> None:
    assert hand.type(line) == [asked]


def test_every_command_does_something(hand: Hand) -> None:
    hand.doing.hearing.hear([message(1)], 0.0)
    assert hand.type("/help", "/quit", "\\q") == []
    assert hand.did == ["help", "leave", "leave"]
    hand.type("/help msg")
    assert hand.last.startswith("/msg nick [text]: say it")
    hand.type("/theme")
    assert hand.last == "themes: dark, light"
    hand.type("/clear")
    assert hand.model.current.entries == []


def test_a_password_goes_nowhere(hand: Hand) -> None:
    assert hand.type("/register open sesame") == [("register", "open sesame", None)]
    assert not any("sesame" in one.text for one in hand.model.current.entries)


def test_joining_where_one_is_goes_there(hand: Hand) -> None:
    hand.doing.hearing.hear([joined(room="#ops", own=True, count=1)], 0.0)
    hand.chat.asked.clear()
    assert hand.type("/join #OPS") == []
    assert hand.model.current.key == "#ops"
    hand.type("/go 1")
    assert hand.model.current.key == "#lobby"
    hand.type("/go op")
    assert hand.model.current.key == "#ops"


def test_the_whole_name_goes_before_a_longer_one(hand: Hand) -> None:
    rooms = ("#ops-night", "#ops")
    hand.doing.hearing.hear([joined(room=room, own=True, count=1) for room in rooms], 0.0)
    hand.type("/msg ops", "/go ops")
    assert hand.model.current.key == "#ops"
    hand.type("/go @ops")
    assert hand.model.current.key == "@ops"
    hand.type("/go ops-")
    assert hand.model.current.key == "#ops-night"


def test_a_bad_name_is_told_with_what_is_wrong(hand: Hand) -> None:
    assert hand.type("/join #a,b", "@ x", "/join") == [("say", "#lobby", "@ x")]
    assert any("no , in it" in one.text for one in hand.model.current.entries)


def test_to_a_room_that_one_is_not_in_nothing_is_said(hand: Hand) -> None:
    assert hand.type("#ops hello") == []
    assert "/join #ops" in hand.last
    assert hand.type("#42 is mended") == []
    assert "put a space before it" in hand.last
    assert hand.type(" #42 is mended") == [("say", "#lobby", " #42 is mended")]
    assert hand.type("/join #ops") == [("join", "#ops")]
    hand.doing.hearing.hear([joined(room="#ops", own=True, count=1)], 0.0)
    hand.chat.asked.clear()
    assert hand.type("#OPS hello") == [("say", "#ops", "hello")]


def test_a_topic_is_asked_for_changed_and_cleared(hand: Hand) -> None:
    assert hand.type("/topic", "/topic -", "/topic #ops all quiet") == [
        ("topic", "#lobby", None), ("topic", "#lobby", ""), ("topic", "#ops", "all quiet"),
    ]  # fmt: skip
    hand.type("/msg bob")
    assert hand.type("/topic x") == []


@pytest.mark.parametrize("line", ["/me", "/nick", "/join", "/go"])
def test_what_is_left_out_is_asked_for(hand: Hand, line: str) -> None:
    assert hand.type(line) == []
    assert hand.model.current.entries[-1].kind is Kind.TROUBLE


def test_older_messages_are_asked_for_once(hand: Hand) -> None:
    hand.doing.hearing.hear([message(50)], 0.0)
    hand.doing.load_older()
    hand.doing.load_older()
    assert hand.chat.asked == [("history", "#lobby", 50, 100)]


def _missed(hand: Hand, *pages: range) -> None:
    hand.doing.hearing.hear([message(10), ev.GapEvent("#lobby", 10, 11, 300, "e1")], 0.0)
    for page in pages:
        told = tuple(message(n) for n in page)
        hand.doing.hearing.hear([ev.HistoryEvent("#lobby", told, ticket=hand.chat.tickets)], 0.0)


def test_what_was_missed_is_read_from_the_log_into_its_place(hand: Hand) -> None:
    _missed(hand, range(101, 301), range(5, 101))
    assert hand.chat.asked == [("history", "#lobby", 301, 200), ("history", "#lobby", 101, 200)]
    here = hand.model.current
    assert [one.offset for one in here.entries if one.spoken] == list(range(10, 301))
    assert (hand.last, here.gap) == (FILLED, "")


def test_what_the_log_does_not_hold_stays_told(hand: Hand) -> None:
    _missed(hand, range(101, 301), range(0))
    assert len(hand.chat.asked) == 2
    assert hand.model.current.gap.endswith("11-300 may be missing")
    hand.chat.asked.clear()
    hand.doing.hearing.hear([ev.GapEvent("#lobby", 300, 301, 305, "e0")], 0.0)
    assert hand.chat.asked == [], "that life of the log is over"


def test_searching_goes_up_from_match_to_match(hand: Hand) -> None:
    hand.model.current.view.height = 4
    hand.doing.hearing.hear([message(n, "a Fox" if n in (5, 20) else "") for n in range(1, 40)], 0.0)
    hand.type("/search fox")
    assert hand.doing.search.state.startswith("match 1 of 2 for “fox”")
    hand.doing.search.further()
    assert hand.doing.search.state.startswith("match 2 of 2")
    assert not hand.model.current.view.following
    hand.doing.search.further()
    assert "further up" in hand.doing.search.state
    hand.type("/search")
    assert (hand.doing.search.state, hand.model.current.view.following) == ("", True)


def test_a_search_goes_on_in_another_conversation_from_its_newest(hand: Hand) -> None:
    hand.doing.hearing.hear([joined(room="#ops", own=True), *(message(n, "fox") for n in range(1, 4))], 0.0)
    hand.doing.hearing.hear([message(n, "fox", room="#ops") for n in range(10, 30)], 0.0)
    hand.type("/search fox", "/go ops")
    hand.doing.search.further()
    assert hand.doing.search.state.startswith("match 1 of 20")


def test_muting_is_taken_back_by_the_same(hand: Hand) -> None:
    hand.type("/mute")
    assert hand.model.muted == {"#lobby"}
    hand.type("/mute #lobby")
    assert hand.model.muted == set()


def test_a_room_that_one_joins_is_told_in_it(hand: Hand) -> None:
    hand.type("/join #ops")
    hand.doing.hearing.hear([joined(room="#ops", own=True, count=1, ticket=hand.chat.tickets)], 0.0)
    assert hand.model.current.key == "#ops"
    assert hand.last.startswith("you are in #ops")


def test_what_is_typed_behind_join_is_never_said_in_the_room_before(hand: Hand) -> None:
    assert hand.type("/join #ops", "for ops") == [("join", "#ops"), ("say", "#ops", "for ops")]
    hand.type("/go lobby")
    hand.doing.hearing.hear([joined(room="#ops", own=True, count=1)], 0.0)
    assert hand.model.current.key == "#lobby"


def test_a_refused_join_is_told_where_one_is_then(hand: Hand) -> None:
    hand.type("/join #ops")
    hand.doing.hearing.hear([ev.RequestRefused("join", "#ops", 1013, "full", ticket=hand.chat.tickets)], 0.0)
    assert (hand.model.current.key, hand.last) == ("#ops", "join #ops: full")
    assert hand.type("/leave") == []
    assert list(hand.model.conversations) == ["#lobby"]


def test_leaving_goes_to_the_next_one_at_once(hand: Hand) -> None:
    hand.doing.hearing.hear([joined(room="#ops", own=True, count=1)], 0.0)
    hand.type("/go ops")
    hand.chat.asked.clear()
    assert hand.type("/leave", "hello") == [("leave", "#ops"), ("say", "#lobby", "hello")]


@pytest.mark.parametrize("name", ["#opps", "opps", "@nobody"])
def test_a_misspelt_room_is_not_taken_for_the_one_on_the_screen(hand: Hand, name: str) -> None:
    assert hand.type(f"/leave {name}") == []
    assert list(hand.model.conversations) == ["#lobby"]
    assert "nothing was left" in hand.last


def test_pasted_lines_are_said_where_one_was_asked_however_they_begin(hand: Hand) -> None:
    lines = ["@property", "", "#include <x>", "@bob hi", "/quit", "\\q"]
    where = hand.model.current
    hand.type("/msg eve")
    assert hand.doing.pasted(lines, where) == ""
    assert hand.type() == [("say", "#lobby", line) for line in lines if line]
    assert not hand.did


def test_pasted_lines_that_are_not_taken_come_back(hand: Hand) -> None:
    hand.chat.refuse = Backlogged("1000 messages wait already")
    assert hand.doing.pasted(["one", "two"], hand.model.current) == "one\ntwo"
    assert hand.last == "1000 messages wait already"


def test_an_answer_is_told_where_it_was_asked_for(hand: Hand) -> None:
    hand.type("/who #lobby", "/msg bob")
    hand.doing.hearing.hear([ev.MembersEvent("#lobby", (), ticket=hand.chat.tickets)], 0.0)
    assert hand.model.current.key == "@bob"
    assert "in #lobby: nobody" in hand.model.conversations["#lobby"].entries[-1].text


def test_history_of_a_conversation_of_two_says_that_there_is_none(hand: Hand) -> None:
    hand.type("/msg bob")
    hand.type("/history")
    assert hand.model.current.entries[-1].text.startswith("direct messages have no history")
    assert hand.chat.asked == []
