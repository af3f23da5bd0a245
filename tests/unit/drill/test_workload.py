"""What the people of a drill know and note, without a network."""

from __future__ import annotations

import pytest

from client.errors import LinkLost
from client.events import Connected, GapEvent, JoinedEvent, LeftEvent, MaybeLost, MessageEvent
from drill.history import Happening, History, Kind
from drill.workload.cursors import Cursors
from drill.workload.notes import RACERS, Gate, happenings
from drill.workload.person import patience
from drill.workload.plug import Plug
from drill.workload.said import Said
from drill.workload.stays import LOBBY, Stays
from drill.workload.talker import Talker
from drill.workload.texts import drill_text, key, last_text
from wire.frames import Gap, Message


def test_a_text_is_noted_by_its_key() -> None:
    assert [key(drill_text("ana", n)) for n in range(400)] == [f"ana/{n}" for n in range(400)]
    assert key(last_text("ana", 7)) == "ana/7"


@pytest.mark.parametrize("damage", [lambda t: t[:-1], lambda t: t + "!", lambda t: t.replace(" ", "", 1)])
def test_a_damaged_text_is_noted_whole(damage: object) -> None:
    assert callable(damage)
    text = damage(drill_text("ana", 3))
    assert key(text) == text


def test_what_is_told_is_noted() -> None:
    message = MessageEvent(None, "s", 4, "ben", drill_text("ben", 4), 0, "e", 9)
    (noted,) = happenings("ana", "n1", message)
    assert (noted.kind, noted.to, noted.who, noted.text) == (Kind.RECEIVED, "@", "ben", "ben/4")
    assert (noted.epoch, noted.offset, noted.session, noted.n, noted.node) == ("e", 9, "s", 4, "n1")
    (gap,) = happenings("ana", "n1", GapEvent("#ops", 3, 4, 5, "old"))
    assert (gap.kind, gap.to, gap.first, gap.last, gap.epoch) == (Kind.GAP, "#ops", 4, 5, "old")
    assert happenings("ana", "n1", MaybeLost(())) == []


def test_of_those_who_share_a_nickname_nothing_is_noted() -> None:
    assert happenings("ana", "n1", JoinedEvent(LOBBY, f"{RACERS}1", "s", 0)) == []
    assert len(happenings("ana", "n1", LeftEvent(LOBBY, "ben", "s", 0))) == 1


def test_a_gate_that_is_shut_lets_nothing_through() -> None:
    history = History()
    gate = Gate(history)
    gate.add(Happening("ana", Kind.SENT))
    gate.shut()
    gate.add(Happening("ana", Kind.SENT))
    assert gate.count(Kind.SENT) == 1


def noted(history: History) -> list[tuple[Kind, str]]:
    return [(happening.kind, happening.to) for happening in history.all()]


def test_who_is_lost_is_gone_when_all_is_settled() -> None:
    history = History()
    stays = Stays("ana", history)
    stays.opening(LOBBY)
    stays.entered(LOBBY, "n1")
    stays.opening("#ops")
    stays.lost(5.0)
    assert stays.rooms == frozenset()
    before = len(history.all())
    stays.settled()
    # Where it was never told that it was in, it may never have been: there is no certain end.
    assert noted(history)[before:] == [(Kind.GONE, LOBBY)]
    assert [h.at for h in history.all() if h.kind is Kind.LEAVING and h.to == LOBBY] == [5.0]


def test_a_leaving_that_was_not_answered_by_a_session_that_is_lost_has_no_certain_end() -> None:
    """The old session was not told of it: it may be in until its grace is over, and others hear of its end then
    (single, 801)."""
    history = History()
    person = Talker("ana", ["127.0.0.1:1"], history)
    for room in (LOBBY, "#ops"):
        person._wishes.add(room)
        person._stays.opening(room)
        person._stays.entered(room, "n1")
    person._wishes.discard("#ops")
    person._stays.leaving("#ops")
    before = len(history.all())
    person._note(Connected("n2", "ana", "s2", "127.0.0.1:1", former="s1"))
    since = noted(history)[before:]
    assert (Kind.GONE, LOBBY) in since
    assert (Kind.GONE, "#ops") not in since
    assert person.rooms == frozenset()
    person.settled()
    assert noted(history)[-1] == (Kind.GONE, "#ops")
    person.close()


