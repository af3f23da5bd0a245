"""What events do to the model."""

from __future__ import annotations

from typing import Any

import pytest

from client import events as ev
from client.fullscreen.entry import Kind, Mark
from client.fullscreen.rows import day
from client.terminal.wording import Kind as LineKind, Line
from tests.unit.client.fullscreen.world import DAY, NOON, World, joined, message, screen
from wire.frames import Member


@pytest.fixture
def world() -> World:
    return World()


def test_a_clock_that_is_wrong_puts_nothing_on_another_day() -> None:
    ahead = World(clock=NOON + DAY)
    ahead.hear(message(2))
    ahead.model.note("beside it")
    ahead.delivery.said(1, ahead.lobby, "soon")
    assert len(ahead.lobby.entries) == 4
    assert {day(one.time) for one in (*ahead.lobby.entries, *ahead.lobby.pending)} == {day(NOON)}


def test_a_clock_that_is_slightly_wrong_is_left_alone() -> None:
    world = World(clock=NOON + 3000)
    world.model.note("now")
    assert world.lobby.entries[-1].time == NOON + 3000


def test_each_message_once_and_in_the_order_of_the_log(world: World) -> None:
    world.hear(message(1), message(2), message(2), message(3), message(1))
    assert world.texts() == ["text 1", "text 2", "text 3"]


def test_history_told_on_joining_stands_above_it_and_rings_nobody(world: World) -> None:
    rings = world.hear(*(message(n, "alice?", history=True, time=NOON - 100 + n) for n in (1, 2)))
    assert rings == []
    assert [one.spoken for one in world.lobby.entries][:2] == [True, True]
    assert world.lobby.unread == 0
    assert world.lobby.top == 2


def test_a_mention_is_a_whole_word_in_any_case(world: World) -> None:
    rings = world.hear(message(1, "hey ALICE!"), message(2, "malice"), message(3, "x", nick="eve"))
    assert [(ring.key, ring.title) for ring in rings] == [("#lobby", "bob in #lobby")]
    assert [one.mention for one in world.lobby.entries if one.spoken] == [True, False, False]


def test_one_does_not_ring_for_oneself_nor_for_what_is_muted(world: World) -> None:
    assert world.hear(message(1, "I am alice", nick="alice", own=True)) == []
    world.model.muted.add("#lobby")
    assert world.hear(message(2, "alice!")) == []
    assert world.lobby.entries[-1].mention


def test_what_an_operator_says_to_all_is_shown_where_one_looks_once_and_rings(world: World) -> None:
    def said(id_: str, room: str | None = None, **more: Any) -> ev.AnnounceEvent:
        return ev.AnnounceEvent("maintenance", NOON, room, id_, "e", 7, **more)

    world.hear(message(1, "psst", room=None))
    (ring,) = world.hear(said("*1"), said("*1"))
    assert (ring.key, ring.title, ring.text) == ("#lobby", "operator", "maintenance")
    assert [one.text for one in world.lobby.entries if one.kind is Kind.ANNOUNCEMENT] == ["operator: maintenance"]
    assert world.lobby.unread == 0
    assert world.hear(said("*2", "#ops", history=True)) == []
    world.hear(said("*3", "#ops"))
    assert world.model.room("#ops").unread == 1


def test_every_kind_of_line_of_the_line_client_has_one_here(world: World) -> None:
    for kind in LineKind:
        world.model.tell(Line(kind, "text"))


def test_a_direct_message_opens_a_conversation_and_rings(world: World) -> None:
    rings = world.hear(message(1, "psst", nick="Bob", room=None))
    assert [ring.key for ring in rings] == ["@bob"]
    private = world.model.conversations["@bob"]
    assert (private.title, private.unread, private.mentions) == ("@Bob", 1, 1)
    assert world.model.current is world.lobby


def test_another_one_of_the_same_name_is_told_where_one_talks_to_him(world: World) -> None:
    world.hear(joined("bob"), message(1, "psst", room=None))
    world.hear(*(ev.LeftEvent(room, "bob", "s-bob", NOON, "quit") for room in ("#lobby", "#ops")))
    world.hear(message(2, "psst", room=None, session="s-other", n=1))
    assert [one.text for one in world.model.conversations["@bob"].entries] == [
        "psst", "bob left", "bob has come anew: it may be somebody else than before", "psst",
    ]  # fmt: skip


def test_unread_is_counted_where_one_does_not_look(world: World) -> None:
    world.hear(joined(room="#ops", own=True, count=1), message(1, room="#ops"), message(2, "alice", room="#ops"))
    ops = world.model.conversations["#ops"]
    assert (ops.unread, ops.mentions, world.lobby.unread) == (2, 1, 0)
    world.model.switch(ops)
    assert (ops.unread, ops.mentions) == (0, 0)


