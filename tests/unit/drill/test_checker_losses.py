"""What a lost session, or a loss of Redis's data, explains: no promise was broken."""

from __future__ import annotations

import msgspec

from drill.checker import violations
from drill.history import Happening, Kind

ROOM = "#lobby"
HEAD = {"redis": "single", "times": {"lease": 1.0, "grace": 4.0}}


def at(time: float, client: str, kind: Kind, to: str = "", **more: str | int) -> Happening:
    return Happening(client, kind, to, at=time, **more)  # type: ignore[arg-type]


def stay(client: str, opening: float) -> list[Happening]:
    return [at(opening, client, Kind.OPENING, ROOM), at(opening + 0.1, client, Kind.ENTERED, ROOM)]


def said(time: float, text: str, offset: int, *hearers: str) -> list[Happening]:
    place: dict[str, str | int] = {"text": text, "epoch": "e", "offset": offset}
    return [
        at(time, "ana", Kind.SENT, ROOM, text=text),
        at(time + 0.1, "ana", Kind.ACCEPTED, ROOM, **place),
        *(at(time + 0.1, each, Kind.RECEIVED, ROOM, who="ana", **place) for each in ("ana", *hearers)),
    ]


def found(*parts: list[Happening]) -> list[str]:
    head = at(0.0, "", Kind.RUN, text=msgspec.json.encode(HEAD).decode())
    here = [at(99.0, "operator", Kind.PRESENCE, who=nick, text="n1 here") for nick in ("ana", "ben")]
    return [text.partition(":")[0] for text in violations([head, *(h for part in parts for h in part), *here])]


def test_who_lost_his_session_is_told_what_passed_him_by() -> None:
    lost = [
        at(20.0, "ben", Kind.DISCONNECTED, node="n1"),
        at(20.0, "ben", Kind.LEAVING, ROOM),
        at(40.0, "ben", Kind.GONE, ROOM),
        at(40.0, "ben", Kind.RENEWED, who="n1"),
        *stay("ben", 39.0),
        at(20.5, "ana", Kind.LEFT, ROOM, who="ben"),
        at(39.5, "ana", Kind.JOINED, ROOM, who="ben"),
    ]
    gap = at(41.0, "ben", Kind.GAP, ROOM, first=6, last=6, epoch="e")
    begin = [*stay("ana", 1.0), *stay("ben", 2.0), at(2.05, "ana", Kind.JOINED, ROOM, who="ben")]
    heard, missed = said(10.0, "one", 5, "ben"), said(30.0, "two", 6)
    assert found(begin, heard, missed, lost, [gap]) == []
    assert found(begin, heard, [*said(30.0, "two", 6, "ben")], [gap]) == ["false_gaps"]


def test_a_departure_that_was_undone_by_a_loss_is_told_again_to_who_came_later() -> None:
    gone = [
        *stay("leo", 3.0),
        at(10.0, "leo", Kind.LEAVING, ROOM),
        at(10.5, "leo", Kind.GONE, ROOM),
        *(at(3.05, nick, Kind.JOINED, ROOM, who="leo") for nick in ("ana",)),
        at(10.2, "ana", Kind.LEFT, ROOM, who="leo"),
    ]
    loss = [at(11.0, "nemesis", Kind.FAULT, "rewind", n=1), at(11.5, "nemesis", Kind.HEALED, "rewind", n=1)]
    late = [*stay("ben", 12.0), at(12.05, "ana", Kind.JOINED, ROOM, who="ben")]
    again = [at(13.0, "ben", Kind.LEFT, ROOM, who="leo")]
    begin, talk = stay("ana", 1.0), said(20.0, "one", 5, "ben")
    assert found(begin, gone, loss, late, again, talk) == []
    assert found(begin, gone, late, again, talk) == ["announcements"]


def test_a_departure_waits_for_redis_and_may_be_lost_meanwhile() -> None:
    """Nobody is declared gone while Redis is away; then its data are lost, and with them who was there."""
    crashed = [
        *stay("leo", 3.0),
        at(3.05, "ana", Kind.JOINED, ROOM, who="leo"),
        at(10.0, "leo", Kind.LEAVING, ROOM),
        at(60.0, "leo", Kind.GONE, ROOM),
    ]
    away = [at(12.0, "nemesis", Kind.FAULT, "redis-freeze", n=1), at(37.0, "nemesis", Kind.HEALED, "redis-freeze", n=1)]
    loss = [at(40.0, "nemesis", Kind.FAULT, "empty", n=2), at(40.5, "nemesis", Kind.HEALED, "empty", n=2)]
    begin = [*stay("ana", 1.0), *stay("ben", 2.0), at(2.05, "ana", Kind.JOINED, ROOM, who="ben")]
    told = [at(3.05, "ben", Kind.JOINED, ROOM, who="leo")]
    talk = said(70.0, "one", 5, "ben")
    assert found(begin, told, crashed, away, loss, talk) == []
    assert set(found(begin, told, crashed, away, talk)) == {"announcements"}
    assert set(found(begin, told, crashed, loss, talk)) == {"announcements"}
