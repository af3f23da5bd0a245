"""Coming, going, presence, nicknames."""

from __future__ import annotations

import pytest

from drill.checker import check
from drill.history import Happening, Kind
from tests.unit.drill.story import ROOM, Change, add, both, drop, fault, headed, repeat, rules, run


@pytest.mark.parametrize(
    "change",
    [
        drop(Kind.JOINED, "ana", who="chi"),
        repeat(Kind.JOINED, "ana", who="chi"),
        drop(Kind.LEFT, "ben", who="chi"),
        repeat(Kind.LEFT, "ben", who="chi"),
        add(Happening("ben", Kind.LEFT, ROOM, "ana", at=900.0)),
        add(Happening("ben", Kind.JOINED, ROOM, "ana", at=900.0)),
    ],
)
def test_each_arrival_and_departure_is_told_once(change: Change) -> None:
    assert rules(change(run())) == {"announcements"}


@pytest.mark.parametrize(("at", "is_broken"), [(900.0, False), (0.5, True)])
def test_who_is_told_a_gap_may_have_missed_before_that_someone_left(at: float, is_broken: bool) -> None:
    gap = Happening("ben", Kind.GAP, ROOM, epoch="e1", first=12, last=12, at=at)

    assert ("announcements" in rules([*drop(Kind.LEFT, "ben", who="chi")(run()), gap])) is is_broken


def test_what_redis_may_have_undone_is_vague() -> None:
    made = repeat(Kind.LEFT, "ben", who="chi")(run())
    leaving = next(h.at for h in made if h.kind is Kind.LEAVING)

    beside = check(headed(made, *fault("rewind", leaving, leaving + 1)))
    assert beside.kept
    assert beside.vague == 1
    assert rules(headed(made, *fault("rewind", 500.0, 501.0))) == {"announcements"}


def renewed(left: int = 1, joined: int = 1, after: float = 30.0) -> list[Happening]:
    """ben loses his session, and has another one."""
    made = run()
    lost = made[-1].at + 10
    back = lost + after
    return [
        *made,
        Happening("ana", Kind.SENT, ROOM, text="still there?", at=lost - 2),
        Happening("ana", Kind.ACCEPTED, ROOM, text="still there?", epoch="e1", offset=11, at=lost - 1),
        *(Happening(nick, Kind.RECEIVED, ROOM, "ana", "still there?", "e1", 11, at=lost) for nick in ("ana", "ben")),
        Happening("ben", Kind.DISCONNECTED, node="n2", at=lost),
        Happening("ana", Kind.SENT, ROOM, text="hello?", at=lost + 0.1),
        Happening("ana", Kind.ACCEPTED, ROOM, text="hello?", epoch="e1", offset=12, at=lost + 0.2),
        Happening("ana", Kind.RECEIVED, ROOM, "ana", "hello?", "e1", 12, at=lost + 0.3),
        *[Happening("ana", Kind.LEFT, ROOM, "ben", at=back - 1)] * left,
        Happening("ben", Kind.RENEWED, node="n3", at=back),
        *[Happening("ana", Kind.JOINED, ROOM, "ben", at=back)] * joined,
        Happening("ben", Kind.ENTERED, ROOM, node="n3", at=back + 0.1),
    ]


def with_ends(made: list[Happening]) -> list[Happening]:
    """As a workload notes it that writes down the two ends of a lost session itself."""
    i = next(i for i, h in enumerate(made) if h.kind is Kind.RENEWED)
    lost = next(h.at for h in made if h.kind is Kind.DISCONNECTED)
    ends = [
        Happening("ben", Kind.LEAVING, ROOM, at=lost),
        Happening("ben", Kind.GONE, ROOM, at=made[i].at),
        Happening("ben", Kind.OPENING, ROOM, at=lost),
    ]
    return [*made[: i + 1], *ends, *made[i + 1 :]]