def test_nothing_that_is_told_takes_one_to_another_conversation(world: World) -> None:
    world.model.wanted.add("#ops")
    world.hear(joined(room="#ops", own=True, count=1), message(1, room="#ops"), message(2, room=None))
    assert world.model.current is world.lobby
    assert not world.model.wanted


def test_a_rename_told_again_does_not_give_the_talk_to_somebody_else(world: World) -> None:
    def renamed(room: str, former: str, nick: str, session: str, at: int) -> ev.RenamedEvent:
        return ev.RenamedEvent(room, former, nick, session, NOON + at)

    world.hear(message(1, "psst", nick="eve", room=None))
    talk = world.model.conversations["@eve"]
    for room in ("#lobby", "#ops"):
        world.hear(renamed(room, "bob", "rob", "s-bob", 1), renamed(room, "eve", "bob", "s-eve", 2))
    assert world.model.conversations["@bob"] is talk
    assert "@rob" not in world.model.conversations


def test_a_message_of_ours_is_pending_then_takes_its_place(world: World) -> None:
    entry = world.delivery.said(1, world.lobby, "hello")
    assert (entry.mark, screen(world.lobby)[-1].endswith("… hello")) == (Mark.PENDING, False)
    assert "…" in screen(world.lobby)[-1]
    world.hear(message(5, "before it"))
    assert screen(world.lobby)[-1].endswith("hello")
    world.hear(
        ev.AcceptedEvent(1, 7, "#lobby", "hello", "#lobby", "e1", 6, NOON),
        message(6, "hello", nick="alice", own=True, session="s-alice", n=7),
        message(7, "after it"),
    )
    assert world.texts() == ["before it", "hello", "after it"]
    assert entry.mark is Mark.ACCEPTED
    assert world.lobby.pending == []


def test_one_of_ours_that_only_the_history_tells_is_shown_once(world: World) -> None:
    world.delivery.said(7, world.lobby, "hi")
    world.hear(ev.AcceptedEvent(7, 3, "#lobby", "hi", "room:#lobby:log", "e1", 4, NOON))
    world.hear(message(4, "hi", nick="alice", own=True, history=True, n=3))
    assert (world.texts(), world.lobby.pending) == (["hi"], [])
    assert world.lobby.entries[-1].mark is Mark.ACCEPTED


def test_the_copy_may_come_before_the_acceptance(world: World) -> None:
    first, second = (world.delivery.said(ticket, world.lobby, "same") for ticket in (1, 2))
    world.hear(message(6, "same", nick="alice", own=True, session="s-alice", n=1))
    assert (first.mark, second.mark) == (Mark.ACCEPTED, Mark.PENDING)
    world.hear(ev.AcceptedEvent(1, 1, "#lobby", "same", "#lobby", "e1", 6, NOON))
    assert second.mark is Mark.PENDING
    world.hear(message(7, "same", nick="alice", own=True, session="s-alice", n=2))
    assert world.texts() == ["same", "same"]


def test_a_direct_message_is_accepted_then_received(world: World) -> None:
    where = world.model.person("bob")
    entry = world.delivery.said(1, where, "psst")
    world.hear(ev.AcceptedEvent(1, 1, "@bob", "psst", "@bob", "e2", 1, NOON))
    assert (entry.mark, where.entries) == (Mark.ACCEPTED, [entry])
    world.hear(ev.ReceiptEvent(1, "bob", "received", NOON, ticket=1))
    assert entry.mark is Mark.RECEIVED
    assert "✓✓" in screen(where)[-1]


def test_a_direct_message_to_one_who_left_says_so(world: World) -> None:
    where = world.model.person("bob")
    entry = world.delivery.said(1, where, "psst")
    world.hear(
        ev.AcceptedEvent(1, 1, "@bob", "psst", "@bob", "e2", 1, NOON),
        ev.ReceiptEvent(1, "bob", "undelivered", NOON, ticket=1),
    )
    assert entry.mark is Mark.UNDELIVERED
    assert where.entries[-1].kind is Kind.TROUBLE


def test_what_is_refused_or_doubtful_is_marked_and_told(world: World) -> None:
    first, second = (world.delivery.said(ticket, world.lobby, f"t{ticket}") for ticket in (1, 2))
    world.hear(ev.RefusedEvent(1, "#lobby", "t1", 1015, "not a member"))
    assert first.mark is Mark.FAILED
    assert "not a member" in world.lobby.entries[-1].text
    world.hear(ev.MaybeLost((ev.Doubtful(2, "#lobby", "t2"),)))
    assert second.mark is Mark.DOUBTFUL
    assert world.lobby.pending == []


