"""Histories to judge: a flawless one, and the ways to spoil it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

import msgspec

from drill.checker import check
from drill.history import Happening, Kind

ROOM = "#lobby"
PEOPLE = ("ana", "ben", "chi")
Change = Callable[[list[Happening]], list[Happening]]


def run() -> list[Happening]:
    """Three come, each says two things to all (offsets 4 to 9), ana one to ben, chi leaves."""
    clock = count(1)
    made: list[Happening] = []

    def note(client: str, kind: Kind, to: str = ROOM, **more: object) -> None:
        made.append(Happening(client, kind, to, at=float(next(clock)), **more))  # type: ignore[arg-type]

    for i, nick in enumerate(PEOPLE):
        note(nick, Kind.OPENING)
        for earlier in PEOPLE[:i]:
            note(earlier, Kind.JOINED, who=nick)
        note(nick, Kind.ENTERED, node=f"n{i + 1}")
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


def headed(made: list[Happening], *faults: Happening, redis: str = "single") -> list[Happening]:
    """A whole drill: with a head, the faults, and a look at presence at the end."""
    settings = {"redis": redis, "times": {"lease": 1.0, "grace": 4.0, "pause": [1.0, 8.0]}}
    head = Happening("", Kind.RUN, text=msgspec.json.encode(settings).decode(), at=0.0)
    seen = [Happening("", Kind.PRESENCE, who=nick, text=f"n{i} here", at=999.0) for i, nick in ((1, "ana"), (2, "ben"))]
    return [head, *faults, *made, *seen]


def rules(made: list[Happening]) -> set[str]:
    """The names of the rules that it breaks."""
    return set(check(made).totals)


def fits(h: Happening, kind: Kind, client: str, text: str, who: str) -> bool:
    return h.kind is kind and h.client == client and h.text.startswith(text) and who in ("", h.who)


def drop(kind: Kind, client: str, text: str = "", who: str = "") -> Change:
    """The first such is missing."""

    def change(made: list[Happening]) -> list[Happening]:
        chosen = next(h for h in made if fits(h, kind, client, text, who))
        return [h for h in made if h is not chosen]

    return change


def repeat(kind: Kind, client: str, text: str = "", who: str = "") -> Change:
    """The first such comes once more, at the end."""

    def change(made: list[Happening]) -> list[Happening]:
        return [*made, next(h for h in made if fits(h, kind, client, text, who))]

    return change


def edit(kind: Kind, client: str, start: str, /, **more: object) -> Change:
    """All such are otherwise."""

    def change(made: list[Happening]) -> list[Happening]:
        return [msgspec.structs.replace(h, **more) if fits(h, kind, client, start, "") else h for h in made]

    return change


def add(*more: Happening) -> Change:
    return lambda made: [*made, *more]


def swap(client: str, first: str, second: str) -> Change:
    """The client sees `second` before `first`."""

    def change(made: list[Happening]) -> list[Happening]:
        i = next(i for i, h in enumerate(made) if fits(h, Kind.RECEIVED, client, first, ""))
        j = next(i for i, h in enumerate(made) if fits(h, Kind.RECEIVED, client, second, ""))
        made[i], made[j] = made[j], made[i]
        return made

    return change


def both(*changes: Change) -> Change:
    """One after the other."""

    def change(made: list[Happening]) -> list[Happening]:
        for each in changes:
            made = each(made)
        return made

    return change


def gap(first: int, last: int, epoch: str = "e1", client: str = "ben", to: str = ROOM) -> Change:
    """The client is told that these may be missing."""
    return add(Happening(client, Kind.GAP, to, epoch=epoch, first=first, last=last, at=900.0))


def told(first: int, last: int, epoch: str = "e1", client: str = "ben") -> Change:
    """ben misses offset 7, and a gap is told."""
    return both(drop(Kind.RECEIVED, "ben", "ana-2"), gap(first, last, epoch, client))


def fault(name: str, begin: float, end: float, who: str = "redis", number: int = 1) -> list[Happening]:
    """It lasts from `begin` to `end`."""
    return [
        Happening("", Kind.FAULT, name, who, n=number, at=begin),
        Happening("", Kind.HEALED, name, who, n=number, at=end),
    ]
