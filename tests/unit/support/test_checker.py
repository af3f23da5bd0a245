"""The checker finds each violation: one that never failed proves nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import count

import pytest

from tests.support import checker
from tests.support.history import Happening, History, Kind

ROOM = "#lobby"
PEOPLE = ("ana", "ben", "chi")
Change = Callable[[list[Happening]], list[Happening]]


def run() -> list[Happening]:
    """A flawless run: three come, each says two things to all, ana one to ben, chi leaves."""
    clock = count(1)
    made: list[Happening] = []

    def note(client: str, kind: Kind, to: str = ROOM, **more: object) -> None:
        made.append(Happening(client, kind, to, at=float(next(clock)), **more))  # type: ignore[arg-type]

    for i, nick in enumerate(PEOPLE):
        note(nick, Kind.OPENING)
        for earlier in PEOPLE[:i]:
            note(earlier, Kind.JOINED, who=nick)
        note(nick, Kind.ENTERED)
    for offset, (nick, k) in enumerate(((nick, k) for k in (1, 2) for nick in PEOPLE), start=4):
        text = f"{nick}-{k} šťastný 你好"
        note(nick, Kind.SENT, text=text)
        note(nick, Kind.ACCEPTED, text=text, epoch="e1", offset=offset)
        for reader in PEOPLE:
            note(reader, Kind.RECEIVED, who=nick, text=text, epoch="e1", offset=offset)
    note("ana", Kind.SENT, "@ben", text="psst")
    note("ana", Kind.ACCEPTED, "@ben", text="psst", epoch="e1", offset=1)
    note("ben", Kind.RECEIVED, "@", who="ana", text="psst", epoch="e1", offset=1)
    note("chi", Kind.LEAVING)
    for other in PEOPLE[:2]:
        note(other, Kind.LEFT, who="chi")
    note("chi", Kind.GONE)
    return made


def drop(kind: Kind, client: str, text: str = "", who: str = "") -> Change:
    def change(made: list[Happening]) -> list[Happening]:
        chosen = next(h for h in made if _fits(h, kind, client, text, who))
        return [h for h in made if h is not chosen]

    return change


def repeat(kind: Kind, client: str, text: str = "", who: str = "") -> Change:
    def change(made: list[Happening]) -> list[Happening]:
        return [*made, next(h for h in made if _fits(h, kind, client, text, who))]

    return change


def edit(kind: Kind, client: str, start: str, **more: str) -> Change:
    def change(made: list[Happening]) -> list[Happening]:
        return [replace(h, **more) if _fits(h, kind, client, start, "") else h for h in made]  # type: ignore[arg-type]

    return change


def add(*more: Happening) -> Change:
    return lambda made: [*made, *more]


def swap(client: str, first: str, second: str) -> Change:
    """The client sees `second` before `first`."""

    def change(made: list[Happening]) -> list[Happening]:
        i = next(i for i, h in enumerate(made) if _fits(h, Kind.RECEIVED, client, first, ""))
        j = next(i for i, h in enumerate(made) if _fits(h, Kind.RECEIVED, client, second, ""))
        made[i], made[j] = made[j], made[i]
        return made

    return change


def _fits(h: Happening, kind: Kind, client: str, text: str, who: str) -> bool:
    return h.kind is kind and h.client == client and h.text.startswith(text) and who in ("", h.who)


def told(first: int, last: int, epoch: str = "e1", client: str = "ben") -> Change:
    gap = Happening(client, Kind.GAP, ROOM, epoch=epoch, first=first, last=last, at=900.0)
    return lambda made: [*drop(Kind.RECEIVED, "ben", "ana-2")(made), gap]


def test_a_flawless_run_has_no_violations() -> None:
    assert checker.violations(run()) == []


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("lost", drop(Kind.RECEIVED, "ben", "ana-1")),
        ("lost", drop(Kind.RECEIVED, "ana", "ana-1")),
        ("lost", drop(Kind.RECEIVED, "ben", "psst")),
        ("lost", told(8, 9)),
        ("lost", told(1, 6)),
        ("lost", told(7, 7, epoch="e2")),
        ("lost", told(7, 7, client="ana")),
        ("doubled", repeat(Kind.RECEIVED, "chi", "ben-1")),
        ("doubled", repeat(Kind.RECEIVED, "ben", "psst")),
        ("doubled", add(Happening("chi", Kind.HISTORY, ROOM, "ben", "ben-1 šťastný 你好", at=900.0))),
        ("disordered", swap("chi", "ana-1", "ben-1")),
        ("shuffled", swap("chi", "ana-1", "ana-2")),
        ("invented", add(Happening("ben", Kind.RECEIVED, ROOM, "ana", "never said", at=900.0))),
        ("invented", edit(Kind.RECEIVED, "ben", "ana-1", who="chi")),
        ("invented", edit(Kind.RECEIVED, "ben", "ana-1", text="ana-1 ?astný ??")),
        ("invented", edit(Kind.RECEIVED, "ben", "psst", to=ROOM)),
        ("overheard", add(Happening("chi", Kind.RECEIVED, "@", "ana", "psst", at=900.0))),
        ("unanswered", drop(Kind.ACCEPTED, "ana", "ana-1")),
        ("unanswered", repeat(Kind.ACCEPTED, "ana", "ana-1")),
        ("announcements", drop(Kind.JOINED, "ana", who="chi")),
        ("announcements", repeat(Kind.JOINED, "ana", who="chi")),
        ("announcements", drop(Kind.LEFT, "ben", who="chi")),
        ("announcements", repeat(Kind.LEFT, "ben", who="chi")),
        ("announcements", add(Happening("ben", Kind.LEFT, ROOM, "ana", at=900.0))),
        ("announcements", add(Happening("ben", Kind.JOINED, ROOM, "ana", at=900.0))),
    ],
)
def test_it_finds(rule: str, change: Change) -> None:
    found = checker.violations(change(run()))

    assert any(text.startswith(f"{rule}: ") for text in found), found


@pytest.mark.parametrize("change", [told(7, 7), told(5, 8), told(7, 0), told(2, 0)])
def test_what_was_told_as_a_gap_is_not_lost(change: Change) -> None:
    assert checker.violations(change(run())) == []


def test_who_comes_later_is_owed_nothing_of_before() -> None:
    late = [Happening("dee", kind, ROOM, at=at) for kind, at in ((Kind.OPENING, 500.0), (Kind.ENTERED, 501.0))]
    seen = [Happening(nick, Kind.JOINED, ROOM, "dee", at=500.5) for nick in ("ana", "ben")]

    assert checker.violations([*run(), *late, *seen]) == []


def test_a_history_keeps_the_order_of_a_thread() -> None:
    history = History()
    for n in range(3):
        history.add(Happening("ana", Kind.SENT, ROOM, text=str(n)))

    assert [h.text for h in history.all()] == ["0", "1", "2"]
    assert history.count(Kind.SENT, "ana") == 3
    assert history.count(Kind.SENT, "ben") == 0
