"""How long people are cut off when their node is killed, and what the others notice.

A real Redis that syncs each write, three nodes as processes, a crowd of native clients on one thread. Everybody is in
the lobby and in a room of ten, and says something to that room once in a while. One node gets SIGKILL. Each of
its people says something as soon as it notices; it talks again when that is accepted.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import load
from benchmarks.crowd import Crowd
from benchmarks.figures import spread
from benchmarks.person import Manner, Person
from benchmarks.witness import Witnesses
from cluster.up.programs import on_path
from tests.support.deployment import Deployment
from wire.address import Address

ROOM_SIZE = 10
NODES = 3


class Record:
    """The crowd's diary. Times are seconds, of the monotonic clock where they are points."""

    def __init__(self) -> None:
        self.killed_at = float("inf")
        self.victims: set[int] = set()
        self.noticed: dict[int, float] = {}
        self.resumed: dict[int, float] = {}
        self.talks: dict[int, float] = {}
        self.others_cut = 0

    def disconnected(self, person: Person, now: float) -> None:
        if person.number in self.victims:
            self.noticed.setdefault(person.number, now)
            person.say(now)
        else:
            self.others_cut += 1

    def moved(self, person: Person, now: float) -> None:
        self.resumed.setdefault(person.number, now)

    def accepted(self, person: Person, said: float, now: float) -> None:
        if person.number in self.victims and said >= self.killed_at:
            self.talks.setdefault(person.number, now)

    def heard(self, person: Person, speaker: str, said: float, now: float) -> None:
        pass


def manners(options: argparse.Namespace, addresses: list[Address]) -> list[Manner]:
    """Where everybody goes first: the first node gets its share, the others the rest."""
    found = []
    on_first = int(options.clients * options.share)
    for number in range(options.clients):
        home = 0 if number < on_first else 1 + number % (NODES - 1)
        servers = [addresses[(home + step) % NODES] for step in range(NODES)]
        # Rooms go across the nodes.
        rooms = max(1, options.clients // ROOM_SIZE)
        found.append(Manner(servers, f"#room{number % rooms}", options.every))
    return found


def measure(options: argparse.Namespace, nodes: Deployment, crowd: Crowd, record: Record, witnesses: Witnesses) -> None:
    crowd.enter(120)
    for person in crowd.people:
        person.chat(time.monotonic())
        crowd.poke(person)
    crowd.run(2.0)
    crowd.lag = 0.0
    watch = load.Watch({process.name: process.pid for process in nodes.processes} | {"witnesses": witnesses.pid})
    crowd.run(options.before)
    before = watch.lap()
    record.victims = {person.number for person in crowd.people if person.node == "n1"}
    record.killed_at = time.monotonic()
    nodes.nodes[0].signal(signal.SIGKILL)
    crowd.run(options.within, lambda: len(record.talks) == len(record.victims))
    herd = watch.lap()
    crowd.run(max(0.0, record.killed_at + options.after - time.monotonic()))
    report(record)
    report_others(witnesses, record.killed_at, options.before, options.after)
    print(f"  cores used before   {before}")
    print(f"  cores used in herd  {herd}")
    print(f"  longest turn of the generator {crowd.lag * 1000:.0f} ms")


def report(record: Record) -> None:
    def from_kill(points: dict[int, float]) -> str:
        return str(spread([at - record.killed_at for at in points.values()]))

    print(
        f"  cut off: {len(record.victims)}, talk again: {len(record.talks)}; others of the crowd: {record.others_cut}"
    )
    print(f"  noticed     {from_kill(record.noticed)}")
    print(f"  caught up   {from_kill(record.resumed)}")
    print(f"  talk again  {from_kill(record.talks)}")


def report_others(witnesses: Witnesses, killed: float, before: float, after: float) -> None:
    answers, hearings, cuts = witnesses.report()
    for name, times in (("accepted", answers), ("heard", hearings)):
        earlier = spread([took for said, took in times if killed - before <= said < killed])
        later = spread([took for said, took in times if killed <= said < killed + after])
        if earlier.count and later.count:
            print(f"  others, {name:8} before {earlier}")
            print(f"  others, {name:8} after  {later}  p99 x {later.p99 / earlier.p99:.1f}")
    print(f"  others cut off: {cuts}")


@contextmanager
def cluster(options: argparse.Namespace) -> Iterator[Deployment]:
    redis = on_path(("redis-server", "valkey-server"))
    if redis is None:
        sys.exit("redis-server is missing: install the Debian package redis-server")
    with tempfile.TemporaryDirectory() as folder:
        with Deployment(redis, Path(folder), nodes=NODES, lease=5.0, grace=30.0) as nodes:
            yield nodes
        if options.logs:
            for node in nodes.nodes:
                print(node.tail(options.logs))


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.failover", description=__doc__)
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument("--share", type=float, default=1 / NODES, help="of them, on the node that is killed")
    parser.add_argument("--every", type=float, default=20.0, help="seconds between two lines of one client")
    parser.add_argument("--before", type=float, default=10.0, help="seconds that are looked at before the kill")
    parser.add_argument("--after", type=float, default=5.0, help="seconds after it in which the others are looked at")
    parser.add_argument("--within", type=float, default=30.0, help="seconds until a client that is silent is given up")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--logs", type=int, default=0, help="lines of each node's log to show at the end")
    return parser.parse_args()


def main() -> None:
    options = parsed()
    for run in range(1, options.runs + 1):
        print(f"run {run}: {options.clients} clients, {options.share:.0%} on the node that is killed", flush=True)
        with cluster(options) as nodes:
            record = Record()
            places = [Address.parse(address) for address in nodes.addresses]
            with Crowd(manners(options, places), record) as crowd, Witnesses(places[1:]) as witnesses:
                measure(options, nodes, crowd, record, witnesses)


if __name__ == "__main__":
    main()
