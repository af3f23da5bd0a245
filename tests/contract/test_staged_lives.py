"""R5: lives that are healed together, staged by hand: what is written where, late or not, and where cursors lead."""

from __future__ import annotations

import pytest

from cluster.types import Entry, Position
from tests.contract.space import Node, Space

ROOM = "#x"
WORDS = ("kind", "session", "n")


class Stage:
    """A room whose log was found in some state, beside which nodes have put what they remember. An entry is written as
    `<time> <text>[ <kind> <session> <n>]`."""

    def __init__(self, space: Space, room: str = ROOM) -> None:
        self.node: Node = space.nodes[0] if space.nodes else space.serve("n1")
        self.room = room
        self.space, self.admin, self.base = space, space.admin, space.key(f"room:{room}")

    def found(self, epoch: str, *entries: str) -> None:
        self.admin.hset(self.base + ":meta", mapping={"epoch": epoch, "top": len(entries), "former": ""})
        for offset, entry in enumerate(entries, 1):
            self.admin.xadd(self.base + ":log", fields(entry), id=f"{offset}-0")

    def remembered(self, epoch: str, offset: int, entry: str, was: str = "") -> None:
        """A node has it. `was`: its earlier places, `late` in front of them."""
        f = fields(entry)
        line = f"{f['kind']} {f['session']} {f['n']} {f['nick']} {f['time']} {was}\n{f['text']}"
        self.admin.hset(self.base + ":tail", f"{epoch}:{offset}", line)

    def known(self, **tops: int) -> None:
        """Up to where the lives went; `fork__B`: where B forked off from what was found."""
        for name, top in tops.items():
            self.admin.hset(self.base + ":known", name.replace("__", ":"), top)

    def heal(self) -> None:
        self.node.claim("Zoe" + self.room[1:]).join(self.room)

    def after(self, epoch: str, offset: int) -> list[str]:
        page = self.node.cluster.read(self.room, Position(epoch, offset), 500)
        return [shown(entry) for entry in page.entries if not entry.nick.startswith("Zoe")]


def fields(entry: str) -> dict[str, str]:
    time, text, *rest = entry.split()
    kind, session, n = (*rest, *("message", f"s{text}", "1")[len(rest) :])
    return {"kind": kind, "session": session, "n": n, "nick": session, "time": time, "text": text}


def shown(entry: Entry) -> str:
    """`left:` in front of what is no message, `*` behind what is late."""
    return ("" if entry.kind == "message" else f"{entry.kind}:") + entry.text + ("*" if entry.late else "")


@pytest.fixture
def stage(space: Space) -> Stage:
    return Stage(space)


def test_what_a_life_got_late_its_cursors_are_not_led_over(stage: Stage) -> None:
    """B went on with `new` before a node that had slept brought 3 to 5 of A. Now that is offered in A's order."""
    stage.found("A", "1 a1", "2 a2")
    for i in (3, 4, 5):
        stage.remembered("A", i, f"{i} a{i}")
        stage.remembered("B", i + 1, f"{i} a{i}", f"late A:{i}")
    stage.remembered("B", 3, "10 new")
    stage.known(A=5, B=6, fork__B=2)
    stage.heal()
    assert {"a3*", "a4*", "a5*"} <= set(stage.after("B", 3))
    assert "new" in {text.strip("*") for text in stage.after("A", 5)}


def test_in_front_of_what_came_late_nothing_was_in_that_life(stage: Stage) -> None:
    """B has 5 of A alone, since its sender said it again; 3 and 4 are brought by a node that slept."""
    stage.found("A", "1 a1", "2 a2")
    for i in (3, 4, 5):
        stage.remembered("A", i, f"{i} a{i}")
    stage.remembered("B", 3, "10 new")
    stage.remembered("B", 4, "5 a5", "late A:5")
    stage.known(A=5, B=4, fork__B=2)
    stage.heal()
    assert {"a3", "a4"} <= {text.strip("*") for text in stage.after("B", 4)}


@pytest.mark.parametrize("first", [1, 3])
def test_who_has_turned_and_who_has_not_bring_one_life(stage: Stage, first: int) -> None:
    """One remembers B from its beginning, the other one A, from somewhere on: nothing of it is late."""
    for i in range(1, 6):
        if i >= first:
            stage.remembered("A", i, f"{i} a{i}")
        stage.remembered("B", i, f"{i} a{i}", f"A:{i}")
    stage.remembered("B", 6, "10 b6")
    stage.remembered("B", 7, "11 b7")
    stage.known(A=5, B=7)
    stage.heal()
    assert stage.after("", 0) == ["a1", "a2", "a3", "a4", "a5", "b6", "b7"]
    assert stage.after("B", 6) == ["b7"]


