"""How many messages of 100 publishers two nodes take in a second, and how many the Redis behind them could take.

    .venv/bin/python -m benchmarks.publish

Both in turn, each with a Redis of its own that syncs each write: the bench's rows publish-100x4 and publish-100x16, and
the ceiling (see `benchmarks.ceiling`).
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from statistics import median

from benchmarks.ceiling import ceiling
from drill.bench.kinds import KINDS, running
from drill.bench.measured import Measured
from drill.bench.rows import ROWS, SIZE, Row, measure
from drill.processes import programs
from drill.processes.redis_server import RedisProcess

OURS = "hydrachat"
ROW_NAMES = ("publish-100x4", "publish-100x16")


def ours(row: Row, seconds: float) -> Measured:
    with tempfile.TemporaryDirectory() as folder, running(OURS, Path(folder)) as servers:
        return measure(servers, KINDS[OURS], row, seconds / 4, seconds)


def alone(row: Row, seconds: float) -> Measured:
    with tempfile.TemporaryDirectory() as folder:
        redis = RedisProcess(programs.redis_server(), "redis", Path(folder) / "redis")
        try:
            redis.start()
            return ceiling(redis, row.places, row.outstanding, SIZE, seconds / 4, seconds)
        finally:
            redis.discard()


def share(reached: list[Measured], possible: list[Measured]) -> float:
    """Of the medians."""
    return median(each.rate for each in reached) / median(each.rate for each in possible)


def shown(found: list[Measured]) -> str:
    rates = sorted(each.rate for each in found)
    cost = median(each.cost for each in found)
    return f"{median(rates):8,.0f} a second ({rates[0]:,.0f} - {rates[-1]:,.0f}), {cost:5.1f} µs of the servers' each"


def compare(row: Row, runs: int, seconds: float) -> str:
    """In turn, so that a machine that grows slow is slow for both."""
    both = [(ours(row, seconds), alone(row, seconds)) for _ in range(runs)]
    reached, possible = [each for each, _ in both], [each for _, each in both]
    lines = [
        f"  accepted  {shown(reached)}",
        f"  ceiling   {shown(possible)}",
        f"  share     {share(reached, possible):.0%}",
    ]
    return "\n".join([row.name, *lines])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.publish", description=__doc__)
    parser.add_argument("--rows", default=",".join(ROW_NAMES), help=f"of {', '.join(ROW_NAMES)}")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4.0, help="of each run, after a warm-up of a quarter of that")
    options = parser.parse_args()
    for name in options.rows.split(","):
        print(compare(ROWS[name], options.runs, options.seconds), flush=True)


if __name__ == "__main__":
    main()