@pytest.mark.parametrize("noted", [list, with_ends])
def test_a_lost_session_is_one_left_and_one_joined(noted: Change) -> None:
    assert rules(noted(renewed())) == set()
    assert rules(noted(renewed(left=2))) == {"announcements"}
    assert rules(noted(renewed(joined=2))) == {"announcements"}
    assert rules(noted(renewed(left=0))) == {"announcements"}
    assert check(renewed()).renewed == 1


def test_a_session_that_is_lost_within_the_grace() -> None:
    def drill(after: float, *faults: Happening) -> set[str]:
        return rules(headed(renewed(after=after), *faults)) - {"displaced"}

    lost = next(h.at for h in renewed() if h.kind is Kind.DISCONNECTED)
    assert drill(30.0) == set()
    assert drill(1.0) == {"put_out"}
    assert drill(1.0, *fault("kill", lost, lost + 1)) == {"put_out"}
    assert drill(1.0, *fault("flushall", lost, lost + 1)) == set()


@pytest.mark.parametrize(("before", "found"), [(0.1, set()), (2.0, set()), (50.0, {"stranded"})])
def test_who_loses_his_node_in_the_last_moment_is_not_stranded_yet(before: float, found: set[str]) -> None:
    lost = Happening("ben", Kind.DISCONNECTED, node="n2", at=999.0 - before)
    assert rules(headed([*run(), lost])) == found


def test_who_is_not_let_in_to_the_end_is_stranded() -> None:
    opening = Happening("dee", Kind.OPENING, ROOM, at=900.0)

    assert rules(headed([*run(), opening])) == {"stranded"}
    assert rules(headed([*run(), opening, Happening("dee", Kind.LEAVING, ROOM, at=901.0)])) == set()


def shown(nick: str, text: str) -> Happening:
    return Happening("", Kind.PRESENCE, who=nick, text=text, at=999.0)


@pytest.mark.parametrize(
    ("rows", "kept"),
    [
        ([("ana", "n1 here"), ("ben", "n2 here")], True),
        ([("ana", "n1 here"), ("ben", "n3 here")], False),
        ([("ana", "n1 here"), ("ben", "n2 away")], False),
        ([("ana", "n1 here")], False),
        ([("ana", "n1 here"), ("ben", "n2 here"), ("chi", "n3 away")], False),
        ([("ana", "n1 here"), ("ben", "n2 here"), ("ghost", "n3 here")], False),
    ],
)
def test_presence_shows_where_people_are(rows: list[tuple[str, str]], kept: bool) -> None:
    assert rules([*run(), *(shown(*row) for row in rows)]) == (set() if kept else {"displaced"})


def test_a_drill_that_shows_nobody() -> None:
    assert rules([h for h in headed(run()) if h.kind is not Kind.PRESENCE]) == {"displaced"}


def test_presence_follows_who_has_moved() -> None:
    moved = Happening("ben", Kind.MOVED, who="n3", at=900.0)

    assert rules([*run(), moved, shown("ana", "n1 here"), shown("ben", "n3 here")]) == set()
    assert rules([*run(), moved, shown("ana", "n1 here"), shown("ben", "n2 here")]) == {"displaced"}


def test_a_drill_ends_with_the_look() -> None:
    """What happens afterwards is nothing that was waited for."""
    lost = Happening("ben", Kind.DISCONNECTED, node="n2", at=1000.0)
    late = Happening("dee", Kind.OPENING, ROOM, at=1000.5)
    moved = Happening("ana", Kind.MOVED, who="n3", at=1001.0)
    assert rules([*headed(run()), lost, late, moved, Happening("x", Kind.FREES, at=1010.0)]) == set()


def holds(client: str, at: float, name: str = "Prize") -> Happening:
    return Happening(client, Kind.HOLDS, who=name, at=at)


def frees(client: str, at: float, name: str = "Prize") -> Happening:
    return Happening(client, Kind.FREES, who=name, at=at)


