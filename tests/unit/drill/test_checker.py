"""The checker finds each violation: one that never failed proves nothing."""

from __future__ import annotations

import pytest

from drill.checker import check, settled, violations
from drill.history import Happening, Kind
from tests.unit.drill.story import ROOM, Change, add, both, drop, edit, headed, repeat, rules, run, swap, told


def test_a_flawless_run_has_no_violations() -> None:
    verdict = check(run())

    assert violations(run()) == []
    assert verdict.kept
    assert settled(run())
    assert (verdict.unknown, verdict.told, verdict.vague, verdict.renewed) == (0, 0, 0, 0)
    assert verdict.counts["accepted"] == 7


def test_a_flawless_drill_has_no_violations() -> None:
    assert violations(headed(run())) == []


REFUSED = edit(Kind.ACCEPTED, "ana", "ana-1", kind=Kind.REFUSED)


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("lost", drop(Kind.RECEIVED, "ben", "ana-1")),
        ("lost", drop(Kind.RECEIVED, "ana", "ana-1")),
        ("lost", drop(Kind.RECEIVED, "chi", "ana-1")),
        ("lost", drop(Kind.RECEIVED, "ben", "psst")),
        ("lost", told(8, 9)),
        ("lost", told(1, 6)),
        ("lost", told(7, 7, epoch="e2")),
        ("lost", told(7, 7, client="ana")),
        ("lost", both(drop(Kind.RECEIVED, "ben", "ana-2"), add(Happening("ben", Kind.GAP, ROOM, first=1, at=2.0)))),
        ("doubled", repeat(Kind.RECEIVED, "chi", "ben-1")),
        ("doubled", repeat(Kind.RECEIVED, "ben", "psst")),
        ("doubled", add(Happening("chi", Kind.HISTORY, ROOM, "ben", "ben-1 šťastný 你好", at=900.0))),
        ("disordered", swap("chi", "ana-1", "ben-1")),
        ("disordered", swap("chi", "ana-1", "chi-2")),
        ("shuffled", swap("chi", "ana-1", "ana-2")),
        ("invented", add(Happening("ben", Kind.RECEIVED, ROOM, "ana", "never said", at=900.0))),
        ("invented", edit(Kind.RECEIVED, "ben", "ana-1", who="chi")),
        ("invented", edit(Kind.RECEIVED, "ben", "ana-1", text="ana-1 ?astný ??")),
        ("invented", edit(Kind.RECEIVED, "ben", "psst", to=ROOM)),
        ("overheard", add(Happening("chi", Kind.RECEIVED, "@", "ana", "psst", at=900.0))),
        ("unanswered", drop(Kind.ACCEPTED, "ana", "ana-1")),
        ("unanswered", repeat(Kind.ACCEPTED, "ana", "ana-1")),
        ("refused_yet_shown", REFUSED),
        ("repeated", edit(Kind.RECEIVED, "chi", "ana-1", offset=77)),
        ("clashing", edit(Kind.RECEIVED, "chi", "ana-1", offset=5)),
        ("gave_up", add(Happening("ben", Kind.STOPPED, text="crashed", at=900.0))),
        ("stranded", add(Happening("ben", Kind.DISCONNECTED, node="n2", at=900.0))),
    ],
)
def test_it_finds(rule: str, change: Change) -> None:
    assert rule in rules(change(run()))


@pytest.mark.parametrize("change", [told(7, 7), told(5, 8), told(7, 0), told(2, 0), told(7, 7, epoch="")])
def test_what_was_told_as_a_gap_is_not_lost(change: Change) -> None:
    made = change(run())

    assert violations(made) == []
    assert check(made).told == 1


def test_a_violation_says_when_and_where() -> None:
    made = drop(Kind.RECEIVED, "ben", "ana-1")(run())
    accepted = next(h for h in made if h.kind is Kind.ACCEPTED)

    verdict = check(made)

    assert [(v.rule, v.at, v.client, v.node) for v in verdict.broken] == [("lost", accepted.at, "ben", "n2")]
    assert verdict.missing == {("ben", "n2"): 1}
    assert not settled(made)


def test_who_comes_later_is_owed_nothing_of_before() -> None:
    late = [Happening("dee", kind, ROOM, at=at) for kind, at in ((Kind.OPENING, 500.0), (Kind.ENTERED, 501.0))]
    seen = [Happening(nick, Kind.JOINED, ROOM, "dee", at=500.5) for nick in ("ana", "ben")]

    assert violations([*run(), *late, *seen]) == []


