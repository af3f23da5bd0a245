"""The whole screen, for all sizes and all that may be read."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings, strategies as st
from rich.cells import cell_len

from cluster.top import frame
from cluster.top.columns import BAD
from cluster.top.desk import Desk
from cluster.top.facts import NODES, ROOMS, USERS, Want
from cluster.top.paint import CHOSEN, Row, plain
from tests.unit.cluster_top.effects import Effects
from tests.unit.cluster_top.world import Script, cluster, node, reading, redis_away, user

WALL = 1_700_000_100.0
HOSTILE = "\x1b]52;c;aGk=\x07\u202eevil\r\n你"


def drawn(desk: Desk, width: int = 80, height: int = 24, now: float = 4.0) -> list[Row]:
    return frame.rows(desk, "redis://127.0.0.1:7799/0", now, WALL, width, height)


def screen(desk: Desk, width: int = 80, height: int = 24, now: float = 4.0) -> str:
    return "\n".join(plain(row) for row in drawn(desk, width, height, now))


def desk_of(source: Script, view: str = NODES, looks: int = 2) -> Desk:
    desk = Desk(Effects(), 2.0, view)
    for _ in range(looks):
        desk.take(source.read(Want(view)))
    return desk


def test_all_is_well() -> None:
    shown = screen(desk_of(Script(cluster())))
    assert "3 serving" in shown
    assert "clients 9 " in shown
    assert "in/s 30.0 " in shown
    assert "out/s 300 " in shown
    assert "redis 0.4 ms" in shown
    line = next(line for line in shown.splitlines() if line.startswith("n2"))
    assert line.split() == ["n2", "serving", "3", "10.0", "100", "9.9", "ms", "2.0", "ms", "-", "-", "0.4", "s", "-"]
    assert "Redis 7.2.1" in shown
    assert "nodes 3   rooms 1   users 2" in shown


def test_a_lost_node_stands_out() -> None:
    desk = Desk(Effects(), 2.0)
    desk.take(reading(2, node("n1"), node("n2", alive=False, age=9.1)))
    rows = drawn(desk)
    assert "1 serving, 1 lost" in plain(rows[0])
    assert [span.text.strip() for row in rows for span in row if span.role == BAD] == ["1 lost", "lost", ""]


def test_redis_away_is_told_with_its_age_and_the_lines_stay() -> None:
    desk = desk_of(Script(cluster()))
    desk.take(replace(desk.book.reading, at=6, error="Connection refused\x1b[2J", store=None))
    shown = screen(desk, now=20.0)
    assert "Redis away for 16 s: Connection refused[2J" in shown
    assert "n2" in shown
    assert "clients - " in shown


def test_redis_away_from_the_start() -> None:
    shown = screen(desk_of(Script(redis_away)))
    assert "Redis away since the start: Error 111" in shown
    assert "none" in shown


@pytest.mark.parametrize("height", [8, 11])
def test_a_low_screen_keeps_list_keys_and_what_is_wrong(height: int) -> None:
    desk = desk_of(Script(cluster()))
    assert "n1 " in screen(desk, height=height)
    assert "clients 9" not in screen(desk, height=height)
    desk.take(replace(desk.book.reading, error="gone"))
    assert "Redis away" in screen(desk, height=height)
    assert "q quit" in screen(desk, height=height)


def test_no_cluster_has_begun_there() -> None:
    desk = Desk(Effects(), 2.0)
    found = reading(2)
    assert found.store
    desk.take(replace(found, store=replace(found.store, term="", trouble="the log on disk could not be written")))
    shown = screen(desk)
    assert "no nodes" in shown
    assert "no cluster has begun here" in shown
    assert "the log on disk could not be written" in shown


def test_as_many_rows_as_there_are_and_the_chosen_one_is_marked() -> None:
    desk = desk_of(Script(cluster(nodes=200)))
    desk.press("end")
    rows = drawn(desk)
    assert "200 of 200" in screen(desk)
    chosen = [plain(row) for row in rows if any(span.role == CHOSEN for span in row)]
    assert chosen[-1].startswith("n99 ")


def test_columns_that_do_not_fit_are_a_key_away() -> None:
    desk = desk_of(Script(cluster()))
    head = screen(desk, 40).splitlines()[5]
    assert head == "node▲ state    clients  in/s  out/s    →"
    for _ in range(3):
        desk.press("right")
    head = screen(desk, 40).splitlines()[5]
    assert head.startswith("node▲  out/s")
    for _ in range(30):
        desk.press("right")
    assert "http" in screen(desk, 40)
    assert "→" not in screen(desk, 40)


def test_the_column_that_is_sorted_by_comes_into_sight() -> None:
    desk = desk_of(Script(cluster()))
    screen(desk, 40)
    for _ in range(11):
        desk.press("s")
    assert "memory▼" in screen(desk, 40)


def test_details_of_a_node_that_answers_and_of_one_that_does_not() -> None:
    desk = desk_of(Script(cluster()))
    desk.press("enter")
    shown = screen(desk)
    assert "boot bn1" in shown
    assert "up            1 m 40 s" in shown
    assert "half within" in shown
    desk.take(reading(6, node("n1"), samples={}, silent={"n1/bn1": "timed out\x1b[H"}))
    assert "metrics       timed out[H" in screen(desk)
    desk.take(reading(8, node("n1", alive=False)))
    assert "not asked: it is lost" in screen(desk)
    desk.take(reading(10))
    assert "n1/bn1 is gone" in screen(desk)


def test_details_of_rooms_and_users() -> None:
    desk = desk_of(Script(cluster(rooms=3)), ROOMS)
    desk.press("end")
    desk.press("enter")
    desk.take(Script(cluster(rooms=3)).read(Want(ROOMS, "#r2")))
    shown = screen(desk)
    assert "topic         tea" in shown
    assert "\nana" in shown
    desk = Desk(Effects(), 2.0, USERS)
    desk.take(reading(2, users=(user("zoë", state="away", until=int(WALL * 1000) + 20_000),), waiting={"s-zoë": 4}))
    desk.press("enter")
    shown = screen(desk)
    assert "away for 20 s more at most" in shown
    assert "4 entries" in shown


def test_help_scrolls_where_it_is_longer_than_the_screen() -> None:
    desk = desk_of(Script(cluster()))
    desk.press("question_mark")
    assert "Keys" in screen(desk)
    desk.press("end")
    shown = screen(desk)
    assert "Keys" not in shown
    assert "doesn't tell" in shown
    desk.press("home")
    assert "Keys" in screen(desk)


texts = st.sampled_from(["", HOSTILE, "n1", "長い" * 80]) | st.text()
keys = st.sampled_from(
    ["n", "r", "u", "enter", "escape", "down", "end", "s", "S", "right", "question_mark", "d", "f", "plus"]
)


@settings(max_examples=60)
@given(texts, texts, st.integers(0, 10**12), st.lists(keys, max_size=12), st.integers(1, 200), st.integers(1, 60))
def test_whatever_is_read_and_pressed_the_screen_fits_and_is_harmless(
    one: str, two: str, number: int, pressed: list[str], width: int, height: int
) -> None:
    desk = Desk(Effects(), 2.0)
    row = node(
        "n1", state=one, address=two, http=one, version=two, host=one, started=two, clients=number, age=number / 7
    )
    for at in (2.0, 4.0):
        people = (user(one, address=two, rooms=[one, two], since=number, until=number), user(two, node=one))
        desk.take(reading(at, row, node("n2"), users=people, listed=at, error=one if number % 2 else ""))
        for key in pressed:
            desk.press(key)
        rows = drawn(desk, width, height)
        assert len(rows) <= height
        for text in map(plain, rows):
            assert cell_len(text) <= width
            assert not any(character in text for character in "\x1b\x07\r\n\u202e")
