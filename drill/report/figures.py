"""The numbers of a report, from a history. Pure."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from drill.history import Happening, Kind
from drill.workload.notes import UNNOTED


class Fault(NamedTuple):
    """Seconds since the start. `end`: of the whole run if it was not mended."""

    number: int
    name: str
    target: str
    detail: str
    begin: float
    end: float


class Outage(NamedTuple):
    """Of one client, in seconds since the start. `how` it ended: moved, renewed, or not."""

    client: str
    begin: float
    end: float
    how: str
    node: str


class Spread:
    """How long something took, in seconds."""

    def __init__(self, values: Iterable[float]) -> None:
        self.values: Sequence[float] = array("d", sorted(values))

    def at(self, share: float) -> float:
        """The time within which `share` (0 to 1) of all were done; 0 if there are none."""
        if not self.values:
            return 0.0
        # The smallest value that so many do not exceed.
        return self.values[min(len(self.values) - 1, max(0, -int(-share * len(self.values) // 1) - 1))]

    @property
    def longest(self) -> float:
        return self.at(1.0)


@dataclass(frozen=True, slots=True)
class Figures:
    """`start`: of the run, in the history's seconds; all other times count from it. `kept_connections`: moves that
    no user felt, since the old connection stood until the new one did."""

    start: float
    seconds: float
    faults: tuple[Fault, ...]
    not_run: tuple[tuple[str, str], ...]
    outages: tuple[Outage, ...]
    kept_connections: int
    accepted: Spread
    received: Spread
    failover: Spread
    settings: str

    @property
    def classes(self) -> Counter[str]:
        """How many faults there were of each class."""
        return Counter(fault.name for fault in self.faults)

    def beside(self, at: float, within: float = 5.0) -> list[Fault]:
        """The faults that lasted at `at` (the history's seconds), or had ended up to `within` seconds before."""
        moment = at - self.start
        return [fault for fault in self.faults if fault.begin <= moment <= fault.end + within]


def figures(history: Sequence[Happening]) -> Figures:
    """In time linear in the history."""
    head = next((h for h in history if h.kind is Kind.RUN), None)
    start = head.at if head else min((h.at for h in history), default=0.0)
    end = max((h.at for h in history), default=start) - start
    outages, quiet = _outages(history, start, end)
    return Figures(
        start=start,
        seconds=end,
        faults=_faults(history, start, end),
        not_run=(*_not_run(history), *_without_a_turn(history)),
        outages=outages,
        kept_connections=quiet,
        **_latencies(history),
        failover=Spread(outage.end - outage.begin for outage in outages if outage.how),
        settings=head.text if head else "",
    )


def _not_run(history: Sequence[Happening]) -> list[tuple[str, str]]:
    return sorted({(h.to, h.text) for h in history if h.kind is Kind.NOT_RUN})


def _without_a_turn(history: Sequence[Happening]) -> Iterator[tuple[str, str]]:
    """Classes that were asked for and could have been injected."""
    head = next((h for h in history if h.kind is Kind.RUN), None)
    settings = msgspec.json.decode(head.text or b"{}") if head else {}
    seen = {h.to for h in history if h.kind in (Kind.FAULT, Kind.NOT_RUN)}
    for name in settings.get("faults", ()):
        if name not in seen:
            yield name, "no turn: the drill was too short"


def _faults(history: Sequence[Happening], start: float, end: float) -> tuple[Fault, ...]:
    healed = {h.n: h.at - start for h in history if h.kind is Kind.HEALED}
    return tuple(
        Fault(h.n, h.to, h.who, h.text, h.at - start, healed.get(h.n, end)) for h in history if h.kind is Kind.FAULT
    )


def _outages(history: Sequence[Happening], start: float, end: float) -> tuple[tuple[Outage, ...], int]:
    down: dict[str, Happening] = {}
    found: list[Outage] = []
    quiet = 0
    for h in history:
        if h.client.startswith(UNNOTED):
            continue  # several clients in turn: one that comes is not the one that lost its node
        if h.kind is Kind.DISCONNECTED:
            down.setdefault(h.client, h)
        elif h.kind in (Kind.MOVED, Kind.RENEWED):
            if began := down.pop(h.client, None):
                found.append(Outage(h.client, began.at - start, h.at - start, h.kind.value, began.node))
            else:
                quiet += h.kind is Kind.MOVED
        elif h.kind is Kind.LEAVING:
            down.pop(h.client, None)  # it did not want to come back
    found += (Outage(h.client, h.at - start, end, "", h.node) for h in down.values())
    return tuple(found), quiet


def _latencies(history: Sequence[Happening]) -> dict[str, Spread]:
    sent: dict[str, float] = {}
    accepted, received = array("d"), array("d")
    for h in history:
        if h.kind is Kind.RECEIVED:
            if (said := sent.get(h.text)) is not None:
                received.append(h.at - said)
        elif h.kind is Kind.SENT:
            sent.setdefault(h.text, h.at)
        elif h.kind is Kind.ACCEPTED and (said := sent.get(h.text)) is not None:
            accepted.append(h.at - said)
    return {"accepted": Spread(accepted), "received": Spread(received)}