def test_what_is_known_of_by_its_number_is_no_gap_where_another_life_has_it(stage: Stage) -> None:
    """Nobody offers A by that name; B has it all."""
    for i in range(1, 6):
        stage.remembered("B", i, f"{i} a{i}", f"A:{i}")
    stage.remembered("B", 6, "10 b6")
    stage.known(A=5, B=6)
    stage.heal()
    assert stage.after("", 0) == ["a1", "a2", "a3", "a4", "a5", "b6"]
    assert stage.after("B", 6) == []


def test_a_gap_that_was_told_in_a_life_stops_none_of_its_cursors(stage: Stage) -> None:
    stage.found("A", "1 a1", "2 a2")
    stage.admin.hset(stage.base + ":tail", "B:3", "gap  0  9 \nA 3 5")
    stage.remembered("B", 4, "10 b4")
    stage.remembered("B", 5, "11 b5")
    stage.known(A=5, B=5, fork__B=2)
    stage.heal()
    assert not [text for text in stage.after("B", 5) if text.startswith("b")]


def test_a_left_of_long_ago_does_not_show_gone_who_is_there(stage: Stage) -> None:
    carl = stage.node.claim("Carl")
    stage.found("F", f"20 joined joined {carl.session} 0", "21 x")
    stage.admin.hset(stage.base + ":members", carl.session, "Carl")
    stage.admin.hset(stage.space.key(f"session:{carl.session}"), "rooms", f"#lobby,{ROOM}")
    stage.remembered("L", 1, f"1 joined joined {carl.session} 0")
    stage.remembered("L", 2, f"2 left left {carl.session} 0")
    stage.known(L=2)
    stage.heal()
    assert not [text for text in stage.after("", 0) if text.startswith("left:")]


def test_a_left_that_two_lives_have_is_told_once(stage: Stage) -> None:
    stage.found("A", "20 joined joined ghost 0", "21 x")
    stage.admin.hset(stage.base + ":members", "ghost", "ghost")
    stage.remembered("A", 3, "30 expired left ghost 0")
    stage.remembered("L", 1, "1 joined joined ghost 0")
    stage.remembered("L", 2, "2 left left ghost 0")
    stage.known(A=3, L=2)
    stage.heal()
    assert [text for text in stage.after("", 0) if text.startswith("left:")] == ["left:expired"]


def test_two_memories_that_begin_within_one_millisecond_are_brought_in_order(stage: Stage) -> None:
    """One has turned and reaches less far back, or further."""
    for name, (of_b, of_a) in {"x": ((5, 6), (4, 5, 6)), "y": ((4, 5), (5,))}.items():
        stage = Stage(stage.space, f"#{name}")
        for i in of_b:
            stage.remembered("B", i, f"1 a{i}", f"A:{i}")
        for i in of_a:
            stage.remembered("A", i, f"1 a{i}")
        stage.known(A=max(of_a), B=max(of_b))
        stage.heal()
        told = [text for text in stage.after("", 0) if text.startswith("a")]
        assert told == sorted(told)


def emptied(stage: Stage, top: int, *, held_from: int) -> None:
    """A's data come back after a life B that began with nothing, and had of A what the nodes remembered, from
    `held_from` to `top`, and then one message of its own."""
    stage.found("A", *(f"{i} a{i}" for i in range(1, top + 1)))
    for place, i in enumerate(range(held_from, top + 1), 1):
        stage.remembered("B", place, f"{i} a{i}", f"A:{i}")
    stage.remembered("B", top - held_from + 2, "90 new")
    stage.known(B=top - held_from + 2, fork__B=0)


def test_a_life_that_began_with_what_was_remembered_leads_to_where_that_stands(stage: Stage) -> None:
    """What its members had before is not told them again, though its offsets began anew."""
    emptied(stage, 9, held_from=5)
    stage.heal()
    assert stage.after("B", 3) == ["a8", "a9", "new*"]
    assert stage.after("B", 5) == ["new*"]
    assert stage.after("B", 6) == []
    assert stage.after("A", 9) == ["new*"]


def test_such_a_life_leads_over_nothing_that_it_lacked(stage: Stage) -> None:
    """A had 7, which nobody remembered in B, and went further than B knew."""
    stage.found("A", *(f"{i} a{i}" for i in range(1, 10)))
    for place, i in enumerate((5, 6, 8), 1):
        stage.remembered("B", place, f"{i} a{i}", f"A:{i}")
    stage.remembered("B", 4, "90 new")
    stage.known(B=4, fork__B=0)
    stage.heal()
    assert "a7" in stage.after("B", 3)
    assert {"a7", "a9"} <= set(stage.after("B", 4))
    assert "a5" not in stage.after("B", 2)


def test_nor_over_what_it_got_late(stage: Stage) -> None:
    stage.found("A", *(f"{i} a{i}" for i in range(1, 8)))
    for place, i in enumerate((5, 7), 1):
        stage.remembered("B", place, f"{i} a{i}", f"A:{i}")
    stage.remembered("B", 3, "6 a6", "late A:6")
    stage.known(B=3, fork__B=0)
    stage.heal()
    assert "a6" in stage.after("B", 2)
    assert "a5" not in stage.after("B", 3)