def test_one_thing_is_said_at_a_time_until_it_has_an_outcome() -> None:
    said = Said()
    said.add(LOBBY, "one")
    said.add(LOBBY, "two")
    assert said.due(0.0) == (1, said.open[0])
    assert said.due(0.0) is None
    said.again(10.0)
    assert said.due(10.1) is None
    assert said.due(10.5) == (1, said.open[0])
    assert said.outcome(1) is not None
    assert said.outcome(1) is None
    assert (said.known, [saying.words for saying in said.open]) == (1, ["two"])


def test_after_a_rewind_what_was_accepted_is_said_again_but_settled_once() -> None:
    said = Said()
    for words in ("one", "two", "three"):
        said.add(LOBBY, words)
        due = said.due(0.0)
        assert due is not None
        assert said.outcome(due[0]) is due[1]
    assert said.back_to(1)
    due = said.due(0.0)
    assert due is not None
    assert (due[0], due[1].words) == (2, "two")
    assert said.outcome(2) is None
    due = said.due(0.0)
    assert due is not None
    assert due[0] == 3


def test_a_new_session_counts_from_one_and_tells_what_is_doubtful() -> None:
    said = Said()
    said.add(LOBBY, "one")
    said.due(0.0)
    assert [saying.words for saying in said.renew()] == ["one"]
    said.add(LOBBY, "two")
    due = said.due(0.0)
    assert due is not None
    assert due[0] == 1


def message(epoch: str, offset: int, n: int) -> Message:
    return Message(log=LOBBY, epoch=epoch, offset=offset, session="s", n=n, nick="ben", text="", time=0)


def test_a_repeat_in_one_epoch_is_seen_one_in_the_next_is_not() -> None:
    cursors = Cursors()
    cursors.begin({LOBBY: ("old", 4)})
    assert cursors.is_news(message("old", 5, 1))
    assert cursors.is_news(message("old", 5, 1))
    assert not cursors.is_news(message("new", 2, 1))


def test_a_gap_concerns_who_has_not_come_so_far() -> None:
    cursors = Cursors()
    cursors.begin({LOBBY: ("old", 4)})
    cursors.moved(LOBBY, "new", 1)

    def gap(first: int, last: int) -> Gap:
        return Gap(log=LOBBY, former="old", complete=first - 1, first=first, last=last, epoch="new", offset=2)

    assert not cursors.concerns(gap(3, 4))
    assert cursors.concerns(gap(3, 6))
    assert cursors.first_missing(gap(3, 6)) == 5


def test_a_gap_of_a_life_that_came_and_went_between_two_concerns_who_saw_both_and_no_newcomer() -> None:
    between = Gap(log=LOBBY, former="between", complete=0, first=5, last=8, epoch="new", offset=5)
    cursors = Cursors()
    cursors.begin({LOBBY: ("old", 4)})
    assert cursors.concerns(between)  # it is the first that comes of the new life
    newcomer = Cursors()
    newcomer.begin({LOBBY: ("new", 4)})
    assert not newcomer.concerns(between)


def test_a_gap_does_not_concern_who_had_it_under_another_session() -> None:
    cursors = Cursors()
    cursors.begin({LOBBY: ("old", 9), "@": ("letters", 3)})
    cursors.begin({LOBBY: ("new", 1), "@": ("more", 0)})
    assert not cursors.concerns(Gap(log=LOBBY, former="old", complete=0, first=1, last=8, epoch="new", offset=2))
    assert not cursors.concerns(Gap(log="@", former="letters", complete=0, first=1, last=9, epoch="more", offset=1))


def test_what_was_dialled_before_the_plug_was_pulled_stays_broken() -> None:
    plug = Plug()
    before = plug()
    plug.pull()
    with pytest.raises(LinkLost):
        plug().recv()
    plug.push()
    with pytest.raises(LinkLost, match="plug"):
        before.recv()
    with pytest.raises(LinkLost, match="not connected"):
        plug().recv()


def test_patience_fits_the_grace() -> None:
    assert patience(4.0).welcome_timeout == 1.0
    assert patience(30.0).welcome_timeout == 5.0


def test_a_gap_of_what_a_bare_client_got_late_is_no_news_to_it() -> None:
    cursors = Cursors()
    cursors.begin({"#r": ("e1", 4)})
    for place, old in ((1, 5), (2, 6)):
        frame = Message("#r", "e2", place, "bob", old, "bob", "late", 1000, late=True, was=(("e1", old),))
        cursors.moved("#r", "e2", place)
        assert cursors.is_news(frame)
    assert not cursors.concerns(Gap("#r", "e1", 4, 5, 6, "e3", 1))
    assert cursors.concerns(Gap("#r", "e1", 4, 5, 7, "e3", 1))