def test_who_has_left_is_owed_what_came_before_the_last_that_he_got() -> None:
    """What was on its way when he left, nobody can know."""
    made = run()

    assert violations(drop(Kind.RECEIVED, "chi", "chi-2")(made)) == []
    assert rules(drop(Kind.RECEIVED, "chi", "ben-2")(made)) == {"lost"}


def test_who_comes_again_may_see_the_last_messages_again() -> None:
    again = [
        Happening("chi", Kind.OPENING, ROOM, at=500.0),
        *(Happening(nick, Kind.JOINED, ROOM, "chi", at=500.5) for nick in ("ana", "ben")),
        Happening("chi", Kind.ENTERED, ROOM, at=501.0),
        Happening("chi", Kind.HISTORY, ROOM, "ben", "ben-2 šťastný 你好", "e1", 8, at=502.0),
    ]

    assert violations([*run(), *again]) == []
    assert rules([*run(), *again, again[-1]]) == {"doubled"}


def test_three_who_agree_two_by_two_can_still_have_no_common_order() -> None:
    made: list[Happening] = []
    for text in "123":
        made.append(Happening("ana", Kind.SENT, ROOM, text=text, at=1.0))
    for client, seen in (("ben", "12"), ("chi", "23"), ("dee", "31")):
        made += [Happening(client, Kind.RECEIVED, ROOM, "ana", text, at=2.0) for text in seen]

    assert "disordered" in rules(made)


def test_a_contradiction_names_the_one_who_stands_alone() -> None:
    found = [v for v in check(swap("chi", "ana-1", "ben-1")(run())).broken if v.rule == "disordered"]

    assert {v.client for v in found} == {"chi"}


def test_a_log_that_holds_a_message_twice() -> None:
    def logged(n: int, offset: int) -> Happening:
        return Happening("", Kind.LOGGED, ROOM, session="s1", n=n, epoch="e1", offset=offset, at=900.0)

    assert rules([*run(), logged(1, 4), logged(2, 5)]) == set()
    assert rules([*run(), logged(1, 4), logged(1, 4)]) == set()  # looked at twice
    assert rules([*run(), logged(1, 4), logged(1, 5)]) == {"logged_twice"}
    assert rules([*run(), logged(1, 0), logged(2, 0), logged(1, 0)]) == {"logged_twice"}


def test_a_send_whose_fate_cannot_be_known_is_counted() -> None:
    unsure = edit(Kind.ACCEPTED, "ana", "ana-1", kind=Kind.UNSURE)(run())
    left = drop(Kind.ACCEPTED, "chi", "chi-2")(run())
    plain = [*run(), Happening("eve", Kind.SENT, ROOM, text="through nc", at=900.0)]

    for made in (unsure, left, plain):
        assert violations(made) == []
        assert check(made).unknown == 1


def test_a_drill_in_which_nothing_was_accepted_proves_nothing() -> None:
    assert "idle" in rules(headed([h for h in run() if h.kind is not Kind.ACCEPTED]))
    assert rules([]) == set()


def test_a_head_without_settings_is_refused() -> None:
    with pytest.raises(ValueError, match="no settings"):
        check([Happening("", Kind.RUN, text="[]"), Happening("", Kind.RENEWED)])


def test_what_is_shown_twice_is_not_out_of_order_as_well() -> None:
    assert rules(repeat(Kind.RECEIVED, "chi", "ben-1")(run())) == {"doubled", "shuffled"}


def test_what_was_accepted_after_the_last_that_someone_got_is_not_owed_to_him() -> None:
    """It was said before, but may stand in the log after his end."""
    last = next(h.at for h in run() if h.kind is Kind.SENT and h.text.startswith("chi-2"))
    late = [
        Happening("ana", Kind.SENT, ROOM, text="slow", at=last - 0.5),
        Happening("ana", Kind.ACCEPTED, ROOM, text="slow", epoch="e1", offset=10, at=last + 0.5),
        *(Happening(nick, Kind.RECEIVED, ROOM, "ana", "slow", "e1", 10, at=last + 1) for nick in ("ana", "ben")),
    ]

    assert "lost" not in rules([*run(), *late])
    assert "lost" in rules([*run(), *late[:2]])


def test_a_gap_tells_nothing_of_what_was_said_after_it() -> None:
    early = Happening("ben", Kind.GAP, ROOM, epoch="e1", first=7, last=7, at=2.0)

    assert rules([*drop(Kind.RECEIVED, "ben", "ana-2")(run()), early]) == {"lost", "false_gaps"}
