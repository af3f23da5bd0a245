"""What is measured: a row for each load, the same for servers of every kind, but for those of our own kind alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from drill.bench.compiled import CompiledLoad
from drill.bench.load import Load
from drill.bench.measured import PYTHON, C, Measured, Meter, resident
from drill.bench.member import Counted
from drill.bench.peer import Address, Kind, Places, Servers
from drill.bench.rooms import Publishers, Rooms
from drill.bench.trouble import LOBBY, trouble

SIZE = 100
SETTLE = 4.0


@dataclass(frozen=True, slots=True)
class Row:
    """`outstanding`: messages that each of the speakers has under way; 0: `rate` messages a second in all; neither:
    nobody says anything, and memory is looked at.

    `rooms`: so many of three members, among whom the listeners are shared out and speak themselves; 0: all are in one.
    With `outstanding` what is accepted counts then; with `rate` the cost is without that of their pings.
    `trouble`: what one more client does meanwhile, and where."""

    name: str
    listeners: int
    speakers: int = 0
    outstanding: int = 0
    rate: float = 0.0
    rooms: int = 0
    trouble: tuple[str, str] = ("", "")

    @property
    def is_ours(self) -> bool:
        """Whether it is measured of our own kind alone: others' clients do not know how."""
        return bool(self.rooms or self.trouble[0])

    @property
    def is_limited(self) -> bool:
        """Whether it is about what the limits are worth."""
        return self.trouble[0] == "flood"

    @property
    def counts_accepted(self) -> bool:
        return bool(self.rooms and self.outstanding)

    @property
    def rests(self) -> bool:
        """Whether what is there costs so much that it has to be told from what is said."""
        return bool(self.rooms and self.rate)

    @property
    def places(self) -> Places:
        return Places(self.rooms, self.listeners)


_FAIR = (200, 10, 0, 20.0, 0)
ROWS = {
    row.name: row
    for row in (
        Row("1000x4", 1000, 10, 4),
        Row("100x4", 100, 10, 4),
        Row("4000x4", 4000, 10, 4),
        Row("8000x4", 8000, 10, 4),
        Row("200x20", 200, 10, 20),
        Row("4000x1", 4000, 10, 1),
        Row("1000x40", 1000, 10, 40),
        Row("100-20/s", 100, 10, rate=20.0),
        Row("1000-20/s", 1000, 10, rate=20.0),
        Row("4000-20/s", 4000, 10, rate=20.0),
        Row("8000-20/s", 8000, 10, rate=20.0),
        Row("idle-4000", 4000),
        Row("idle-8000", 8000),
        Row("idle-16000", 16000),
        Row("publish-100x4", 100, outstanding=4, rooms=34),
        Row("publish-100x16", 100, outstanding=16, rooms=34),
        Row("rooms-1x3", 1000, rate=500.0, rooms=1),
        Row("rooms-10000x3", 1000, rate=500.0, rooms=10_000),
        Row("200-20/s", *_FAIR),
        Row("200-20/s+flood", *_FAIR, ("flood", LOBBY)),
        Row("200-20/s+flood-elsewhere", *_FAIR, ("flood", "#elsewhere")),
        Row("200-20/s+deaf", *_FAIR, ("deaf", LOBBY)),
    )
}


def measure(
    servers: Servers, kind: Kind, row: Row, warm_up: float, seconds: float, *, load_in: str = PYTHON
) -> Measured:
    """`load_in`: the language of the load; rows with rooms are in Python in any case. Raises door.TooSlow, OSError;
    CannotCompile. Blocks for as long as it takes."""
    empty = resident(servers.processes)
    with _crowd(kind, servers.addresses, row, load_in) as crowd:
        coming = Meter(servers.processes)
        crowd.enter()
        entering = coming.read()
        crowd.settle()
        resting = _resting(crowd, servers, seconds) if row.rests else 0.0
        with _trouble(servers.addresses[0], *row.trouble):
            # From the beginning of the warm-up on: what it costs is the same then, and the figure has no edge.
            servers.stood_still()  # from now on
            meter = Meter(servers.processes)
            counted = _lived(crowd, row, warm_up, seconds)
            spent = meter.read()
            stood = servers.stood_still()
        share = counted.seconds / spent.seconds
        memory = (resident(servers.processes) - empty) / (row.listeners + row.speakers)
        talking = max(0.0, spent.servers - resting * spent.seconds)
        language = C if isinstance(crowd, CompiledLoad) else PYTHON
        return Measured(counted, talking * share, spent.load * share, memory, entering, resting, language, stood)


def _resting(crowd: Load, servers: Servers, seconds: float) -> float:
    """Cores that the servers take while nobody says anything: a thousand that ping cost as much as what is said among a
    few of them, and are no part of a delivery. Nor is what is left to be done when they have come in."""
    crowd.idle(SETTLE)
    meter = Meter(servers.processes)
    crowd.idle(seconds)
    spent = meter.read()
    return spent.servers / spent.seconds


def _crowd(kind: Kind, addresses: list[Address], row: Row, load_in: str) -> Load:
    if not row.rooms:
        return (CompiledLoad if load_in == C else Load)(kind.dialect, addresses, row.listeners, row.speakers, SIZE)
    assert kind.in_rooms is not None  # who asks has looked
    made = Publishers if row.outstanding else Rooms
    return made(kind.in_rooms, addresses, row.places, SIZE)


def _lived(crowd: Load, row: Row, warm_up: float, seconds: float) -> Counted:
    if row.outstanding:
        return crowd.closed_loop(row.outstanding, warm_up, seconds)
    if row.rate:
        return crowd.open_loop(row.rate, warm_up, seconds)
    return crowd.idle(warm_up + seconds)


def _trouble(address: Address, kind: str, room: str) -> AbstractContextManager[object]:
    return _made_trouble(address, kind, room) if kind else nullcontext()


@contextmanager
def _made_trouble(address: Address, kind: str, room: str) -> Iterator[None]:
    with TemporaryDirectory(prefix="hydrachat-trouble-") as folder, trouble(kind, address, room, Path(folder)):
        yield
