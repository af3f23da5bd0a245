"""Sorting, filtering, and which line is chosen while others come and go."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given, strategies as st

from cluster.top.columns import Column
from cluster.top.table import Table


@dataclass(frozen=True)
class Line:
    key: str
    many: float | None = 0.0
    rooms: str = ""


COLUMNS = (
    Column("name", lambda line: line.key.casefold(), lambda line: line.key),
    Column("many", lambda line: line.many, lambda line: "-" if line.many is None else f"{line.many:g}", number=True),
    Column("rooms", lambda line: line.rooms, lambda line: line.rooms),
)


def table(*lines: Line) -> Table[Line]:
    made: Table[Line] = Table(COLUMNS)
    made.take(lines)
    return made


def keys(of: Table[Line]) -> str:
    return "".join(line.key for line in of.shown)


def named(names: str) -> list[Line]:
    return [Line(name) for name in names]


def test_texts_go_up_and_numbers_down_and_turned_the_other_way() -> None:
    one = table(Line("b", 1), Line("a", 3), Line("c", None), Line("d", 3))
    assert keys(one) == "abcd"
    one.turn()
    assert keys(one) == "dcba"
    one.sort(1)
    assert keys(one) == "adbc"  # the same number: by name; none known: last
    one.turn()
    assert keys(one)[0] == "b"
    assert keys(one)[-1] == "c"
    one.sort(3)
    assert one.sorted_by == 0


def test_the_chosen_line_is_kept_while_rows_change() -> None:
    one = table(*named("bdf"))
    one.move(1)
    one.take(named("abcdef"))
    assert one.chosen == Line("d")
    one.sort(0)
    one.turn()
    assert one.chosen == Line("d")


def test_until_somebody_chooses_it_is_the_first_whatever_that_is() -> None:
    one = table(*named("bc"))
    one.take(named("abc"))
    assert one.chosen == Line("a")


def test_when_the_chosen_line_goes_the_one_in_its_place_is_chosen() -> None:
    one = table(*named("abcd"))
    one.move(2)
    one.take(named("abd"))
    assert one.chosen == Line("d")
    one.take(named("ab"))
    assert one.chosen == Line("b")
    one.take([])
    assert one.chosen is None
    one.take(named("abc"))
    assert one.chosen == Line("b")


def test_moving_stays_within_the_list() -> None:
    one = table(*named("abc"))
    one.move(-1)
    assert one.place == 0
    one.move(99)
    assert one.place == 2
    one.choose(0)
    assert one.place == 0
    one.choose(-1)
    assert one.place == 2
    empty = table()
    empty.move(1)
    empty.choose(-1)
    assert empty.chosen is None
    assert list(empty.window(5)) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "abAx"),
        ("a", "aA"),
        ("A", "aA"),
        ("#ops", "aA"),
        ("a #two", "A"),
        ("rooms=#ops", "a"),
        ("rooms=#ops many=1", "a"),
        ("many=2", "b"),
        ("name=", ""),
        ("12", ""),
        ("nonsense=1", ""),
        ("zzz", ""),
    ],
)
def test_a_filter_lets_through_what_has_all_its_words(text: str, found: str) -> None:
    lines = (Line("a", 1, "#lobby #ops"), Line("b", 2, "#lobby"), Line("A", 12, "#ops2 #two"), Line("x", 3))
    one = table(*lines)
    one.set_filter(text)
    assert sorted(keys(one)) == sorted(found)
    assert one.total == 4


def test_a_filter_holds_for_lines_that_come() -> None:
    one = table(*named("ab"))
    one.set_filter("c")
    assert keys(one) == ""
    one.take(named("abc"))
    assert keys(one) == "c"


@given(
    st.lists(st.tuples(st.sampled_from(["take", "move", "sort", "turn", "filter", "window"]), st.integers(0, 9))),
)
def test_whatever_happens_one_line_within_the_window_is_chosen(steps: list[tuple[str, int]]) -> None:
    one = table()
    for step, number in steps:
        match step:
            case "take":
                one.take(named("abcdefghi"[number % 3 : number]))
            case "move":
                one.move(number - 4)
            case "sort":
                one.sort(number)
            case "turn":
                one.turn()
            case "filter":
                one.set_filter("abcdefghi"[:number][-1:])
        seen = list(one.window(3))
        assert len(seen) == min(3, len(one.shown))
        assert (one.chosen in seen) if one.shown else one.chosen is None
