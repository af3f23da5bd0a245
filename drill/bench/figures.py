"""What the runs of a row came to, kind by kind. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from drill.bench.measured import Measured

OURS = "hydrachat"
AND = "+"
"""In a row's name: what is there besides."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Of several runs."""

    middle: float
    least: float
    most: float


@dataclass(frozen=True, slots=True)
class Result:
    """Deliveries a second; µs of the servers' processors a delivery; seconds from when a message was due to when it had
    come (0: not looked at), and all of these of all runs; bytes a connection; cores that the load took; messages that
    never came; seconds until all were in their rooms, and of the servers' processors for that; cores that these took
    while nobody said anything; the language of the load; seconds that the store was busy with one thing at the longest,
    in each run."""

    rate: Spread
    cost: Spread
    p50: Spread
    p99: Spread
    times: tuple[float, ...]
    memory: Spread
    load: Spread
    lost: int
    entering: Spread
    entering_cost: Spread
    resting: Spread
    load_in: str
    stood: Spread


def result(runs: Sequence[Measured]) -> Result:
    """Of the runs of one row with one kind of servers; at least one."""
    return Result(
        rate=spread(run.rate for run in runs),
        cost=spread(run.cost for run in runs),
        p50=spread(share(run.counted.latencies, 0.5) for run in runs),
        p99=spread(share(run.counted.latencies, 0.99) for run in runs),
        times=tuple(sorted(time for run in runs for time in run.counted.latencies)),
        memory=spread(run.memory for run in runs),
        load=spread(run.load / run.counted.seconds for run in runs),
        lost=sum(run.counted.lost for run in runs),
        entering=spread(run.entering.seconds for run in runs),
        entering_cost=spread(run.entering.servers for run in runs),
        resting=spread(run.resting for run in runs),
        load_in=runs[0].load_in,
        stood=spread(run.stood for run in runs),
    )


def spread(values: Iterable[float]) -> Spread:
    found = sorted(values)
    return Spread(median(found), found[0], found[-1])


def share(values: Sequence[float], part: float) -> float:
    """The value that so many, 0 to 1, do not exceed; 0 if there are none."""
    found = sorted(values)
    return found[min(len(found) - 1, int(part * len(found)))] if found else 0.0


def ratios(results: Mapping[str, Result]) -> dict[str, float]:
    """Of one row: how many times the rate of each other kind ours is."""
    ours = results.get(OURS)
    if ours is None:
        return {}
    return {kind: ours.rate.middle / each.rate.middle for kind, each in results.items() if each.rate.middle}


def factor(found: Mapping[str, Mapping[str, Result]], row: str, kind: str) -> float:
    """What is there besides in `row` makes the p99 of the others so many times longer; 0: it was not compared."""
    alone, _, besides = row.partition(AND)
    before = found.get(alone, {}).get(kind)
    return found[row][kind].p99.middle / before.p99.middle if besides and before and before.p99.middle else 0.0
