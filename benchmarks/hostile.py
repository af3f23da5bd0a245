"""What one hostile address costs the others, and how much of that is the hostile program's own use of the machine.

A real Redis, two nodes with the limits that they have by default (`--open`: without), twenty people at n1 who talk in a
room of theirs, on a thread in a process of its own. Three slices take turns, so that whatever else the machine does
hits all of them: calm; the attack at a decoy (`benchmarks.decoy`), which shows what it costs on any machine that it
shares with the people; the attack at n1. Told are the p99 of what was heard in each, as the median of the rounds, and
the medians of two ratios: attack over calm, and attack over decoy, which is the node's part. Beside them: how many
inputs the attacker tried at n1, the most memory that n1 took above what it had before, how many people were cut off,
and how many cores n1, Redis and the attacker used during the attack, and other programs in all slices.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.attacks import ATTACKS
from benchmarks.figures import spread
from benchmarks.load import STRANGERS, Watch
from benchmarks.witness import Times, Witnesses
from cluster.up.programs import on_path
from drill.processes.process import environment, leash
from node.limits import Limits
from tests.support.counted import counted
from tests.support.deployment import Deployment
from wire.address import Address

SOURCE = "127.0.0.66"
OPEN = [
    *("--max-connections-per-address", "0", "--max-pending", "20000", "--message-rate", "0", "--join-rate", "0"),
    *("--address-message-rate", "0", "--address-join-rate", "0", "--address-connect-rate", "0"),
]
MB = 1024 * 1024
STEP = 0.1
"""Seconds between two looks at the memory."""


Span = tuple[float, float]
"""From, until: of the monotonic clock."""


@dataclass(slots=True)
class Slices:
    """Of one attack."""

    calm: list[Span] = field(default_factory=list)
    decoy: list[Span] = field(default_factory=list)
    attack: list[Span] = field(default_factory=list)
    tried: int = 0
    memory: int = 0
    cores: list[dict[str, float]] = field(default_factory=list)
    strangers: list[float] = field(default_factory=list)


class Measure:
    """One attack, round by round; `run` prints its row. `decoy`: its port."""

    def __init__(self, options: argparse.Namespace, town: Deployment, name: str, decoy: int) -> None:
        self._options, self._town, self._name = options, town, name
        self._node = town.nodes[0]
        self._decoy = f"127.0.0.1:{decoy}"
        self._slices = Slices()

    def run(self) -> None:
        with Witnesses([Address.parse(self._node.address)]) as witnesses:
            time.sleep(self._options.seconds / 2)
            for _ in range(self._options.rounds):
                self._slices.calm.append(self._watched(witnesses.pid, None))
                with self._attacker(self._decoy) as attacker:
                    self._slices.decoy.append(self._watched(witnesses.pid, attacker))
                time.sleep(self._options.rest)
                with self._attacker(self._node.address) as attacker:
                    before = self._node.resident()
                    self._slices.attack.append(self._watched(witnesses.pid, attacker, before))
                    attacker.terminate()
                    assert attacker.stdout is not None
                    self._slices.tried += int(attacker.stdout.readline() or 0)
                time.sleep(self._options.rest)
            _, hearings, cuts = witnesses.report()
        row(self._name, self._slices, hearings, cuts)

    @contextmanager
    def _attacker(self, target: str) -> Iterator[subprocess.Popen[str]]:
        """Returns when it begins."""
        words = [
            *leash(),
            sys.executable,
            "-m",
            "benchmarks.attacks",
            self._name,
            target,
            SOURCE,
            f"{self._options.share:g}",
        ]
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment()) as process:
            try:
                assert process.stdout is not None
                process.stdout.readline()
                yield process
            finally:
                process.kill()

    def _watched(self, people: int, attacker: subprocess.Popen[str] | None, memory: int | None = None) -> Span:
        """A slice. `memory`: bytes of n1 before it, which is attacked."""
        pids = {"n1": self._node.pid, "redis": self._town.redis.pid, "people": people, "n2": self._town.nodes[1].pid}
        watch = Watch(pids | ({"attacker": attacker.pid} if attacker else {}))
        began = time.monotonic()
        while time.monotonic() < began + self._options.seconds:
            if memory is not None:
                self._slices.memory = max(self._slices.memory, self._node.resident() - memory)
            time.sleep(STEP)
        used = watch.used()
        self._slices.strangers.append(used[STRANGERS])
        if memory is not None:
            self._slices.cores.append(used)
        return began, time.monotonic()


HEAD = (
    f"{'':13}{'heard, p99:':>12}\n{'':13}{'calm':>9}{'decoy':>9}{'attack':>9}   {'a/calm':>7}{'a/decoy':>8}"
    f"{'inputs':>12}{'memory':>11}{'cut off':>8}   cores: n1, Redis, attacker; others"
)


def row(name: str, slices: Slices, hearings: Times, cuts: int) -> None:
    calm, decoy, attack = (
        [p99(hearings, span) for span in spans] for spans in (slices.calm, slices.decoy, slices.attack)
    )
    text = f"{name:13}" + "".join(f"{statistics.median(times) * 1000:6.1f} ms" for times in (calm, decoy, attack))
    text += f"   x {ratio(attack, calm):5.1f} x {ratio(attack, decoy):5.1f}{slices.tried:12,}"
    text += f"{slices.memory / MB:7.1f} MiB{cuts:8}   "
    text += "".join(f"{statistics.mean(one[who] for one in slices.cores):6.2f}" for who in ("n1", "redis", "attacker"))
    print(f"{text}{statistics.mean(slices.strangers):8.2f}", flush=True)


def ratio(ones: Sequence[float], others: Sequence[float]) -> float:
    return statistics.median(one / other for one, other in zip(ones, others, strict=True))


def p99(times: Times, span: Span) -> float:
    """Of what was said then; the whole span if nothing came of it any more."""
    found = [took for said, took in times if span[0] <= said < span[1]]
    return spread(found).p99 if found else span[1] - span[0]


@contextmanager
def decoy(options: argparse.Namespace) -> Iterator[int]:
    """Its port. It holds as many of one address as a node with the same limits does."""
    most = 0 if options.open else Limits().max_connections_per_address
    words = [*leash(), sys.executable, "-m", "benchmarks.decoy", "0", str(most)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment()) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.kill()


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
    parser.add_argument("--rounds", type=int, default=5, help="of calm, decoy and attack (5)")
    parser.add_argument("--seconds", type=float, default=10.0, help="of each slice (10)")
    parser.add_argument("--rest", type=float, default=3.0, help="seconds after an attack that are not looked at (3)")
    parser.add_argument("--share", type=float, default=1.0, help="of a core that the attacker takes at most (1)")
    parser.add_argument("--open", action="store_true", help="nodes without limits for rates and connections")
    return parser.parse_args()


def main() -> None:
    options = parsed()
    print(HEAD)
    for name in options.attack or ATTACKS:
        with cluster(options) as town, decoy(options) as port:
            Measure(options, town, name, port).run()


if __name__ == "__main__":
    main()
