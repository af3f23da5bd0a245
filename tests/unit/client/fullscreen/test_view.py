"""What is on the screen of a conversation, while it is scrolled, resized, and more comes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, strategies as st

from client import events as ev
from client.fullscreen.conversation import MOST, SPARE
from client.fullscreen.rows import Look
from tests.unit.client.fullscreen.world import DAY, NOON, World, message, screen


@pytest.fixture
def world() -> World:
    return World()


def fill(world: World, first: int, last: int, **other: Any) -> None:
    world.hear(*(message(n, **other) for n in range(first, last + 1)))


def test_it_follows_what_comes(world: World) -> None:
    world.lobby.view.height = 5
    fill(world, 1, 50)
    assert [row.split()[-1] for row in screen(world.lobby)] == ["46", "47", "48", "49", "50"]


def test_it_stays_put_while_more_comes_and_counts_it(world: World) -> None:
    world.lobby.view.height = 5
    fill(world, 1, 50)
    world.lobby.view.scroll(-10)
    before = screen(world.lobby)
    assert before[-1].endswith("text 40")
    fill(world, 51, 60)
    assert screen(world.lobby) == before
    assert world.lobby.below == 10
    world.lobby.view.scroll(1000)
    assert screen(world.lobby)[-1].endswith("text 60")
    assert (world.lobby.view.following, world.lobby.below) == (True, 0)


def test_it_stays_put_while_older_ones_are_loaded(world: World) -> None:
    world.lobby.view.height = 8
    fill(world, 101, 150)
    assert world.lobby.view.scroll(-1000), "the top was hit"
    assert "more above" in screen(world.lobby)[0]
    world.lobby.view.scroll(3)
    before = [row for row in screen(world.lobby) if "text" in row]
    world.hearing.expect_history(9, world.lobby)
    world.hear(ev.HistoryEvent("#lobby", tuple(message(n) for n in range(51, 101)), ticket=9))
    after = [row for row in screen(world.lobby) if "text" in row]
    assert after[0] == before[0]
    world.lobby.view.scroll(-4)
    assert any(row.endswith("text 100") for row in screen(world.lobby))


def test_it_stays_at_its_message_when_the_width_changes(world: World) -> None:
    world.lobby.view.height = 6
    fill(world, 1, 50, text="some words that take a row or two, depending on how wide the screen is, and a bit more")
    world.lobby.view.scroll(-20)
    top = world.lobby.view._anchor
    assert top is not None
    for columns in (30, 120, 60):
        world.lobby.view.look = Look(columns)
        world.lobby.view.rows()
        assert world.lobby.view._anchor is not None
        assert world.lobby.view._anchor[0] == top[0]


def test_a_row_for_each_new_day(world: World) -> None:
    world.lobby.view.height = 40
    world.hear(message(1), message(2), message(3, time=message(3).time + DAY))
    found = screen(world.lobby)
    assert sum("March 2026" in row for row in found) == 2
    assert found[-2].strip("─ ").startswith("Sunday, 15 March 2026")


def test_what_is_unread_begins_at_a_line(world: World) -> None:
    world.model.switch(world.model.room("#ops"))
    fill(world, 1, 3)
    assert (world.lobby.unread, world.lobby.first_unread) == (3, world.lobby.entries[-3].serial)
    world.model.switch(world.lobby)
    assert world.lobby.unread == 0
    found = screen(world.lobby)
    assert found[-4].strip("─ ") == "new"
    world.model.switch(world.model.room("#ops"))
    world.model.switch(world.lobby)
    assert "new" not in [row.strip("─ ") for row in screen(world.lobby)]


def test_above_direct_messages_it_says_that_there_are_no_older_ones(world: World) -> None:
    world.hear(message(1, "psst", room=None))
    assert screen(world.model.person("bob"))[0].strip("─ ") == "older direct messages are kept nowhere"
    assert world.lobby.entries
    assert "kept nowhere" not in "".join(screen(world.lobby))


def test_what_is_older_than_many_is_let_go_and_can_be_had_again(world: World) -> None:
    world.lobby.view.height = 5
    world.hear(*(message(n) for n in range(1, MOST)))
    world.lobby.view.scroll(-10_000_000)
    world.lobby.whole = True
    world.hear(*(message(n) for n in range(MOST, MOST + 2 * SPARE)))
    assert len(world.lobby.entries) <= MOST + SPARE
    assert not world.lobby.whole
    assert len(screen(world.lobby)) == 5
    world.hearing.expect_history(9, world.lobby)
    first = world.lobby.first_offset
    world.hear(ev.HistoryEvent("#lobby", (message(first - 1),), ticket=9))
    assert world.lobby.first_offset == first - 1


@given(st.lists(st.integers(-40, 40), max_size=30), st.integers(2, 30), st.integers(10, 90))
def test_however_it_is_scrolled_the_screen_is_full_and_in_order(steps: list[int], height: int, columns: int) -> None:
    world = World()
    world.lobby.view.height, world.lobby.view.look = height, Look(columns)
    fill(world, 1, 40)
    whole = _all(world)
    for step in steps:
        world.lobby.view.scroll(step)
        found = screen(world.lobby)
        assert len(found) == min(height, len(whole))
        assert any(whole[at : at + len(found)] == found for at in range(len(whole))), "a piece of the whole"


def test_scrolling_up_and_down_again_is_where_it_was(world: World) -> None:
    world.lobby.view.height = 7
    fill(world, 1, 40)
    world.lobby.view.scroll(-20)
    before = screen(world.lobby)
    world.lobby.view.scroll(-9)
    assert screen(world.lobby) != before
    world.lobby.view.scroll(9)
    assert screen(world.lobby) == before


def _all(world: World) -> list[str]:
    view = world.lobby.view
    height, view.height = view.height, 10_000
    found = screen(world.lobby)
    view.height = height
    return found


def test_empty_lines_do_not_push_all_else_off_the_screen(world: World) -> None:
    world.hear(message(1, "begin" + "\n" * 500 + "\u3164\nend\n\nof it"))
    world.lobby.view.height = 10
    shown = [row.rpartition("│")[2].strip() for row in screen(world.lobby)]
    assert shown[-5:] == ["begin", "", "end", "", "of it"]


def test_what_is_put_in_above_moves_nothing_and_keeps_the_order_of_the_log(world: World) -> None:
    world.hear(*(message(n) for n in (10, 11, 12)))
    world.model._clock = lambda: NOON / 1000 + 7200  # our own clock is two hours ahead
    world.model.note("a line of our own")
    world.hear(*(message(n) for n in range(20, 60)))
    world.lobby.view.height = 8
    screen(world.lobby)
    world.lobby.view.scroll(-5)
    before = screen(world.lobby)
    world.hear(*(message(n, history=True) for n in range(13, 20)))
    assert screen(world.lobby) == before
    assert [one.offset for one in world.lobby.entries if one.offset] == list(range(10, 60))