@pytest.mark.parametrize(
    ("made", "kept"),
    [
        ([holds("r1", 1), frees("r1", 2), holds("r2", 3), frees("r2", 4)], True),
        ([holds("r1", 1), holds("r2", 2), frees("r1", 3), frees("r2", 4)], False),
        ([holds("r1", 1), holds("r2", 2, "ＰＲＩＺＥ"), frees("r1", 3), frees("r2", 4, "ＰＲＩＺＥ")], False),
        ([holds("r1", 1), holds("r2", 2, "other")], True),
        ([holds("r1", 1), holds("r1", 2)], True),
        ([holds("r1", 1), Happening("r1", Kind.DISCONNECTED, at=2), holds("r2", 3)], True),
        (
            [
                holds("r1", 1),
                Happening("r1", Kind.DISCONNECTED, at=2),
                holds("r2", 3),
                Happening("r1", Kind.MOVED, who="n2", at=4),
            ],
            False,
        ),
        ([holds("r1", 1), Happening("r1", Kind.RENEWED, at=2), holds("r2", 3)], True),
    ],
)
def test_a_nickname_has_one_holder(made: list[Happening], kept: bool) -> None:
    assert rules(made) == (set() if kept else {"two_holders"})


def test_a_hold_of_which_nothing_is_heard_counts_for_the_grace() -> None:
    """The server may have given it up long before its client noticed."""
    apart = [holds("r1", 10), holds("r2", 15), frees("r2", 16), frees("r1", 17)]
    within = [holds("r1", 10), holds("r2", 13), frees("r2", 16), frees("r1", 17)]

    assert rules(headed([*run(), *apart])) == set()
    assert rules(headed([*run(), *within])) == {"two_holders"}


def test_letters_to_a_name_that_one_holds_are_not_overheard() -> None:
    made = both(
        add(
            holds("ben", 800.0),
            Happening("ana", Kind.SENT, "@Prize", text="well run", at=901.0),
            Happening("ben", Kind.RECEIVED, "@", "ana", "well run", "e1", 2, at=902.0),
        )
    )(run())

    assert rules(made) - {"unanswered"} == set()


def test_who_entered_after_the_last_sign_of_someone_may_not_be_told_that_he_left() -> None:
    """He noticed his end long after it had come."""
    made = run()
    leaving, gone = (next(h for h in made if h.kind is kind) for kind in (Kind.LEAVING, Kind.GONE))
    late = [
        Happening("dee", Kind.OPENING, ROOM, at=leaving.at - 0.9),
        Happening("dee", Kind.ENTERED, ROOM, at=leaving.at - 0.8),
    ]
    told = [Happening(nick, Kind.JOINED, ROOM, "dee", at=gone.at) for nick in ("ana", "ben")]

    assert rules([*made, *late, *told]) == set()


def test_who_leaves_twice_has_left_both_times() -> None:
    made = [h for h in run() if h.kind is not Kind.GONE]
    again = [
        Happening("chi", kind, ROOM, at=500.0 + i) for i, kind in enumerate((Kind.OPENING, Kind.ENTERED, Kind.LEAVING))
    ]
    ends = [Happening("chi", Kind.GONE, ROOM, at=600.0)] * 2
    told = [
        Happening(nick, kind, ROOM, "chi", at=502.0) for nick in ("ana", "ben") for kind in (Kind.JOINED, Kind.LEFT)
    ]
    rows = [shown("ana", "n1 here"), shown("ben", "n2 here")]

    assert rules([*made, *again, *told, *ends, *rows]) == set()
    assert rules([*made, *again, *told, *ends, *rows, shown("chi", "n3 away")]) == {"displaced"}
    assert rules([*made, *again, *told, ends[0], *rows, shown("chi", "n3 away")]) == set()  # who knows


def test_who_was_never_told_that_he_was_in_need_not_be_told_to_have_left() -> None:
    tried = [
        Happening("dee", kind, ROOM, at=500.0 + i) for i, kind in enumerate((Kind.OPENING, Kind.LEAVING, Kind.GONE))
    ]
    told = [Happening("ana", kind, ROOM, "dee", at=500.5) for kind in (Kind.JOINED, Kind.LEFT)]

    assert rules([*run(), *tried]) == set()
    assert rules([*run(), *tried, *told]) == set()
    assert rules([*run(), *tried, *told, told[0]]) == {"announcements"}
