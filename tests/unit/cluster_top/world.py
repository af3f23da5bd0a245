"""Readings of clusters that don't exist."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from cluster.operator.read import NodeRow, RoomRow, SessionRow
from cluster.top.facts import NODES, ROOMS, USERS, Reading, Want, key_of
from cluster.top.people import RoomDetail, Store
from cluster.top.rates import Sample

STORE = Store(0.0004, "7.2.1", 12_000_000, 0, 431, 17, "open", 2, 1)


def node(name: str, **fields: Any) -> NodeRow:
    http, started = f"192.0.2.1:8{name[1:]}", "1700000000000"
    row = NodeRow(name, f"b{name}", "192.0.2.1:7", http, "serving", "0.1.0", 3, True, 0.4, 99, "host", started)
    return replace(row, **fields)


def user(nick: str, **fields: Any) -> SessionRow:
    row = SessionRow(nick, "n1", "here", 1_700_000_000_000, 0, ["#lobby"], "198.51.100.7:5", f"s-{nick}", "bn1")
    return replace(row, **fields)


def shown(at: float, said: float, out: float, slow: float = 0.0, **values: float) -> Sample:
    """What a node shows that took `said` messages and offered `out`, of which `slow` took a second or more."""
    counts = {0.01: said - slow, 1.0: said, float("inf"): said}
    trips = {"hydrachat_redis_round_trip_seconds_count": at, "hydrachat_redis_round_trip_seconds_sum": at * 0.002}
    counted = {"hydrachat_said_accepted_total": said, "hydrachat_deliveries_total": out}
    return Sample(at, {**counted, **trips, **values}, {"hydrachat_delivery_delay_seconds": counts})


def reading(at: float, *rows: NodeRow, samples: Mapping[str, Sample] | None = None, **fields: Any) -> Reading:
    """Of nodes that live and answer, unless told otherwise."""
    if samples is None:
        samples = {key_of(row): shown(at, 10 * at, 100 * at) for row in rows if row.alive}
    return replace(Reading(at, store=STORE, nodes=rows, samples=samples), **fields)


class Script:
    """A source that gives what `next` returns, at once. `wants`: what was wanted."""

    def __init__(self, make: Callable[[float, Want], Reading]) -> None:
        self.make = make
        self.wants: list[Want] = []
        self.closed = threading.Event()
        self._at = 0.0

    def read(self, want: Want) -> Reading:
        self.wants.append(want)
        self._at += 2.0
        return self.make(self._at, want)

    def close(self) -> None:
        self.closed.set()


def cluster(nodes: int = 3, users: int = 2, rooms: int = 1) -> Callable[[float, Want], Reading]:
    """A cluster in which all is well."""
    rows = [node(f"n{number}") for number in range(1, nodes + 1)]
    people = tuple(user(f"u{number:04}", node=f"n{number % nodes + 1}") for number in range(users))

    def make(at: float, want: Want) -> Reading:
        found = reading(at, *rows, listed=at)
        if want.view == ROOMS:
            listed = tuple(RoomRow(f"#r{number}", number, int(at) * number, "e", 0, 0, "") for number in range(rooms))
            return replace(found, rooms=listed, room=RoomDetail(want.room, "tea", 5, ["ana"]) if want.room else None)
        return replace(found, users=people, waiting={"s-u0001": 4}) if want.view == USERS else found

    return make


def redis_away(at: float, want: Want) -> Reading:
    """From the start."""
    return Reading(at, error="Error 111 connecting to 127.0.0.1:1. Connection refused.")


__all__ = ["NODES", "ROOMS", "STORE", "USERS", "Script", "cluster", "node", "reading", "redis_away", "shown", "user"]
