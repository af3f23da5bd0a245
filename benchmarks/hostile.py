"""What one hostile address costs the others.

A real Redis, two nodes with the limits that they have by default (`--open`: without), twenty people at n1 who talk in a
room of theirs, on a thread in a process of its own. Slices of calm and of attack take turns, so that whatever else the
machine does hits both. Of each pair: the p99 of those under attack over that of the calm; told is the median of the
ratios. Beside it: how many inputs the attacker tried, the most memory that n1 took above what it had in the calm
before, and how many people were cut off.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.attacks import ATTACKS
from benchmarks.figures import spread
from benchmarks.witness import Times, Witnesses
from cluster.up.programs import on_path
from drill.processes.process import environment
from tests.support.counted import counted
from tests.support.deployment import Deployment
from wire.address import Address

SOURCE = "127.0.0.66"
OPEN = [
    *("--max-connections-per-address", "0", "--max-pending", "20000", "--message-rate", "0", "--join-rate", "0"),
    *("--address-message-rate", "0", "--address-join-rate", "0"),
]
MB = 1024 * 1024
STEP = 0.1
"""Seconds between two looks at the memory."""


@dataclass(slots=True)
class Slices:
    """Of one attack. `calm`, `attacked`: (from, until) of the monotonic clock."""

    calm: list[tuple[float, float]] = field(default_factory=list)
    attacked: list[tuple[float, float]] = field(default_factory=list)
    tried: int = 0
    memory: int = 0


def measure(options: argparse.Namespace, town: Deployment, name: str) -> None:
    """Prints a row."""
    node, slices = town.nodes[0], Slices()
    with Witnesses([Address.parse(node.address)]) as witnesses:
        time.sleep(options.seconds / 2)
        for _ in range(options.rounds):
            began = time.monotonic()
            time.sleep(options.seconds)
            slices.calm.append((began, time.monotonic()))
            attack(options, town, name, slices)
            time.sleep(options.rest)
        answers, hearings, cuts = witnesses.report()
    row(name, slices, answers, hearings, cuts)


def attack(options: argparse.Namespace, town: Deployment, name: str, slices: Slices) -> None:
    node = town.nodes[0]
    before = node.resident()
    words = [sys.executable, "-m", "benchmarks.attacks", name, node.address, SOURCE]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment()) as process:
        assert process.stdout is not None
        try:
            process.stdout.readline()
            began = time.monotonic()
            until = began + options.seconds
            while time.monotonic() < until:
                slices.memory = max(slices.memory, node.resident() - before)
                time.sleep(STEP)
            slices.attacked.append((began, time.monotonic()))
            process.terminate()
            slices.tried += int(process.stdout.readline() or 0)
        finally:
            process.kill()


def row(name: str, slices: Slices, answers: Times, hearings: Times, cuts: int) -> None:
    cells = [f"{name:13}"]
    for times in (answers, hearings):
        calm = [p99(times, span) for span in slices.calm]
        attacked = [p99(times, span) for span in slices.attacked]
        ratio = statistics.median(one / other for one, other in zip(attacked, calm, strict=True))
        cells.append(f"{statistics.median(attacked) * 1000:7.1f} ms  x {ratio:6.2f}")
    cells += [f"{slices.tried:>10,}", f"{slices.memory / MB:7.1f} MiB", f"{cuts:>7}"]
    print("  ".join(cells), flush=True)


def p99(times: Times, span: tuple[float, float]) -> float:
    """Of what was said then; the whole span if nothing came of it any more."""
    found = [took for said, took in times if span[0] <= said < span[1]]
    return spread(found).p99 if found else span[1] - span[0]


@contextmanager
def cluster(options: argparse.Namespace) -> Iterator[Deployment]:
    redis = on_path(("redis-server", "valkey-server"))
    if redis is None:
        sys.exit("redis-server is missing: install the Debian package redis-server")
    with tempfile.TemporaryDirectory() as folder:
        town = Deployment(redis, Path(folder), lease=5.0, grace=5.0)
        town.nodes = [town.make_node(name, flags=OPEN if options.open else counted()) for name in ("n1", "n2")]
        with town:
            yield town


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hostile", description=__doc__)
    parser.add_argument("--attack", action="append", choices=[*ATTACKS], help="only this one; may be repeated")
    parser.add_argument("--rounds", type=int, default=5, help="of calm and attack (5)")
    parser.add_argument("--seconds", type=float, default=6.0, help="of each slice (6)")
    parser.add_argument("--rest", type=float, default=3.0, help="seconds after an attack that are not looked at (3)")
    parser.add_argument("--open", action="store_true", help="nodes without limits for rates and connections")
    return parser.parse_args()


def main() -> None:
    options = parsed()
    print("               accepted, p99              heard, p99                    inputs       memory  cut off")
    for name in options.attack or ATTACKS:
        with cluster(options) as town:
            measure(options, town, name)


if __name__ == "__main__":
    main()
