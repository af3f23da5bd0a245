"""How old a node's heartbeat grows while thousands come to it, and go, in one moment.

A real Redis, one node without limits on connections and with the lease that it has by default, and `--busy` programs
that do nothing but take processor time. For each crowd: the age of the node's heartbeat in Redis, looked at every
twentieth of a second by Redis's own clock, at its worst while they came, stayed and went. A node whose heartbeat is
older than its lease counts as dead. In calm the worst is the time between two beats.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from cluster.up.programs import on_path
from drill.processes.process import environment, leash
from tests.support.deployment import PREFIX, Deployment

FLAGS = [
    *("--max-connections-per-address", "0", "--max-pending", "100000", "--max-connections", "100000"),
    *("--address-join-rate", "0", "--address-message-rate", "0"),
]
LOOK, STAY, GOING = 0.05, 4.0, 8.0
"""Seconds between two looks, from when all have come until they go, and for which it is looked after that."""
BUSY = "while True: pass"
CROWDS: Mapping[str, tuple[int, str]] = {
    "silent-3000": (3000, ""),
    "hello-3000": (3000, "rush%d"),
    "native-3000": (3000, '{"op":"hello","nick":"rush%d"}'),
    "silent-12000": (12_000, ""),
    "hello-12000": (12_000, "rush%d"),
}


class Watch:
    """The age of n1's heartbeat, ms. Use as a context manager."""

    def __init__(self, town: Deployment) -> None:
        self._town, self._over = town, threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.worst = 0
        self.boots: set[str] = set()

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def take(self) -> int:
        worst, self.worst = self.worst, 0
        return worst

    def _run(self) -> None:
        with self._town.client() as redis:
            while not self._over.wait(LOOK):
                beats: Any = redis.zrange(f"{PREFIX}nodes", 0, -1, withscores=True)
                now, micros = redis.time()
                if beats:
                    self.worst = max(
                        self.worst, int(now) * 1000 + int(micros) // 1000 - int(max(at for _, at in beats))
                    )
                self.boots.update(member for member, _ in beats)


def measure(options: argparse.Namespace, name: str) -> None:
    """Prints a row."""
    count, line = CROWDS[name]
    came, stayed, went, took, boots = [], [], [], [], 0
    for _ in range(options.runs):
        with cluster(options) as town, Watch(town) as watch:
            time.sleep(2.0)
            watch.take()
            words = [*leash(), sys.executable, "-m", "benchmarks.rush", str(count), town.addresses[0], line]
            pipe = subprocess.PIPE
            with subprocess.Popen(words, stdin=pipe, stdout=pipe, text=True, env=environment()) as crowd:
                assert crowd.stdin is not None
                assert crowd.stdout is not None
                took.append(float(crowd.stdout.readline()))
                came.append(watch.take())
                time.sleep(STAY)
                stayed.append(watch.take())
                crowd.stdin.write("\n")
                crowd.stdin.flush()
                crowd.stdout.readline()
                time.sleep(GOING)
                went.append(watch.take())
            boots += len(watch.boots) - 1
    cells = [f"{_ms(ages)}" for ages in (came, stayed, went)]
    print(f"{name:13}  {'  '.join(cells)}  {statistics.median(took):9.1f} s  {boots:>9}", flush=True)


def _ms(ages: list[int]) -> str:
    return f"{statistics.median(ages):6,.0f} ({max(ages):6,}) ms"


@contextmanager
def cluster(options: argparse.Namespace) -> Iterator[Deployment]:
    redis = on_path(("redis-server", "valkey-server"))
    if redis is None:
        sys.exit("redis-server is missing: install the Debian package redis-server")
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        town = Deployment(redis, Path(folder), nodes=1, lease=options.lease, grace=5.0, flags=FLAGS)
        stack.enter_context(town)
        for _ in range(options.busy):
            stack.callback(_end, subprocess.Popen([*leash(), sys.executable, "-c", BUSY]))
        yield town


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.heartbeat", description=__doc__)
    parser.add_argument("--crowd", action="append", choices=[*CROWDS], help="only this one; may be repeated")
    parser.add_argument("--runs", type=int, default=3, help="of each (3)")
    parser.add_argument("--busy", type=int, default=2, help="programs that take processor time (2)")
    parser.add_argument("--lease", type=float, default=5.0, help="seconds (5)")
    options = parser.parse_args()
    print("               coming, median (worst)  staying             going                all told  leases lost")
    for name in options.crowd or CROWDS:
        measure(options, name)


if __name__ == "__main__":
    main()