def test_what_was_accepted_and_is_lost_is_marked_where_it_stands(world: World) -> None:
    entry = world.delivery.said(1, world.lobby, "t1")
    world.hear(message(5, "t1", nick="alice", session="s-alice", own=True))
    marks = [entry.mark]
    world.hear(ev.Lost((ev.Doubtful(1, "#lobby", "t1"),), 1015, "not a member any more"))
    assert [*marks, entry.mark] == [Mark.ACCEPTED, Mark.DOUBTFUL]
    assert world.texts() == ["t1"]


def test_who_is_here_and_how(world: World) -> None:
    assert world.asked == ["#lobby"]
    world.hearing.expect_quietly(5)
    before = len(world.lobby.entries)
    members = (Member("alice", "s-alice", "n1"), Member("bob", "s-bob", "n2", "away"))
    world.hear(ev.MembersEvent("#lobby", members, ticket=5))
    assert len(world.lobby.entries) == before, "nobody typed it"
    assert [(one.nick, one.state) for one in world.lobby.people.listed()] == [("alice", "here"), ("bob", "away")]
    world.hear(joined("eve"), ev.LeftEvent("#lobby", "bob", "s-bob", NOON, "quit"))
    assert [one.nick for one in world.lobby.people.listed()] == ["alice", "eve"]
    world.hear(ev.MembersEvent("#lobby", members, ticket=6))
    assert "in #lobby: alice, bob (away)" in world.lobby.entries[-1].text


def test_one_who_lost_the_connection_is_shown_as_reconnecting(world: World) -> None:
    world.hear(joined("bob"), ev.PresenceHint("#lobby", "bob", "s-bob", True, "reconnecting"))
    assert world.lobby.people.state_of("BOB") == "reconnecting"
    world.hear(ev.PresenceHint("#lobby", "bob", "s-bob", False, "here"))
    assert world.lobby.people.state_of("bob") == "here"


def test_after_a_move_it_is_asked_again_who_is_here(world: World) -> None:
    world.asked.clear()
    world.hear(ev.Disconnected("n1", "x"), ev.Moved("n2", "n1", True))
    assert world.asked == ["#lobby"]


def test_a_gap_is_told_in_its_room_and_stays_known(world: World) -> None:
    world.hear(message(812), ev.GapEvent("#lobby", 812, 813, 815))
    assert world.lobby.gap == "complete to #812; 813-815 may be missing"
    assert world.lobby.entries[-1].kind is Kind.GAP


def test_older_ones_come_above_until_there_are_none(world: World) -> None:
    world.hear(message(11))
    world.hearing.expect_history(3, world.lobby)
    assert world.lobby.loading
    world.hear(ev.HistoryEvent("#lobby", (message(9), message(10), message(11)), ticket=3))
    assert [one.offset for one in world.lobby.entries if one.spoken] == [9, 10, 11]
    assert (world.lobby.loading, world.lobby.whole) == (False, False)
    world.hearing.expect_history(4, world.lobby)
    world.hear(ev.HistoryEvent("#lobby", (message(9),), ticket=4))
    assert world.lobby.whole


def test_an_operators_words_among_older_ones_are_an_operators(world: World) -> None:
    world.hear(message(11))
    world.hearing.expect_history(3, world.lobby)
    told = ev.AnnounceEvent("maintenance", NOON, "#lobby", "*1", "e1", 10, history=True)
    world.hear(ev.HistoryEvent("#lobby", (message(9),), 3, (told,)))
    assert [(one.offset, one.kind) for one in world.lobby.entries if one.offset] == [
        (9, Kind.TALK), (10, Kind.ANNOUNCEMENT), (11, Kind.TALK),
    ]  # fmt: skip


def test_leaving_closes_the_conversation_but_never_the_last(world: World) -> None:
    world.hear(joined(room="#ops", own=True, count=1))
    world.model.switch(world.model.room("#ops"))
    world.hear(ev.LeftEvent("#ops", "alice", "s-alice", NOON, own=True))
    assert (list(world.model.conversations), world.model.current) == (["#lobby"], world.lobby)
    world.hear(ev.LeftEvent("#lobby", "alice", "s-alice", NOON, own=True))
    assert world.model.current is world.lobby
    assert not world.lobby.present


def test_another_life_of_the_log_counts_from_its_own_beginning(world: World) -> None:
    world.hear(message(900), message(3, epoch="e2", n=901))
    assert (world.lobby.top, world.lobby.first_offset) == (3, 3)


