"""What keys do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cluster.top.desk import DETAILS, HELP, INTERVALS, LIST, Desk
from cluster.top.facts import NODES, ROOMS, USERS, Want
from tests.unit.cluster_top.effects import Effects
from tests.unit.cluster_top.world import Script, cluster, node, reading


def desk(view: str = NODES) -> tuple[Desk, list[tuple[Any, ...]]]:
    """With two looks taken; what it asks for from then on."""
    effects = Effects()
    made = Desk(effects, 2.0, view)
    source = Script(cluster(rooms=2))
    for one in (view, view):
        made.take(source.read(Want(one)))
    return made, effects.asked


def press(made: Desk, *keys: str) -> None:
    for key in keys:
        assert made.press(key), key


def test_lists_are_a_key_away_and_read_only_while_they_are_seen() -> None:
    made, asked = desk()
    press(made, "r", "u", "n")
    assert asked == [("want", ROOMS, ""), ("want", USERS, ""), ("want", NODES, "")]


def test_a_drain_asks_first_and_only_a_plain_yes_is_one() -> None:
    made, asked = desk()
    press(made, "down", "d")
    assert made.question is not None
    assert made.question.text.startswith("Drain n2? Its 3 clients move")
    press(made, "enter")
    assert not made.question
    assert asked == []
    press(made, "d", "n", "d", "escape", "d", "d")
    assert (made.view, asked) == (NODES, [])
    press(made, "d", "y")
    assert asked == [("drain", "n2", False)]


def test_a_drain_may_be_forced() -> None:
    made, asked = desk()
    press(made, "d", "f", "y", "d", "f", "f", "y")
    assert asked == [("drain", "n1", True), ("drain", "n1", False)]


def test_what_was_asked_about_is_drained_whatever_comes_meanwhile() -> None:
    made, asked = desk()
    press(made, "d")
    made.take(reading(9, node("n0"), node("n1")))
    press(made, "y")
    assert asked == [("drain", "n1", False)]


def test_a_lost_node_is_not_drained_nor_is_a_room() -> None:
    made, _ = desk()
    made.take(reading(9, node("n1", alive=False)))
    press(made, "d")
    assert made.question is None
    press(made, "r", "d")
    assert made.question is None


def test_from_the_details_the_node_in_sight_is_drained() -> None:
    made, asked = desk()
    press(made, "down", "enter", "d", "y")
    assert asked[-1] == ("drain", "n2", False)


def test_a_kick_asks_for_a_reason_and_whether_it_is_meant() -> None:
    made, asked = desk(USERS)
    press(made, "down", "k")
    for key in ("n", "enter", "escape", "k"):
        made.reason_given("u0001", "noise\x1b")
        assert made.question is not None
        assert made.question.text == 'Kick u0001, for the reason "noise"?'
        press(made, key)
    made.reason_given("u0001", "noise")
    press(made, "y", "enter", "k")
    assert [one for one in asked if one[0] != "want"] == [
        ("reason", "u0001"),
        ("kick", "u0001", "noise"),
        ("reason", "u0001"),
    ]


def test_only_users_are_kicked() -> None:
    made, asked = desk(NODES)
    press(made, "k", "enter", "k")
    assert [one for one in asked if one[0] == "reason"] == []


def test_details_open_and_close_and_lead_to_users() -> None:
    made, asked = desk()
    press(made, "down", "enter")
    assert (made.mode, made.detail.row.node) == (DETAILS, "n2")
    press(made, "escape")
    assert made.mode == LIST
    press(made, "enter", "u")
    assert (made.view, made.mode, made.table.filter) == (USERS, LIST, "node=n2")
    made.take(Script(cluster(nodes=3, users=9)).read(Want(USERS)))
    assert [line.row.node for line in made.table.shown] == ["n2"] * 3
    press(made, "escape")
    assert len(made.table.shown) == 9
    asked.clear()
    press(made, "r")
    made.take(Script(cluster(rooms=2)).read(Want(ROOMS)))
    press(made, "end", "enter")
    assert asked == [("want", ROOMS, ""), ("want", ROOMS, "#r1")]
    press(made, "u")
    assert made.table.filter == "rooms=#r1"


def test_a_filter_is_asked_for_and_dropped() -> None:
    made, asked = desk()
    made.table.set_filter("n2")
    press(made, "slash")
    assert asked == [("filter", "n2")]
    press(made, "escape")
    assert made.table.filter == ""


def test_sorting_goes_round_all_columns_and_turns() -> None:
    made, _ = desk()
    press(made, "s", "s")
    assert made.table.columns[made.table.sorted_by].title == "clients"
    press(made, "less_than_sign")
    assert made.table.columns[made.table.sorted_by].title == "state"
    press(made, "S")
    assert made.table.turned
    press(made, *["s"] * (len(made.table.columns) - 1))
    assert made.table.sorted_by == 0


def test_the_interval_stays_within_its_bounds() -> None:
    made, asked = desk()
    press(made, *["plus"] * 9)
    assert made.interval == INTERVALS[0]
    press(made, *["minus"] * 20)
    assert made.interval == INTERVALS[-1]
    assert asked[0] == ("pace", 1.0)
    made.interval = 3.0  # as on the command line
    press(made, "minus")
    assert made.interval == 5.0
    press(made, "space", "q")
    assert asked[-2:] == [("hurry",), ("leave",)]


def test_help_opens_and_closes() -> None:
    made, _ = desk()
    press(made, "question_mark")
    assert made.mode == HELP
    press(made, "down", "s", "d")
    assert (made.mode, made.question, made.table.place) == (HELP, None, 0)
    press(made, "question_mark")
    assert made.mode == LIST


def test_a_page_is_what_can_be_seen() -> None:
    made, _ = desk()
    made.take(Script(cluster(nodes=100)).read(Want(NODES)))
    made.page = 17
    press(made, "pagedown")
    assert made.table.place == 17
    press(made, "pagedown", "pageup")
    assert made.table.place == 17


@pytest.mark.parametrize("key", ["z", "tab", "7", "ctrl+x"])
def test_other_keys_mean_nothing(key: str) -> None:
    made, asked = desk()
    assert not made.press(key)
    assert asked == []


def test_while_redis_is_away_all_keys_do_what_they_can() -> None:
    made, asked = desk()
    made.take(replace(made.book.reading, error="gone", store=None))
    press(made, "enter", "escape", "u", "r", "n", "s", "d", "y")
    assert asked[-1] == ("drain", "n1", False)
