"""What lines follow from what was read, one look after the other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cluster.operator.read import RoomRow
from cluster.top.book import REMEMBERED, Book
from tests.unit.cluster_top.world import node, reading, shown, user

N1, N2 = node("n1", clients=3), node("n2", clients=5)
AWAY = "Connection refused"


def test_rates_delays_and_totals_are_of_the_last_looks() -> None:
    book = Book()
    for at in (2.0, 4.0):
        samples = {"n1/bn1": shown(at, 10 * at, 100 * at), "n2/bn2": shown(at, 30 * at, 200 * at, slow=15 * at)}
        book.take(reading(at, N1, N2, samples=samples))
    one, two = book.nodes
    assert (one.figures["said"], one.figures["out"], two.figures["said"]) == (10, 100, 30)
    assert (book.totals["said"], book.totals["out"], book.totals["clients"]) == (40, 300, 8)
    assert one.figures["p99"] == pytest.approx(0.0099)
    assert (two.figures["p99"] or 0) > 0.9
    assert (book.totals["p99"] or 0) > 0.9  # the slow node's are among them
    assert one.figures["redis"] == pytest.approx(0.002)
    assert book.totals["redis"] == 0.0004
    assert book.history.last("said") == (None, 40)


def test_a_node_of_a_version_that_tells_less_has_what_it_tells() -> None:
    book = Book()
    for at in (2.0, 4.0):
        bare = shown(at, at, at)
        values = {"hydrachat_said_accepted_total": at}
        book.take(reading(at, N1, samples={"n1/bn1": replace(bare, values=values, buckets={})}))
    figures = book.nodes[0].figures
    assert figures["said"] == 1
    assert [figures[name] for name in ("out", "p99", "redis", "lag", "cpu", "memory")] == [None] * 6


def test_a_node_that_does_not_answer_is_told_as_such_and_goes_on_after() -> None:
    book = Book()
    book.take(reading(2, N1, N2))
    book.take(reading(4, N1, N2, samples={"n2/bn2": shown(4, 40, 400)}, silent={"n1/bn1": "timed out"}))
    one = book.nodes[0]
    assert (one.state, one.answered, one.silent, one.figures["said"]) == ("serving", False, "timed out", None)
    assert book.totals["said"] == 10  # of those that tell
    book.take(reading(6, N1, N2))
    assert book.nodes[0].figures["said"] == 10


def test_a_lost_node_is_lost_whatever_it_said_last() -> None:
    book = Book()
    book.take(reading(2, N1, replace(N2, alive=False, age=9.0)))
    assert [line.state for line in book.nodes] == ["serving", "lost"]
    assert book.totals["clients"] == 3


def test_a_node_that_was_started_again_begins_anew() -> None:
    book = Book()
    book.take(reading(2, N1))
    again = replace(N1, boot="b2")
    book.take(reading(4, again, samples={"n1/b2": shown(4, 1, 1)}))
    assert book.nodes[0].figures["said"] is None
    assert list(book.histories) == ["n1/b2"]


def test_while_redis_is_away_nodes_speak_for_themselves_and_lists_stay() -> None:
    book = Book()
    book.take(reading(2, N1, N2, users=(user("ana"),), listed=2))
    degraded = shown(4, 40, 400, **{"hydrachat_node_state{serving}": 0, "hydrachat_node_state{degraded}": 1})
    book.take(reading(4, N1, N2, error=AWAY, store=None, samples={"n1/bn1": degraded}))
    assert [line.state for line in book.nodes] == ["degraded", "unknown"]
    assert [line.key for line in book.users] == ["s-ana"]
    assert (book.totals["clients"], book.totals["redis"], book.read_at) == (None, None, 2)
    book.take(reading(6, N1, N2))
    assert [line.state for line in book.nodes] == ["serving", "serving"]
    assert book.read_at == 6


def room(top: int, epoch: str = "e") -> tuple[RoomRow, ...]:
    return (RoomRow("#a", 1, top, epoch, 0, 0, ""),)


@pytest.mark.parametrize(
    ("after", "at", "rate"),
    [
        (room(14), 6.0, 1.0),
        (room(10), 6.0, 0.0),
        (room(14, "f"), 6.0, None),
        (room(4), 6.0, None),
        (room(14), 3600.0, None),
    ],
    ids=["grew", "quiet", "another life", "went back", "long ago"],
)
def test_rooms_have_a_rate_where_it_can_be_told(after: tuple[RoomRow, ...], at: float, rate: float | None) -> None:
    book = Book()
    book.take(reading(2, rooms=room(10), listed=2.0))
    assert book.rooms[0].rate is None
    book.take(reading(at, rooms=after, listed=at))
    assert book.rooms[0].rate == rate
    book.take(reading(at + 1, rooms=after, listed=at))  # the same list once more
    assert book.rooms[0].rate == rate


def test_users_have_what_waits_for_them() -> None:
    book = Book()
    book.take(reading(2, users=(user("ana"), user("ben")), waiting={"s-ben": 7}))
    assert [line.waiting for line in book.users] == [0, 7]


def test_who_is_at_a_lost_node_is_not_said_to_be_here() -> None:
    book = Book()
    people = (user("ana"), user("ben", boot="bn2", node="n2"), user("cem", boot="bn2", node="n2", state="away"))
    book.take(reading(2, N1, replace(N2, alive=False, age=9.0), users=people))
    assert [line.state for line in book.users] == ["here", "lost", "away"]


def test_a_node_that_was_started_again_is_counted_once_and_not_as_lost() -> None:
    book = Book()
    book.take(reading(2, N1, replace(N1, boot="b0", alive=False), *(replace(N2, boot=b, alive=False) for b in "xy")))
    assert [line.state for line in book.nodes] == ["serving", "lost", "lost", "lost"]
    assert book.counted() == {"serving": 1, "lost": 1}
    book.take(reading(4, N1, replace(N1, boot="b0", alive=False), replace(N2, alive=False, state="stopped")))
    assert book.counted() == {"serving": 1, "stopped": 1}


def test_what_is_remembered_is_bounded() -> None:
    book = Book()
    for at in range(1, 2 * REMEMBERED):
        book.take(reading(at, node(f"n{at % 7}")))
    assert len(book.history.last("said")) == REMEMBERED
    assert len(book.histories) == len(book._tracks) == 1