def test_ones_own_absence_holds_in_all_rooms_and_is_answered_once(world: World) -> None:
    world.hear(joined(room="#ops", own=True, count=1))
    world.hear(ev.PresenceHint("#ops", "alice", "s-alice", True, "away", "lunch", ticket=4))
    assert world.model.away == "away: lunch"
    assert [one.people.state_of("alice") for one in world.model.listed()] == ["away", "away"]
    assert "you are away: lunch" in world.lobby.entries[-1].text
    world.hear(ev.PresenceHint("#ops", "alice", "s-alice", False, "here", ticket=5))
    assert world.model.away == ""


def test_a_topic_is_known_from_the_joining_on(world: World) -> None:
    world.hear(joined(room="#ops", own=True, count=1, topic="Deploys"))
    assert world.model.conversations["#ops"].topic == "Deploys"
    world.hear(ev.TopicEvent("#ops", "bob", "Rollbacks", NOON))
    assert world.model.conversations["#ops"].topic == "Rollbacks"
    assert "bob changed the topic" in world.model.conversations["#ops"].entries[-1].text


def test_another_name_is_followed_everywhere(world: World) -> None:
    world.hear(joined("bob"), message(1, "psst", room=None), joined(room="#ops", own=True, count=1))
    world.hear(ev.RenamedEvent("#lobby", "bob", "Robert", "s-bob", NOON))
    assert [one.nick for one in world.lobby.people.listed()] == ["alice", "Robert"]
    assert [(one.key, one.title) for one in world.model.listed()][1] == ("@robert", "@Robert")
    assert world.lobby.entries[-1].text == "bob is now called Robert"
    world.hear(ev.RenamedEvent("#lobby", "alice", "ally", "s-alice", NOON, own=True, ticket=3))
    assert world.model.nick == "ally"
    assert world.model.mentions_me("Ally?")


def test_what_somebody_does_can_not_look_like_who_comes_and_goes(world: World) -> None:
    world.hear(message(1, "joined", action=True), joined("eve"))
    act, coming = screen(world.lobby)[-2:]
    assert act.endswith(" ** │  bob joined")
    assert coming.endswith(" * │  eve joined")
    assert "**" not in coming


def test_who_comes_and_goes_one_after_the_other_is_one_line(world: World) -> None:
    before = len(world.lobby.entries)
    world.hear(joined("bob"), joined("eve"), ev.LeftEvent("#lobby", "bob", "s-bob", NOON, "expired"))
    assert [one.text for one in world.lobby.entries[before:]] == [
        "bob joined, eve joined, bob left (lost the connection)"
    ]
    world.hear(message(1), joined("bob"))
    world.hear(ev.LeftEvent("#lobby", "bob", "s-bob", NOON + 3_600_000, "quit"))
    assert [one.text for one in world.lobby.entries[-2:]] == ["bob joined", "bob left"]
    assert screen(world.lobby)[-1].endswith("bob left")


def test_moves_with_nothing_between_them_are_one_line(world: World) -> None:
    world.hear(ev.Moved("n2", "n1", True), ev.Moved("n3", "n2", True), ev.Moved("n1", "n3", True))
    assert told(world, "moved to") == "moved to n1, nothing missed"
    world.hear(message(1), ev.Moved("n2", "n1", True), ev.Moved("n3", "n2", False), ev.Moved("n1", "n3", True))
    assert told(world, "moved to").count("moved to") == 4


def crowd(world: World, size: int = 60) -> None:
    members = [Member(f"m{n}", f"s-m{n}", "n1") for n in range(size)]
    world.hear(ev.MembersEvent("#lobby", tuple(members), ticket=None))


def told(world: World, word: str) -> str:
    return " ".join(one.text for one in world.lobby.entries if word in one.text)


def test_in_a_crowd_only_those_are_told_who_leave_the_talk(world: World) -> None:
    crowd(world)
    world.hear(message(1, nick="m1"), message(2, nick="m2"))
    world.hear(joined("zoe"), *(_gone(nick, NOON + 60_000) for nick in ("zoe", "m1", "m9")))
    assert told(world, "joined") == ""
    assert told(world, " left") == "m1 left"
    world.hear(_gone("m2", NOON + 3600_000), _gone("m3", NOON, reason="kicked"))
    assert told(world, " left") == "m1 left, m3 left (kicked)"


def test_in_a_small_room_everybody_is_told(world: World) -> None:
    crowd(world, 49)
    world.hear(joined("zoe"), _gone("m9", NOON))
    assert told(world, "joined") == "zoe joined, m9 left"


def _gone(nick: str, time: int, reason: str = "left") -> ev.LeftEvent:
    return ev.LeftEvent("#lobby", nick, f"s-{nick}", time, reason)
