"""What was read before, and the lines that follow from it. Pure but for what it remembers; one thread."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any

from cluster.operator.read import LOST, NodeRow, RoomRow, SessionRow
from cluster.top.facts import NODES, ROOMS, USERS, Reading, key_of
from cluster.top.names import DELAY, RATES, ROUND_TRIP, STATE, VALUES
from cluster.top.rates import Buckets, History, Track, quantile, together

WINDOW = 10.0
"""Seconds over which delays are told: only some messages are measured, and a calm cluster has few."""
OLDEST = 60.0
"""Seconds after which a list that was left says nothing of how rooms grow now."""
REMEMBERED = 240
"""Values of a sparkline."""
DRAWN = ("said", "out", "p99", "redis", "clients")
UNKNOWN = "unknown"
_STATE_IS = STATE + "{"

Figures = Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class NodeLine:
    """A node's run. `figures`: what its metrics say, each second, seconds or bytes; `silent`: why they say nothing."""

    row: NodeRow
    state: str
    answered: bool
    figures: Figures
    silent: str = ""

    @property
    def key(self) -> str:
        return key_of(self.row)


@dataclass(frozen=True, slots=True)
class RoomLine:
    """`rate`: entries a second, coming and going included; None: not known yet."""

    row: RoomRow
    rate: float | None

    @property
    def key(self) -> str:
        return self.row.room


@dataclass(frozen=True, slots=True)
class UserLine:
    """`waiting`: entries of the inbox that are not acknowledged. `state`: whoever is here at a node that is lost is so
    too, until another one ends or takes him."""

    row: SessionRow
    waiting: int
    state: str

    @property
    def key(self) -> str:
        return self.row.session


class Book:
    """Takes readings; has the lines of the latest. While Redis is away the lists stay as they were."""

    def __init__(self) -> None:
        self.reading = Reading(0.0)
        self.nodes: list[NodeLine] = []
        self.rooms: list[RoomLine] = []
        self.users: list[UserLine] = []
        self.totals: Figures = {}
        self.history = History(REMEMBERED)
        self.histories: dict[str, History] = {}
        self.read_at: float | None = None
        """When Redis was read the last time; None: never."""
        self._tracks: dict[str, Track] = {}
        self._rooms_listed = 0.0

    def take(self, reading: Reading) -> None:
        """The next reading; the one before must be older."""
        self.reading = reading
        if not reading.error:
            self.read_at = reading.at
        self._keep(reading)
        self.nodes = [self._node(row) for row in reading.nodes]
        for line in self.nodes:
            self.histories[line.key].add({name: line.figures.get(name) for name in DRAWN})
        self.totals = self._totals()
        self.history.add({name: self.totals.get(name) for name in DRAWN})
        self._take_lists(reading)

    def counted(self) -> Counter[str]:
        """How many nodes are how. One that was started again is not lost, nor is it so twice."""
        living = {line.row.node: line.state for line in self.nodes if line.row.alive}
        gone = {line.row.node: line.state for line in self.nodes if not line.row.alive}
        return Counter({**gone, **living}.values())

    def lines(self, view: str) -> list[Any]:
        """Those of one view."""
        found: dict[str, list[Any]] = {NODES: [*self.nodes], ROOMS: [*self.rooms], USERS: [*self.users]}
        return found[view]

    def _keep(self, reading: Reading) -> None:
        """A track for each that is there; those of runs that are gone are forgotten."""
        keys = [key_of(row) for row in reading.nodes]
        self._tracks = {key: self._tracks.get(key) or Track(WINDOW) for key in keys}
        self.histories = {key: self.histories.get(key) or History(REMEMBERED) for key in keys}
        for key, track in self._tracks.items():
            track.add(reading.samples.get(key))

    def _node(self, row: NodeRow) -> NodeLine:
        key = key_of(row)
        track = self._tracks[key]
        figures: dict[str, float | None] = {name: track.rate(counter) for name, counter in RATES.items()}
        figures |= {name: track.now(gauge) for name, gauge in VALUES.items()}
        figures["redis"] = track.mean(ROUND_TRIP)
        figures |= _delays(track.seen(DELAY))
        figures["clients"] = float(row.clients)
        return NodeLine(row, self._state(row, track), track.answered, figures, self.reading.silent.get(key, ""))

    def _state(self, row: NodeRow, track: Track) -> str:
        """What Redis says of it. While nobody can ask Redis, what it says itself."""
        if not row.alive:
            return row.standing
        if not self.reading.error:
            return row.state
        states = self.reading.samples.get(key_of(row))
        said = [
            name for name, value in (states.values if states else {}).items() if name.startswith(_STATE_IS) and value
        ]
        return said[0].removeprefix(_STATE_IS).rstrip("}") if said else UNKNOWN

    def _totals(self) -> Figures:
        """Of all nodes: sums of what is known, delays as of one."""
        totals: dict[str, float | None] = {name: _sum(self.nodes, name) for name in ("said", "out", "cpu", "outbox")}
        totals |= _delays(together(track.seen(DELAY) for track in self._tracks.values()))
        store = self.reading.store
        totals["redis"] = store.round_trip if store else None
        totals["clients"] = None if self.reading.error else float(sum(n.row.clients for n in self.nodes if n.row.alive))
        return totals

    def _take_lists(self, reading: Reading) -> None:
        if reading.error:
            return
        if reading.rooms is not None and reading.listed != self._rooms_listed:
            before, seconds = {line.key: line.row for line in self.rooms}, reading.listed - self._rooms_listed
            self.rooms = [RoomLine(row, _room_rate(before.get(row.room), row, seconds)) for row in reading.rooms]
            self._rooms_listed = reading.listed
        if reading.users is not None:
            lost = {(row.node, row.boot) for row in reading.nodes if not row.alive}
            self.users = [
                UserLine(row, reading.waiting.get(row.session, 0), _user_state(row, lost)) for row in reading.users
            ]


def _user_state(row: SessionRow, lost: Set[tuple[str, str]]) -> str:
    return LOST if row.state == "here" and (row.node, row.boot) in lost else row.state


def _delays(buckets: Buckets) -> dict[str, float | None]:
    return {"p50": quantile(buckets, 0.5), "p99": quantile(buckets, 0.99)}


def _sum(lines: list[NodeLine], name: str) -> float | None:
    known = [value for line in lines if (value := line.figures.get(name)) is not None]
    return sum(known) if known else None


def _room_rate(before: RoomRow | None, now: RoomRow, seconds: float) -> float | None:
    """Offsets are without holes, so their growth is what was entered; another epoch counts them otherwise."""
    if before is None or before.epoch != now.epoch or not 0 < seconds <= OLDEST or now.top < before.top:
        return None
    return (now.top - before.top) / seconds
